"""`ringwatch train`: make a scorecard from simulated worlds and labelled sources."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from ringwatch.cli.output import Json, Watched, console, print_json
from ringwatch.errors import UsageError
from ringwatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from ringwatch.score.scorecard import Scorecard
    from ringwatch.train.teachers import Teacher

FAMILY = "A"
FEWEST_WORLDS = 2


def train(
    out: Annotated[Path, typer.Option(help="Folder for the scorecard.", file_okay=False)],
    worlds: Annotated[int, typer.Option(help="How many worlds of family A to learn from.")] = 8,
    varied: Annotated[int, typer.Option(help="How many worlds of family D, each another kind of deployment.")] = 8,
    young: Annotated[int, typer.Option(help="How many more of each family, small and in their first days.")] = 4,
    accounts: Annotated[int, typer.Option(help="Accounts of each world.")] = 30_000,
    days: Annotated[int, typer.Option(help="Days of each world.")] = 28,
    sources: Annotated[
        list[Path] | None, typer.Option(help="Folder of labelled sources to learn from, too; several are possible.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a scorecard from simulated worlds and labelled sources whose truth is known.

    Worlds and sources also teach with feeds missing, so that one card serves every deployment.
    """
    from ringwatch.score import scorecard
    from ringwatch.simulate.families import VARIED

    settings = on_one_server(load_settings())
    if worlds < FEWEST_WORLDS:
        raise UsageError(
            f"--worlds {worlds}: odds are learnt from worlds that were left out, so there must be two at least"
        )
    with Watched() as watched, tempfile.TemporaryDirectory(prefix="ringwatch-train-") as folder:
        numbers = {FAMILY: worlds, VARIED: varied}
        size = {"accounts": accounts, "days": days, "young": young}
        teachers = _teachers(Path(folder), numbers, size, sources or [], settings, watched.tell)
        made: dict[str, object] = {"worlds": numbers, **size}
        made |= {"sources": sorted({each.source for each in teachers if not each.simulated})}
        path = scorecard.write(make_card(teachers, settings.feeds, made, watched.tell), out)
    if as_json:
        print_json({"scorecards": [path]})
    else:
        console.print(str(path), soft_wrap=True)


def on_one_server(settings: Settings) -> Settings:
    """Return settings by which nights in other homes use the server of this one."""
    from ringwatch.server import ensure_running

    at = ensure_running(settings)
    server = {"neo4j_uri": at.uri, "neo4j_user": at.user, "neo4j_password": SecretStr(at.password)}
    return settings.model_copy(update=server | {"neo4j_http_url": at.http_url})


def _teachers(
    folder: Path,
    numbers: dict[str, int],
    size: dict[str, int],
    sources: list[Path],
    settings: Settings,
    tell: Callable[[str], None],
) -> list[Teacher]:
    from ringwatch.train import teachers

    found: list[Teacher] = []
    for family, count in numbers.items():
        found += teachers.worlds(folder, family, range(1, count + 1), size["accounts"], size["days"], settings, tell)
        if count:
            young = range(count + 1, count + size["young"] + 1)
            found += teachers.young_worlds(folder, family, young, size["accounts"], size["days"], settings, tell)
    found += teachers.from_sources(sources, settings, settings.home / "sources", tell)
    return list(teachers.with_feeds_missing(found, folder))


def make_card(
    teachers: list[Teacher], feeds: tuple[str, ...], made: dict[str, object], tell: Callable[[str], None]
) -> Scorecard:
    """Return the card that the `teachers` teach, for deployments that have any of `feeds`."""
    from ringwatch.train import learning

    nights, lessons = [each.night for each in teachers], []
    for each in teachers:
        tell(f"{each.source}: candidates from {', '.join(each.night.settings.feeds)}")
        with each.night:
            lessons.append(learning.attend(each.night, each.truth, each.source, each.origin))
    member = learning.member_trees(lessons)
    tell("forms of the candidates")
    lessons = [learning.regroup(night, lesson, member) for night, lesson in zip(nights, lessons, strict=True)]
    tell("fitting")
    return learning.learn(nights, lessons, member, feeds, made)
