"""Small nights for the tests of the review store: groups of accounts as score would judge them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from ringwatch.review.effects import Terms, heed
from ringwatch.review.nightly import nightly
from ringwatch.score.tables import TABLES
from ringwatch.store.records import Candidates, History, Nightly, Publication, Thresholds
from ringwatch.store.store import Store

THRESHOLDS = Thresholds(flag=0.5, keep=0.3, min_size=4)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 3, 2) + timedelta(days) for days in range(5))

NOTHING = History(
    pd.DataFrame(columns=["ring_id", "first_day", "last_day", "kind", "band", "size"], dtype=object).assign(
        active=pd.Series(dtype=bool), absorbed=pd.Series(dtype=bool)
    ),
    pd.DataFrame(columns=["ring_id", "account_id", "probability", "nights"], dtype=object),
)


def accounts(*numbers: int | range) -> list[str]:
    """`accounts(1, range(3, 5))` is A001, A003, A004."""
    return [f"A{n:03}" for part in numbers for n in (part if isinstance(part, range) else [part])]


def judged(groups: Mapping[str, Iterable[str]], probability: float = 0.9, kind: str = "operator") -> Candidates:
    """The groups (accounts by candidate), of one probability and kind: each has a reason for, one against, a check."""
    sizes = {name: len(list(group)) for name, group in groups.items()}
    rings = [
        (name, size, probability, probability / 2, (1 + probability) / 2, kind, 3.0, f"{size} accounts share one card")
        for name, size in sizes.items()
    ]
    members = [(name, account, 0.8, "core") for name, group in groups.items() for account in group]
    evidence = [
        row
        for name, size in sizes.items()
        for row in (
            (name, "ip", "shared_ip", "against", 9.0, 8.5, -1.5, size, ["ip:1"], "they share one campus"),
            (name, "payment", "shared_card", "for", 1.0, 0.1, 4.5, size, ["card:1", "card:2"], "they share one card"),
            (name, "group", "bridge", "check", 1.0, 0.0, 0.0, 0, ["card:1"], "Weakest point: one card"),
        )
    ]
    rows = {"rings": rings, "members": members, "evidence": evidence}
    return Candidates(**{table: _frame(table, values) for table, values in rows.items()})


def _frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    schema = TABLES[table]
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema).to_pandas()


def make(store: Store, day: date, candidates: Candidates) -> Nightly:
    return nightly(day, candidates, store.published.history(day), THRESHOLDS)


def publish(
    store: Store, day: date, groups: Mapping[str, Iterable[str]], probability: float = 0.9, kind: str = "operator"
) -> Publication:
    """Publish `groups` for `day` in a world of a thousand accounts, as verdicts leave them."""
    history = store.published.history(day)
    heeded = heed(judged(groups, probability, kind), store.verdicts.decisions(day), day, Terms(90, 180))
    night = nightly(day, heeded, history, THRESHOLDS)
    return store.published.publish(day, night, 1000, history.last_run)


def events(store: Store, day: date) -> dict[str, str]:
    return {row["ring_id"]: row["event"] for row in store.published.rings(day)}


def members_of(store: Store, day: date) -> dict[str, set[str]]:
    """Accounts by ring_id, as flagged on `day`."""
    return store.published.flagged(day).groupby("ring_id")["account_id"].agg(set).to_dict()


def ring_of(store: Store, day: date, account: str) -> str:
    flagged = store.published.flagged(day)
    return str(flagged.loc[flagged["account_id"] == account, "ring_id"].item())
