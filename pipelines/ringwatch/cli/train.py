"""`ringwatch train`: make the scorecards from simulated worlds of family A."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from ringwatch.cli.output import Json, Watched, console, print_json
from ringwatch.errors import UsageError
from ringwatch.night import check_feeds, settings_model
from ringwatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from ringwatch.night import Night
    from ringwatch.score.scorecard import Scorecard
    from ringwatch.train.learning import Lesson

FAMILY = "A"
FEWEST_WORLDS = 2


def train(
    out: Annotated[Path, typer.Option(help="Folder for the scorecards.", file_okay=False)],
    worlds: Annotated[int, typer.Option(help="How many worlds of family A to learn from.")] = 8,
    accounts: Annotated[int, typer.Option(help="Accounts of each world.")] = 60_000,
    days: Annotated[int, typer.Option(help="Days of each world.")] = 28,
    feeds: Annotated[
        list[str] | None, typer.Option(help="Feeds of a deployment, joined by +; once per card. All sets if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a scorecard for each set of feeds, from simulated worlds whose truth is known."""
    from ringwatch.score import scorecard

    settings = on_one_server(load_settings())
    if worlds < FEWEST_WORLDS:
        raise UsageError(
            f"--worlds {worlds}: odds are learnt from worlds that were left out, so there must be two at least"
        )
    sets = [tuple(each.split("+")) for each in feeds or ()] or feed_sets(settings.feeds)
    check_feeds("--feeds", chain(*sets), settings_model(settings))
    made = {"family": FAMILY, "worlds": worlds, "accounts": accounts, "days": days}
    paths = []
    with Watched() as watched, tempfile.TemporaryDirectory(prefix="ringwatch-train-") as folder:
        homes = [make_world(Path(folder) / str(i), i, accounts, days, watched.tell) for i in range(1, worlds + 1)]
        for each in sets:
            card = make_card(homes, each, days, settings, made, watched.tell)
            paths.append(scorecard.write(card, out))
    if as_json:
        print_json({"scorecards": paths})
    else:
        console.print("\n".join(str(path) for path in paths), soft_wrap=True)


def on_one_server(settings: Settings) -> Settings:
    """Return settings by which nights in other homes use the server of this one."""
    from ringwatch.server import ensure_running

    at = ensure_running(settings)
    server = {"neo4j_uri": at.uri, "neo4j_user": at.user, "neo4j_password": SecretStr(at.password)}
    return settings.model_copy(update=server | {"neo4j_http_url": at.http_url})


def feed_sets(feeds: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the sets that have a card: accounts with any of the other feeds, the largest sets first."""
    others = [feed for feed in feeds if feed != "accounts"]
    sizes = range(len(others), -1, -1)
    return [("accounts", *chosen) for size in sizes for chosen in combinations(others, size)]


def make_world(home: Path, number: int, accounts: int, days: int, tell: Callable[[str], None]) -> Path:
    """Write the clean days and the truth of a world of family A; return its home."""
    from ringwatch.simulate import simulate
    from ringwatch.simulate.clean import write_clean
    from ringwatch.simulate.families import draw_world

    tell(f"world {number} of family {FAMILY}")
    simulate(home, accounts, days, number, world=draw_world(FAMILY, number), write=write_clean)
    return home


def make_card(
    homes: list[Path],
    feeds: tuple[str, ...],
    days: int,
    settings: Settings,
    made: dict[str, object],
    tell: Callable[[str], None],
) -> Scorecard:
    """Return the card for `feeds` that the worlds in `homes` teach."""
    from ringwatch.simulate import START
    from ringwatch.train import learning

    day = START + timedelta(days=days - 1)
    nights = [_night(home, day, settings, feeds) for home in homes]
    lessons: list[Lesson] = []
    for number, night in enumerate(nights, 1):
        tell(f"{'+'.join(feeds)}: world {number}")
        with night:
            lessons.append(learning.attend(night, _operators(night)))
    member = learning.member_trees(lessons)
    lessons = [learning.regroup(night, lesson, member) for night, lesson in zip(nights, lessons, strict=True)]
    sheets = learning.first_sheets(lessons)
    gathered = [learning.gather(night, lesson, member, *sheets) for night, lesson in zip(nights, lessons, strict=True)]
    tell(f"{'+'.join(feeds)}: fitting")
    return learning.learn(nights, gathered, member, made)


def _night(home: Path, day: date, settings: Settings, feeds: tuple[str, ...]) -> Night:
    from ringwatch.days.files import Files
    from ringwatch.night import Night

    return Night(day, settings.model_copy(update={"home": home, "feeds": feeds}), Files(home))


def _operators(night: Night) -> pd.DataFrame:
    from ringwatch.evaluate.truth import read_truth

    members = read_truth(night.files.home / "truth").by(night.day).members
    found: pd.DataFrame = members.loc[members["kind"] == "operator", ["operator_id", "account_id"]]
    return found
