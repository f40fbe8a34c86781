"""Worlds with known rings: honest people and operators in, one folder of feeds per day and a truth out."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.errors import UsageError
from ringwatch.simulate.exits import customers, rent_out
from ringwatch.simulate.feeds import FEEDS, draw_day, open_book
from ringwatch.simulate.habits import Cast, join, stack
from ringwatch.simulate.landscape import Landscape, build_landscape
from ringwatch.simulate.noise import add_noise, befriend
from ringwatch.simulate.operators import controlled_accounts, plan_operators
from ringwatch.simulate.population import honest_people
from ringwatch.simulate.truth import context_truth, member_truth
from ringwatch.simulate.world import World

START = date(2026, 3, 2)
FEWEST_ACCOUNTS = 500


@dataclass(frozen=True)
class Simulation:
    """What was written: rows by feed, members of rings and pools, and how many of these by style."""

    first_day: date
    last_day: date
    rows: dict[str, int]
    accounts: int
    members: int
    groups: dict[str, int]


def simulate(
    out: Path,
    accounts: int,
    days: int,
    seed: int,
    start: date = START,
    world: World | None = None,
    advance: Callable[[], object] = lambda: None,
) -> Simulation:
    """Write `out`/feeds/<day>/<feed>.parquet for `days` days from `start`, and `out`/truth. Same arguments, same bytes.

    `accounts` is how many exist at the end. `advance` is called after each day. Raises UsageError when the numbers make
    no world, or `out` holds another one.
    """
    world = world or World()
    _check(accounts, days, seed)
    _claim(out, {"accounts": accounts, "days": days, "seed": seed, "start": start.isoformat()} | asdict(world))
    parts = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3 + days)]
    landscape = build_landscape(parts[0], world, accounts, days)
    cast = _everybody(parts[1], landscape, accounts)
    book = open_book(parts[2], cast)
    rows = dict.fromkeys(FEEDS, 0)
    for day, rng in enumerate(parts[3:]):
        for feed, table in draw_day(rng, book, landscape, start, day).items():
            _write(table, out / "feeds" / (start + timedelta(days=day)).isoformat() / f"{feed}.parquet")
            rows[feed] += table.num_rows
        advance()
    members = member_truth(cast.people, book.account, start)
    _write(_table(members), out / "truth" / "members.parquet")
    _write(_table(context_truth(cast.people, book.account, start)), out / "truth" / "contexts.parquet")
    groups = {str(style): len(ids) for style, ids in members.groupby("style")["operator_id"].unique().items()}
    return Simulation(start, start + timedelta(days=days - 1), rows, accounts, len(members), groups)


def _everybody(rng: np.random.Generator, landscape: Landscape, accounts: int) -> Cast:
    """Return all people: the honest, whose homes some operators connect through, and the controlled."""
    plan = plan_operators(rng, landscape.world, accounts)
    honest = honest_people(rng, landscape, accounts - sum(int(sizes.sum()) for sizes in plan.values()))
    exits, hosts = rent_out(rng, landscape, honest)
    honest.people.loc[hosts, "context"] = "exit_host"
    rented = stack([honest.addresses, customers(rng, landscape, exits, honest)])
    honest = befriend(rng, landscape, replace(honest, addresses=rented))
    return add_noise(rng, landscape, join([honest, controlled_accounts(rng, landscape, exits, plan)]))


def _check(accounts: int, days: int, seed: int) -> None:
    if accounts < FEWEST_ACCOUNTS or days < 1 or seed < 0:
        raise UsageError(
            f"a world needs at least {FEWEST_ACCOUNTS} accounts, 1 day and a seed from 0 "
            f"(got {accounts} accounts, {days} days, seed {seed})"
        )


def _claim(out: Path, made_from: dict[str, object]) -> None:
    """Note in `out` what the world is made from, so that two worlds never mix in one folder."""
    note = out / "world.json"
    wanted = json.dumps(made_from, indent=2) + "\n"
    if note.is_file() and note.read_text(encoding="utf-8") != wanted:
        raise UsageError(f"{out} holds another world, see {note}; choose another folder or remove it")
    if not note.is_file() and any((out / part).exists() for part in ("feeds", "truth")):
        raise UsageError(f"{out} has feeds that were not simulated; choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    note.write_text(wanted, encoding="utf-8")


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
