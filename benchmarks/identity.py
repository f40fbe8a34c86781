"""How rings and their members last from night to night, with members' two thresholds and without.

    python -m benchmarks.identity                              4,000 accounts, 10 nights
    python -m benchmarks.identity --accounts 8000 --family B   another world

Each night goes through link, detect, score and what publish writes into a store; once as it is, once as if no ring of
the night before were known to detection. Prints Markdown.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import duckdb
import pandas as pd
import typer

from ringwatch.days.files import Files
from ringwatch.days.in_use import feeds_in_use
from ringwatch.edition import strong_facets
from ringwatch.evaluate.metrics import Agreement, account_agreement
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.night import Night
from ringwatch.review.nightly import nightly
from ringwatch.score import groups, scorecard
from ringwatch.search import candidates, engine
from ringwatch.settings import load_settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.families import draw_world
from ringwatch.store.records import Candidates, Thresholds
from ringwatch.store.store import Store
from ringwatch.window import sharing

# Nights within which a merger that is taken back counts.
SOON = 5
KEY = b"a key for simulated worlds only."


@dataclass(frozen=True)
class Lasting:
    """ids: ring-nights that a ring of the next night has most of, and those that keep their id; accounts: that were
    ever flagged, of these out_and_in and in_several (rings); memberships: that could last to the next night, and those
    that did; rejoined: rings merged and back within SOON nights; found: accounts of all nights against the truth.
    """

    ids: tuple[int, int]
    accounts: int
    out_and_in: int
    in_several: int
    memberships: tuple[int, int]
    rejoined: int
    found: Agreement

    def row(self, name: str) -> str:
        kept, lasted = (f"{right:,} of {of:,}" for of, right in (self.ids, self.memberships))
        precision, recall = (f"{share:.3f}" if share is not None else "none" for share in self._shares())
        out = f"{self.out_and_in:,} of {self.accounts:,}"
        return f"| {name} | {kept} | {out} | {self.in_several} | {lasted} | {self.rejoined} | {precision} / {recall} |"

    def _shares(self) -> tuple[float | None, float | None]:
        return self.found.precision, self.found.recall


COLUMNS: tuple[str, ...] = ("", "ring-nights that keep their id", "accounts out and in again", "in several rings")
COLUMNS += ("memberships that last a night", f"merged and back within {SOON} nights", "accounts P / R")


def main(
    accounts: Annotated[int, typer.Option()] = 4000,
    nights: Annotated[int, typer.Option(help="The last nights of the world.")] = 10,
    days: Annotated[int, typer.Option()] = 10,
    family: Annotated[str | None, typer.Option()] = None,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Print how rings last, with last night's rings known to detection and without."""
    typer.echo(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    with tempfile.TemporaryDirectory(prefix="ringwatch-identity-") as folder:
        home = Path(folder) / "home"
        (home / "secrets").mkdir(parents=True)
        (home / "secrets" / "token.key").write_bytes(KEY)
        world = draw_world(family, 1) if family else None
        simulate(home, accounts, days, seed, world=world, write=write_clean)
        settings = load_settings()
        every = [START + timedelta(days=number) for number in range(days - nights, days)]
        stores = {name: Store.open(Path(folder) / f"{name}.db") for name in ("forgetful", "as it is")}
        for day in every:
            with Night(day, settings, Files(home)) as night:
                for name, store in stores.items():
                    publish(night, store, knows=name == "as it is")
            for name, store in stores.items():
                typer.echo(
                    measured(store, every[: every.index(day) + 1], read_truth(home / "truth")).row(f"{name}, {day}")
                )


def publish(night: Night, store: Store, knows: bool) -> None:
    """Publish the night in `store`; detection knows the rings of the night before or not."""
    settings, day = night.settings, night.day
    history = store.published.history(day)
    active = history.rings.loc[history.rings["active"].astype(bool), "ring_id"]
    rings = history.members[history.members["ring_id"].isin(active)]
    with sharing.open_sharing(night) as connection:
        found = found_in(night, connection, rings if knows else None)
        card = scorecard.load(feeds_in_use(night).used)
        judged = Candidates(**groups.score_groups(connection, found, card, settings.min_ring_size).tables)
    thresholds = Thresholds(settings.flag_probability, settings.keep_probability, settings.min_ring_size)
    made = nightly(day, judged, history, thresholds, strong_facets(night))
    store.published.publish(day, made, 1, history.last_run)


def found_in(night: Night, connection: duckdb.DuckDBPyConnection, rings: pd.DataFrame | None) -> pd.DataFrame:
    shared = candidates.read(connection, night.settings.link_min_bits)
    return candidates.find(engine.of(night), shared, night.settings, rings=rings)[0]


def measured(store: Store, days: list[date], truth: Truth) -> Lasting:
    """Return how what was published on `days` lasts."""
    flagged = [store.published.flagged(day).assign(night=night) for night, day in enumerate(days)]
    every = pd.concat(flagged, ignore_index=True)
    seen = every.groupby("account_id")["night"].agg(lambda nights: sorted(set(nights)))
    back = seen.map(lambda nights: any(later - night > 1 for night, later in pairwise(nights)))
    ring = [night.set_index("account_id")["ring_id"] for night in flagged]
    lasting = [tonight.index.isin(tomorrow.index) for tonight, tomorrow in pairwise(ring)]
    continued = [kept for tonight, tomorrow in pairwise(ring) for kept in _continued(tonight, tomorrow)]
    found = [account_agreement(night, truth.by(day).members) for night, day in zip(flagged, days, strict=True)]
    return Lasting(
        (len(continued), sum(continued)),
        len(seen),
        int(back.sum()),
        int((every.groupby("account_id")["ring_id"].nunique() > 1).sum()),
        (sum(map(len, lasting)), int(sum(map(sum, lasting)))),
        _rejoined(store, days),
        sum(found[1:], found[0]),
    )


def _continued(tonight: pd.Series, tomorrow: pd.Series) -> Iterator[bool]:
    """Whether the ring that has most of each of tonight's rings tomorrow, and half of it at least, has its id."""
    for ring_id, accounts in tonight.groupby(tonight).groups.items():
        rings = tomorrow.reindex(accounts).dropna()
        if 2 * len(rings) >= len(accounts):
            yield rings.value_counts().idxmax() == ring_id


def _rejoined(store: Store, days: list[date]) -> int:
    """How many rings were merged into another and were flagged again soon after."""
    rows = [row | {"night": night} for night, day in enumerate(days) for row in store.published.rings(day)]
    merged = [(row["ring_id"], row["night"]) for row in rows if row["event"] == "merged" and not row["flagged"]]
    flagged = {(row["ring_id"], row["night"]) for row in rows if row["flagged"]}
    soon = range(1, SOON + 1)
    return len({ring_id for ring_id, night in merged if any((ring_id, night + n) in flagged for n in soon)})


if __name__ == "__main__":
    typer.run(main)
