"""Canaries: known rings of graded difficulty, and honest people who look like rings, that go through each night.

In: the night's clean rows (of a sample of accounts, where there are many) and those of a simulated world whose truth is
known, under ids that no account has. They are linked, searched and judged by the functions of the night, in a folder of
their own that is gone afterwards; GDS projects from frames, so the stored graph hears nothing of them. Out: how many
rings of each difficulty were found and how many honest accounts were accused, in the table `canary`, and nothing else:
no consumer, reviewer or later night ever reads what was judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.days import history
from ringwatch.days.in_use import feeds_in_use
from ringwatch.elsewhere import night_beside
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.review import adjustments
from ringwatch.review.audit import CANARY
from ringwatch.review.guardrails import FEWEST_NIGHTS
from ringwatch.score import groups, scorecard
from ringwatch.search import candidates, engine
from ringwatch.simulate import World, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.window import sharing

if TYPE_CHECKING:
    from ringwatch.night import Night

SEED, ACCOUNTS, MOST_DAYS = 11, 500, 28
# How hard rings of a style are to find.
DIFFICULTY = {
    **dict.fromkeys(("careless", "farm"), "easy"),
    **dict.fromkeys(("chain", "relay", "recycled"), "medium"),
    **dict.fromkeys(("careful", "framed", "recreated"), "hard"),
}
# Share of a ring's accounts that must be flagged together for the ring to be found.
FOUND = 0.5


def look(night: Night) -> tuple[str, ...]:
    """Record how the canaries of the night fare; return warnings. Nothing is done where the setting turns them off."""
    if not night.settings.canaries or not night.files.clean(night.day, "accounts").is_file():
        return ()
    night.tell("canaries")
    truth, flagged = judged(night)
    night.store.nights.record_canaries(night.day, fared(truth, flagged))
    return tuple(decayed(night))


def usually(night: Night) -> dict[str, tuple[float, float]]:
    """Return by difficulty the share of canary rings that were found tonight, and the median of nights before it.

    None of a difficulty before there are enough nights to say.
    """
    before = _shares(night.store.nights.canaries(night.day), night.settings.guard_nights)
    tonight = _shares(_tonight(night), 1)
    return {
        name: (share[0], median(before[name]))
        for name, share in tonight.items()
        if len(before.get(name, ())) >= FEWEST_NIGHTS
    }


def decayed(night: Night) -> Iterator[str]:
    """Yield a warning where less is found than usual, or more honest accounts are accused."""
    for name, (tonight, usual) in usually(night).items():
        if tonight < usual:
            yield f"{tonight:.0%} of the {name} canary rings were found, where {usual:.0%} are usual"
    before = _accused(night.store.nights.canaries(night.day), night.settings.guard_nights)
    (tonight,) = _accused(_tonight(night), 1)
    if len(before) >= FEWEST_NIGHTS and tonight > median(before):
        yield f"{tonight:,} honest canary accounts were accused, where {median(before):g} are usual"


def _tonight(night: Night) -> list[dict[str, Any]]:
    return [row for row in night.store.nights.canaries(night.day + timedelta(1)) if row["day"] == night.day]


def _shares(rows: list[dict[str, Any]], nights: int) -> dict[str, list[float]]:
    """Return by difficulty the share of rings that were found on the last nights."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if not row["honest"]:
            found.setdefault(row["difficulty"], []).append(row["flagged"] / row["groups"])
    return {name: shares[-nights:] for name, shares in found.items()}


def _accused(rows: list[dict[str, Any]], nights: int) -> list[int]:
    """Return how many honest canary accounts were accused on each of the last nights."""
    accused: dict[date, int] = {}
    for row in rows:
        if row["honest"]:
            accused[row["day"]] = accused.get(row["day"], 0) + row["accused"]
    return list(accused.values())[-nights:]


