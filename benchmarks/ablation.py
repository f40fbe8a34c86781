"""What each part of detection adds: taken away, the scorecard made anew without it, and other worlds judged with that.

    python -m benchmarks.ablation                             25,000 accounts, 3 worlds to learn from, 3 to judge
    python -m benchmarks.ablation --accounts 30000 --only "without lane wide" --only reference

Prints Markdown, a row as soon as it is there. Cards are made from worlds of family A and judge worlds of family B.
Links, candidates of each lane and what is measured of them are made once and shared by all rows; only without cells,
which make links, everything is done again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from unittest import mock

import pandas as pd
import pyarrow as pa
import typer

from ringwatch import server
from ringwatch.cli.train import on_one_server
from ringwatch.days.files import Files
from ringwatch.evaluate import Evaluation, compare, together
from ringwatch.evaluate.figures import FOUND, found_cells
from ringwatch.evaluate.metrics import OPERATOR
from ringwatch.evaluate.run import as_judged
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.night import Night
from ringwatch.score import groups, notes, variants
from ringwatch.score.features import FEATURES
from ringwatch.score.scorecard import Scorecard
from ringwatch.score.tables import EVIDENCE
from ringwatch.search import candidates
from ringwatch.search.engine import Engine
from ringwatch.settings import Settings, load_settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.families import draw_world
from ringwatch.train import learning
from ringwatch.train.learning import Lesson
from ringwatch.window import cells, sharing
from ringwatch.window.making import Maker

_AGAINST = {feature.name for feature in FEATURES if feature.direction == "against"}
REFERENCE, CELLS = "reference", "without cells"


@dataclass(frozen=True)
class World:
    """A world of which every lane was asked. found: candidate, account_id, lane, stability, by each lane for itself;
    lesson: what all of these teach.
    """

    night: Night
    found: pd.DataFrame
    lesson: Lesson


@dataclass(frozen=True)
class Variant:
    """lanes: those that are asked; drops: whether a feature of this name is left out; leave: whether members of picked
    groups who rather do not belong to them leave.
    """

    lanes: tuple[str, ...] = candidates.LANES
    drops: Callable[[str], bool] = lambda _name: False
    leave: bool = True


def ablations() -> dict[str, Variant]:
    """What is taken away, by the name of its row."""
    every = candidates.LANES
    lanes = {f"without lane {lane}": Variant(tuple(one for one in every if one != lane)) for lane in every}
    kinds = {lane.partition("-")[0] for lane in every if "-" in lane}
    for kind in sorted(kinds):
        lanes[f"without all lanes {kind}"] = Variant(tuple(one for one in every if one.partition("-")[0] != kind))
    return {
        REFERENCE: Variant(),
        **lanes,
        "features: no containment": Variant(drops=lambda name: name.endswith("contained")),
        "features: nothing against": Variant(drops=lambda name: name in _AGAINST),
        "features: no addresses": Variant(drops=lambda name: name.startswith(("ip_", "network_", "at_"))),
        "features: no stability": Variant(drops=lambda name: name == "stability"),
        "nobody leaves picked groups": Variant(leave=False),
        CELLS: Variant(),
    }


def main(
    accounts: int = 25_000,
    days: int = 28,
    learn: Annotated[int, typer.Option(help="Worlds of family A to make cards from.")] = 3,
    judge: Annotated[int, typer.Option(help="Worlds of family B to judge.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Only the row of this name; repeatable.")] = None,
) -> None:
    wanted = {name: one for name, one in ablations().items() if not only or name in only}
    if not wanted:
        raise typer.BadParameter(f"there is no such row; the rows are: {', '.join(ablations())}")
    with tempfile.TemporaryDirectory(prefix="ringwatch-ablation-") as folder:
        apart = load_settings(home=Path(folder) / "server", server_bolt_port=0, server_http_port=0)
        settings = on_one_server(apart)
        try:
            day = START + timedelta(days=days - 1)
            asked = [("A", number) for number in range(1, learn + 1)] + [
                ("B", number) for number in range(1, judge + 1)
            ]
            nights = [make_world(Path(folder), *world, accounts, day, settings) for world in asked]
            print_table(wanted, nights[:learn], nights[learn:])
        finally:
            server.stop(apart)


def found_by(lanes: Sequence[str], found: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates as these lanes together would have found them."""
    mine = found[found["lane"].isin(lanes)]
    return mine.groupby(["candidate", "account_id"]).agg({"lane": "+".join, "stability": "max"}).reset_index()


def make_world(folder: Path, family: str, number: int, accounts: int, day: date, settings: Settings) -> Night:
    """Write the clean days and the truth of a world; return its last night."""
    tell(f"making world {number} of family {family}")
    home = folder / f"{family}{number}"
    simulate(home, accounts, (day - START).days + 1, number, world=draw_world(family, number), write=write_clean)
    return Night(day, settings.model_copy(update={"home": home}), Files(home))


