"""Worlds with known rings: honest people and operators in, one folder of feeds per day and a truth out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.errors import UsageError
from ringwatch.simulate.acquaintance import befriend
from ringwatch.simulate.climate import USUAL
from ringwatch.simulate.delivery import Feeds, arrivals
from ringwatch.simulate.exits import customers, rent_out
from ringwatch.simulate.feeds import Book, draw_day, open_book
from ringwatch.simulate.habits import Cast, join, stack
from ringwatch.simulate.landscape import Landscape, build_landscape
from ringwatch.simulate.noise import add_noise
from ringwatch.simulate.operators import controlled_accounts, plan_operators
from ringwatch.simulate.population import honest_people
from ringwatch.simulate.truth import context_truth, member_truth, victim_truth
from ringwatch.simulate.vary import vary
from ringwatch.simulate.world import FEEDS, World

__all__ = ["FEEDS", "START", "Simulation", "World", "simulate"]

START = date(2026, 3, 2)
FEWEST_ACCOUNTS = 500
# Writes the feeds of a day below a folder.
Writer = Callable[[Path, date, dict[str, pa.Table]], None]


@dataclass(frozen=True)
class Simulation:
    """What was written: rows by feed, members of rings and pools, and how many of these by style."""

    first_day: date
    last_day: date
    rows: dict[str, int]
    accounts: int
    members: int
    groups: dict[str, int]


def write_feeds(out: Path, day: date, feeds: dict[str, pa.Table]) -> None:
    """Write the feeds of a day as they would arrive."""
    for feed, table in feeds.items():
        _write(table, out / "feeds" / day.isoformat() / f"{feed}.parquet")


def simulate(
    out: Path,
    accounts: int,
    days: int,
    seed: int,
    start: date = START,
    world: World | None = None,
    advance: Callable[[], object] = lambda: None,
    write: Writer = write_feeds,
) -> Simulation:
    """Write `out`/feeds/<day>/<feed>.parquet for `days` days from `start`, and `out`/truth. Same arguments, same bytes.

    Where the world's history comes in one drop, all is in the folder of the last day. `accounts` is how many exist at
    the end. `advance` is called after each day; `write` may put the days elsewhere. Raises UsageError when the numbers
    make no world, or `out` holds another one.
    """
    world = world or World()
    _check(accounts, days, seed)
    _claim(out, {"accounts": accounts, "days": days, "seed": seed, "start": start.isoformat()} | _dials(world))
    parts = [np.random.default_rng(child) for child in _entropy(seed, world).spawn(3 + days)]
    landscape = build_landscape(parts[0], world, accounts, days)
    cast, victims = _everybody(parts[1], landscape, accounts)
    book = open_book(parts[2], world, cast)
    rows = dict.fromkeys(world.feeds, 0)
    drawn = _announced(advance, (draw_day(rng, book, landscape, start, day) for day, rng in enumerate(parts[3:])))
    for day, feeds in arrivals(world.climate, drawn, days):
        write(out, start + timedelta(days=day), feeds)
        rows |= {feed: rows[feed] + table.num_rows for feed, table in feeds.items()}
    members = _write_truth(out / "truth", book, victims, start)
    groups = {str(style): len(ids) for style, ids in members.groupby("style")["operator_id"].unique().items()}
    return Simulation(start, start + timedelta(days=days - 1), rows, accounts, len(members), groups)


def _announced(advance: Callable[[], object], drawn: Iterable[Feeds]) -> Iterator[Feeds]:
    for feeds in drawn:
        yield feeds
        advance()


def _entropy(seed: int, world: World) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, crc32(world.name.encode())])


def _everybody(rng: np.random.Generator, landscape: Landscape, accounts: int) -> tuple[Cast, pd.DataFrame]:
    """Return all people, the honest first, some of whose homes operators connect through; and who is framed."""
    plan = plan_operators(rng, landscape.world, accounts)
    honest = honest_people(rng, landscape, accounts - sum(int(sizes.sum()) for sizes in plan.values()))
    exits, hosts = rent_out(rng, landscape, honest)
    honest.people.loc[hosts, "context"] = "exit_host"
    rented = stack([honest.addresses, customers(rng, landscape, exits, honest)])
    honest = befriend(rng, landscape, replace(honest, addresses=rented))
    controlled, victims = controlled_accounts(rng, landscape, exits, honest, plan)
    cast = add_noise(rng, landscape, join([honest, controlled]))
    cast = cast if landscape.world.instruments else replace(cast, cards=cast.cards.iloc[:0])
    return vary(rng, landscape, cast), victims


def _write_truth(out: Path, book: Book, victims: pd.DataFrame, start: date) -> pd.DataFrame:
    people = book.cast.people
    members = member_truth(people, book.account, start)
    contexts = context_truth(people, book.account, start)
    tables = {"members": members, "contexts": contexts, "victims": victim_truth(victims, book.account)}
    for name, table in tables.items():
        _write(_table(table), out / f"{name}.parquet")
    return members


def _check(accounts: int, days: int, seed: int) -> None:
    if accounts < FEWEST_ACCOUNTS or days < 1 or seed < 0:
        raise UsageError(
            f"a world needs at least {FEWEST_ACCOUNTS} accounts, 1 day and a seed from 0 "
            f"(got {accounts} accounts, {days} days, seed {seed})"
        )


def _dials(world: World) -> dict[str, object]:
    return {name: value for name, value in asdict(world).items() if name != "climate" or world.climate != USUAL}


def _claim(out: Path, made_from: dict[str, object]) -> None:
    """Note in `out` what the world is made from, so that two worlds never mix in one folder."""
    note = out / "world.json"
    wanted = json.dumps(made_from, indent=2) + "\n"
    if note.is_file() and note.read_text(encoding="utf-8") != wanted:
        raise UsageError(f"{out} holds another world, see {note}; choose another folder or remove it")
    if not note.is_file() and any((out / part).exists() for part in ("feeds", "days", "truth")):
        raise UsageError(f"{out} has feeds that were not simulated; choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    note.write_text(wanted, encoding="utf-8")


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