def fared(truth: pd.DataFrame, flagged: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the table `canary`, without the day.

    truth: account_id, difficulty, group, honest; flagged: candidate, account_id of all that would be flagged. A ring is
    found when half of it is in one flagged group, most of whose canaries are its own; of honest people it counts who
    is in any.
    """
    found = _found(truth, flagged)
    rows = []
    for (difficulty, honest), these in truth.groupby(["difficulty", "honest"], sort=True):
        accused = these["account_id"].isin(flagged["account_id"])
        rows.append(
            {
                "difficulty": str(difficulty),
                "honest": bool(honest),
                "groups": these["group"].nunique(),
                "flagged": len(found & set(these["group"])),
                "accounts": len(these),
                "accused": int(accused.sum()),
            }
        )
    return rows


def _found(truth: pd.DataFrame, flagged: pd.DataFrame) -> set[str]:
    """Return the groups of `truth` that were found."""
    inside = truth.merge(flagged, on="account_id")
    if inside.empty:
        return set()
    together = inside.groupby(["group", "candidate"], as_index=False).agg(both=("account_id", "size"))
    whole = together["group"].map(truth.groupby("group").size())
    canaries = together["candidate"].map(inside.groupby("candidate").size())
    return set(together.loc[(together["both"] >= FOUND * whole) & (2 * together["both"] > canaries), "group"])


def judged(night: Night) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the truth of the canaries (see `fared`) and candidate, account_id of all that would be flagged."""
    world = _world(night)
    settings = night.settings
    with night_beside(night, night.files.canaries / "work", settings) as other, ExitStack() as stack:
        _fill(night, other, world)
        connection = stack.enter_context(sharing.open_sharing(other))
        shared = candidates.read(connection, settings.link_min_bits)
        found, _ = candidates.find(engine.of(other), shared, settings)
        card = scorecard.load(feeds_in_use(other).used, settings.scorecards or scorecard.FOLDER)
        _, adjustment = adjustments.in_use(other.files.adjustments)
        tables, _ = groups.score_groups(connection, found, card, settings.min_ring_size, adjustment)
    rings = tables["rings"]
    likely = (rings["kind"] != "context") & (rings["probability"] >= settings.flag_probability)
    members = tables["members"][["candidate", "account_id"]]
    return _truth(world), members[members["candidate"].isin(rings.loc[likely, "candidate"])]


def _world(night: Night) -> Path:
    """Return the folder of the simulated world, made when it is not there yet."""
    days = min(night.settings.window_days, MOST_DAYS)
    folder = night.files.canaries / f"world-{days}"
    if not folder.is_dir():
        night.tell("canaries: their world")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="making-", dir=folder.parent) as made:
            simulate(Path(made) / "world", ACCOUNTS, days, SEED, world=World("canaries"), write=write_clean)
            (Path(made) / "world").rename(folder)
    return folder


def _truth(world: Path) -> pd.DataFrame:
    members = pd.read_parquet(world / "truth" / "members.parquet")
    members = members[members["style"].isin(list(DIFFICULTY))]
    honest = pd.read_parquet(world / "truth" / "contexts.parquet")
    rings = members.assign(group=members["operator_id"], difficulty=members["style"].map(DIFFICULTY), honest=False)
    others = honest.assign(group=honest["context"], difficulty=honest["context"], honest=True)
    found = pd.concat([part[["account_id", "group", "difficulty", "honest"]] for part in (rings, others)])
    return found.assign(account_id=CANARY + found["account_id"]).reset_index(drop=True)


def _fill(night: Night, other: Night, world: Path) -> None:
    """Put the rows of the window, of all accounts or of a sample, and those of the canaries into the other night."""
    since = history.window_start(night)
    days = [day for day in history.clean_days(night) if since <= day <= night.day]
    sample = _sample(night, days)
    for feed in night.model.feeds.values():
        there = [day for day in history.clean_days(night) if feed.lasts or day in days]
        real = {day: _of_sample(night.files.clean(day, feed.feed), sample) for day in there if day <= night.day}
        real = {day: rows for day, rows in real.items() if rows is not None}
        absent = _absent(real, feed)
        for day, rows in _with_canaries(real, _canary_rows(world, feed, days, night.day, absent), feed).items():
            path = other.files.clean(day, feed.feed)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, path)