def print_table(wanted: dict[str, Variant], lessons: Sequence[Night], exam: Sequence[Night]) -> None:
    """Print a row for each of `wanted`: cards made from the worlds of `lessons`, asked about those of `exam`."""
    columns = ("variant", *FOUND, "rings found by style")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for doing, names in (
        (nullcontext, [n for n in wanted if n != CELLS]),
        (_no_cells, [n for n in wanted if n == CELLS]),
    ):
        with doing():
            worlds = [[attend(night) for night in nights if names] for nights in (lessons, exam)]
            for name in names:
                tell(name)
                found = judge_without(wanted[name], *worlds)
                print(f"| {' | '.join((name, *found_cells(found), _by_style(found)))} |", flush=True)


def attend(night: Night) -> World:
    """Ask every lane about a world, each for itself, and measure what they find."""
    tell(f"asking all lanes about {night.files.home.name}")
    night.files.sharing.unlink(missing_ok=True)
    found: list[pd.DataFrame] = []
    find = candidates.find

    def each(engine: Engine, shared: candidates.Shared, settings: Settings) -> tuple[pd.DataFrame, float]:
        found.extend(find(engine, shared, settings, (lane,))[0] for lane in candidates.LANES)
        return found_by(candidates.LANES, pd.concat(found)), 0.0

    members = _truth(night).members
    operators = members.loc[members["kind"] == OPERATOR, ["operator_id", "account_id"]]
    with night, mock.patch.object(candidates, "find", each):
        truth = learning.Truth(operators, pd.Index(operators["account_id"]), pd.Index([]))
        lesson = learning.attend(night, truth, night.files.home.name, "worlds")
    return World(night, pd.concat(found, ignore_index=True), lesson)


def judge_without(variant: Variant, lessons: Sequence[World], exam: Sequence[World]) -> Evaluation:
    """Return how the worlds of `exam` are judged with a card that the others made without what the variant drops."""
    settle = variants.settle if variant.leave else lambda _connection, picked, *_: picked
    with mock.patch.object(variants, "settle", settle):
        card = make_card(variant, lessons)
        return together(_judge(world, variant, card) for world in exam)


def make_card(variant: Variant, worlds: Sequence[World]) -> Scorecard:
    narrowed = [_narrowed(world, variant) for world in worlds]
    member = learning.member_trees(narrowed)
    regrouped = [learning.regroup(world.night, one, member) for world, one in zip(worlds, narrowed, strict=True)]
    lessons = [_lacking(lesson, variant) for lesson in regrouped]
    nights = [world.night for world in worlds]
    return learning.learn(nights, lessons, member, nights[0].settings.feeds, {})


def _narrowed(world: World, variant: Variant) -> Lesson:
    """Return the lesson of a world when only some lanes are asked."""
    found, lesson = found_by(variant.lanes, world.found), world.lesson
    members = lesson.members[lesson.members.index.get_level_values("candidate").isin(found["candidate"])]
    return replace(lesson, found=found, members=members)


def _lacking(lesson: Lesson, variant: Variant) -> Lesson:
    dropped = [name for name in lesson.values.columns if variant.drops(str(name))]
    return replace(lesson, values=lesson.values.drop(columns=dropped))


def _judge(world: World, variant: Variant, card: Scorecard) -> Evaluation:
    """Judge a world, without the notes for reviewers, which weigh nothing and take a third of the time."""
    night, no_notes = world.night, pd.DataFrame(columns=EVIDENCE.names)
    with (
        sharing.open_sharing(night) as connection,
        mock.patch.object(notes, "of_rings", return_value=no_notes),
    ):
        tables = groups.score_groups(
            connection, found_by(variant.lanes, world.found), card, night.settings.min_ring_size
        ).tables
    judged = as_judged(tables["rings"], tables["members"], night.settings.flag_probability)
    return compare(judged, _truth(night), night.day, night.settings.min_ring_size)


def _truth(night: Night) -> Truth:
    return read_truth(night.files.home / "truth").by(night.day)


def _no_cells() -> AbstractContextManager[object]:
    """As if no two traits went together more often than by chance."""

    def add(maker: Maker, _days: int) -> None:
        ints = [(name, pa.int32()) for name in ("identifier", "one", "other")]
        maker.give("cell", pa.schema(ints).empty_table(), lasts=True)

    return mock.patch.object(cells, "add", add)


def _by_style(found: Evaluation) -> str:
    return ", ".join(f"{row.style} {row.rings_found}/{row.rings}" for row in found.styles)


def tell(doing: str) -> None:
    typer.echo(f"ablation: {doing}", err=True)


if __name__ == "__main__":
    typer.run(main)
