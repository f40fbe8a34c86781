"""A move of money as a habit: between two accounts, or between an account and a party outside the service.

A party outside is an instrument that all accounts share which have to do with it, whichever way the money goes: a feed
of payments says who paid with what, and of an outsider knows no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import habit, stack


@dataclass(frozen=True)
class Moves:
    """transfers: habits of paying another account; outside: habits of payments with a party outside. Both have dollars.

    Either is empty when there is none.
    """

    transfers: pd.DataFrame
    outside: pd.DataFrame

    @staticmethod
    def all_of(parts: Sequence[Moves]) -> Moves:
        return Moves(stack([part.transfers for part in parts]), stack([part.outside for part in parts]))


def once(day: np.ndarray) -> dict[str, Any]:
    """When: on `day`."""
    return {"probability": 1.0, "since": day, "until": day + 1}


def now_and_then(probability: Any) -> dict[str, Any]:
    """When: on any day with a probability."""
    return {"probability": probability}


def between(payer: np.ndarray, payee: np.ndarray, dollars: Any, when: dict[str, Any]) -> Moves:
    """Each of `payer` pays the account beside it; nobody pays themselves."""
    sums = np.broadcast_to(dollars, payer.shape)
    transfers = habit(payer, pd.DataFrame({"counterparty": payee, "dollars": sums}), **when)
    return Moves(transfers[payer != payee].reset_index(drop=True), stack([]))


def with_party(account: np.ndarray, party: np.ndarray, kind: str, dollars: Any, when: dict[str, Any]) -> Moves:
    """Each of `account` has to do with the party beside it (a key), which is seen as an instrument of a kind."""
    things = pd.DataFrame({"card": party, "instrument_kind": kind, "bin": None, "billing_country": None})
    return Moves(stack([]), habit(account, things.assign(dollars=np.broadcast_to(dollars, account.shape)), **when))


def either(
    outside: np.ndarray,
    payer: np.ndarray,
    payee: np.ndarray,
    member: np.ndarray,
    party: np.ndarray,
    kind: str,
    dollars: np.ndarray,
    when: dict[str, Any],
) -> Moves:
    """Payer to payee, or where `outside`, `member` with `party` in their place."""
    inside = {name: value if np.isscalar(value) else value[~outside] for name, value in when.items()}
    beyond = {name: value if np.isscalar(value) else value[outside] for name, value in when.items()}
    return Moves.all_of(
        [
            between(payer[~outside], payee[~outside], dollars[~outside], inside),
            with_party(member[outside], party[outside], kind, dollars[outside], beyond),
        ]
    )