def _sample(night: Night, days: list[date]) -> pa.Array | None:
    """Return the accounts of the window that are taken, None for all. Which, does not change from night to night."""
    seen = [
        night.files.clean(day, feed.feed)
        for day in days
        for feed in night.model.feeds.values()
        if night.files.clean(day, feed.feed).is_file()
    ]
    most = night.settings.canary_accounts
    with duck.connect() as connection:
        duck.read_parquet(connection, seen).create_view("seen")
        accounts = f"SELECT DISTINCT {ACCOUNT_KEY} AS account FROM seen WHERE {ACCOUNT_KEY} IS NOT NULL"
        taken = connection.sql(f"FROM ({accounts}) ORDER BY md5(account) LIMIT {most + 1}").to_arrow_table()
    return taken["account"].combine_chunks()[:most] if taken.num_rows > most else None


def _of_sample(path: Path, sample: pa.Array | None) -> pa.Table | None:
    if not path.is_file():
        return None
    rows = pq.read_table(path)
    return rows if sample is None else rows.filter(pc.is_in(rows[ACCOUNT_KEY], value_set=sample))


def _absent(real: Mapping[date, pa.Table], feed: Feed) -> set[str]:
    """Columns that the deployment does not deliver: canaries must not be known by what nobody else has."""
    return {
        name
        for name in history.clean_schema(feed).names
        if real
        and all(name not in rows.column_names or rows[name].null_count == rows.num_rows for rows in real.values())
    }


def _canary_rows(world: Path, feed: Feed, days: list[date], last: date, absent: set[str]) -> dict[date, pa.Table]:
    """Return the canaries' rows of a feed by day, as if their world ended today; what lasts comes on the first."""
    simulated = sorted(date.fromisoformat(path.name) for path in (world / "days").iterdir())
    moved = last - simulated[-1]
    found: dict[date, list[pa.Table]] = {}
    for day in simulated:
        path = world / "days" / day.isoformat() / "clean" / f"{feed.feed}.parquet"
        to = day + moved if day + moved in days or not feed.lasts else days[0]
        if path.is_file() and to in days:
            found.setdefault(to, []).append(_as_canaries(pq.read_table(path), feed, moved, to, absent))
    return {day: pa.concat_tables(tables) for day, tables in found.items()}


def _as_canaries(rows: pa.Table, feed: Feed, moved: timedelta, day: date, absent: set[str]) -> pa.Table:
    """Return the rows in the form of the deployment's clean files, at their new time and under the canaries' ids."""
    schema, columns = history.clean_schema(feed), []
    for field in schema:
        if field.name == "day":
            columns.append(pa.array([day] * rows.num_rows, field.type))
        elif field.name in absent or field.name not in rows.column_names:
            columns.append(pa.nulls(rows.num_rows, field.type))
        elif field.name in feed.accounts:
            columns.append(pc.binary_join_element_wise(CANARY, rows[field.name], "").cast(field.type))
        elif pa.types.is_timestamp(field.type):
            columns.append(pc.add(rows[field.name], pa.scalar(moved, pa.duration("us"))).cast(field.type))
        else:
            columns.append(rows[field.name].cast(field.type))
    return pa.table(columns, schema=schema)


def _with_canaries(
    real: Mapping[date, pa.Table], canaries: Mapping[date, pa.Table], feed: Feed
) -> dict[date, pa.Table]:
    """Both by day; a feed that the deployment does not have, or not on a day, gets none."""
    names = history.clean_schema(feed).names
    return {
        day: pa.concat_tables([rows.select(names).replace_schema_metadata(None), canaries[day]])
        if day in canaries
        else rows
        for day, rows in real.items()
    }
