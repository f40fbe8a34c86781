"""Takes an account out of everything that ringwatch keeps, and keeps it from coming back.

The tombstone is written first and every step can be taken again, so that who is interrupted runs the same again. Rings
keep their sizes and their history: in the store a keyed token takes the place of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from ringwatch.days import amend, leftovers
from ringwatch.erasure import clearing, footprints
from ringwatch.erasure.footprints import Account
from ringwatch.gate import tombstones
from ringwatch.night import Night
from ringwatch.resources import cypher
from ringwatch.store.erasure import ERASED_PREFIX
from ringwatch.store.records import Handled


@dataclass(frozen=True)
class Traces:
    """Where an account is.

    days: day, feed, part (clean, held, quarantine), rows (its own), naming (of others that name it); files: others that
    name it; graph: how many accounts, relationships and lone identifiers go; values: of the store that name it; rings:
    ring_id, nights, last_day, size (on that day); buried: whether it has a tombstone.
    """

    days: pd.DataFrame
    files: tuple[Path, ...]
    graph: dict[str, int]
    values: int
    rings: pd.DataFrame
    buried: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to take out."""
        return bool(len(self.days) or self.files or self.graph["accounts"] or self.values)


def account_of(night: Night, account_id: str) -> Account:
    """Return the account of an id as it is written in feeds."""
    canonical = footprints.canonical_id(account_id)
    return Account(canonical, ERASED_PREFIX + tombstones.token_of(night.settings.home, canonical))


def find(night: Night, account: Account) -> Traces:
    """Return where the account is; changes nothing."""
    token = tombstones.token_of(night.settings.home, account.account_id)
    return Traces(
        days=footprints.in_days(night, account),
        files=tuple(footprints.in_other_files(night.files.home, account)),
        graph=night.graph.read(cypher("erase/find_account"), account_id=account.account_id)[0],
        values=night.store.tombstones.naming(account.account_id),
        rings=night.store.published.rings_of(account.account_id),
        buried=token in night.store.tombstones.tokens(),
    )


def erase(night: Night, account: Account, why: str, author: str) -> int:
    """Take the account out of files, graph and store; return how many published rings consumers are told of."""
    night.store.tombstones.bury(tombstones.token_of(night.settings.home, account.account_id), author, why)
    amend.finish_all(night)
    leftovers.clear(night)
    days = footprints.in_days(night, account)
    night.store.quarantine.record(_from_quarantine(days), author, why)
    for day in days["day"].unique():
        night.tell(f"erase: files of {day}")
        clearing.clear_day(night.on(day), account)
    for path in footprints.in_other_files(night.files.home, account):
        clearing.clear_file(path, account)
    night.tell("erase: graph")
    night.graph.write(night.cypher("load/begin_load"))  # the next load finds out itself what the graph says then
    night.graph.write(cypher("erase/delete_account"), account_id=account.account_id)
    clearing.clear_states(night, account)
    night.tell("erase: review store")
    return night.store.tombstones.erase(account.account_id, account.word)


def _from_quarantine(days: pd.DataFrame) -> list[Handled]:
    """What the log of the quarantine says of it."""
    places: list[tuple[date, str, str, int, int]] = list(days.itertuples(index=False, name=None))
    return [
        Handled("erased", day, feed, None, tombstones.ERASED, rows + naming, None, None)
        for day, feed, part, rows, naming in places
        if part == "quarantine"
    ]
