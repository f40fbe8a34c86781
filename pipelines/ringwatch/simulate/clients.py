"""What companies have that people who work for them come to use: an egress line, a card, an in-house template."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import Cast
from ringwatch.simulate.landscape import ACCESS, Landscape

_THINGS = {"cards": "card", "templates": "template"}
_FEWEST_STAFF = 5


@dataclass(frozen=True)
class Clients:
    """lines: an access per company. cards, templates: those that several of a company's staff use, and of which company
    (row of lines), in `client`."""

    lines: pd.DataFrame
    cards: pd.DataFrame
    templates: pd.DataFrame


def companies_of(landscape: Landscape, usual: Cast) -> Clients:
    """Return the companies among the usual people that have staff enough to have people work for them."""
    staff = (usual.people["context"] == "office").to_numpy()
    business = (landscape.blocks["kind"] == "business").to_numpy()
    at_work = usual.addresses[staff[usual.addresses["account"]] & business[usual.addresses["block"]]]
    size = at_work.groupby("line")["account"].transform("nunique")
    at_work = at_work[size >= _FEWEST_STAFF]
    lines = at_work.drop_duplicates("line")[ACCESS].reset_index(drop=True)
    client = pd.Series(lines.index, index=lines["line"])
    of_account = at_work.drop_duplicates("account").set_index("account")["line"].map(client)
    return Clients(lines, *(_common(getattr(usual, kind), name, of_account) for kind, name in _THINGS.items()))


def _common(habits: pd.DataFrame, name: str, client: pd.Series) -> pd.DataFrame:
    """Return a thing per company that two of its staff use or more, with its company."""
    theirs = habits.assign(client=habits["account"].map(client)).dropna(subset="client")
    used = theirs[theirs.groupby(["client", name])["account"].transform("nunique") > 1]
    things = used.drop_duplicates("client").drop(columns=["account", "probability", "since", "until"])
    return things.astype({"client": "int64"}).reset_index(drop=True)


def work_for(clients: Clients, rng: np.random.Generator, workers: int, each: tuple[int, int]) -> pd.DataFrame:
    """Draw for whom each of `workers` works: a row per worker and client, with the columns account and client."""
    count = rng.integers(*each, size=workers, endpoint=True) if len(clients.lines) else np.zeros(workers, dtype=int)
    account = np.repeat(np.arange(workers), count)
    drawn = pd.DataFrame({"account": account, "client": rng.integers(max(1, len(clients.lines)), size=len(account))})
    return drawn.drop_duplicates(ignore_index=True)


def lent(things: pd.DataFrame, jobs: pd.DataFrame, probability: float) -> pd.DataFrame:
    """Return the habit of each worker of using what each of its clients has."""
    used = jobs.merge(things, on="client").drop(columns="client")
    return used.assign(probability=probability, since=-np.inf, until=np.inf)
