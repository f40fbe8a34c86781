"""`ringwatch demo`: a simulated world, the nights of its days, and the rings they found beside the truth."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch import server
from ringwatch.cli.evaluate import print_evaluation
from ringwatch.cli.night import Engine, FinishedNight, run_nights, with_engine
from ringwatch.cli.output import Json, console, print_json
from ringwatch.cli.query import print_picture_link
from ringwatch.cli.review_page import REPORTER, write_report
from ringwatch.cli.rings import print_ring, print_rings, ring_details, ring_records
from ringwatch.errors import UsageError
from ringwatch.server.home import server_home
from ringwatch.settings import Settings, load_settings, set_apart

if TYPE_CHECKING:
    from ringwatch.simulate import Simulation
    from ringwatch.store.store import Store

SPARK_SHARD = 500  # accounts
WORLD_NOTE = "world.json"  # the simulator's note of what a world is made from


def demo(
    accounts: Annotated[int, typer.Option(help="Accounts of the simulated world.")] = 3000,
    days: Annotated[int, typer.Option(help="Days, and so nights.")] = 5,
    seed: Annotated[int, typer.Option(help="Same seed, same world.")] = 1,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Simulate some days, run their nights on a real Neo4j, and show the rings: begun anew each time.

    The demo has a home of its own, `demo` in your home folder, with a server and a review store of its own.
    """
    from ringwatch.evaluate import evaluate
    from ringwatch.simulate import simulate
    from ringwatch.store.store import Store

    settings = demo_settings(**with_engine(engine))
    begin_anew(settings)
    _say(as_json, f"1. A world of {accounts:,} accounts and {days} days, in {settings.home}")
    world = simulate(settings.home, accounts, days, seed)
    _say(as_json, f"2. Its nights: {' → '.join(_stages())}")
    nights = run_nights(settings, settings.home / "feeds", _days(world), quiet=as_json)
    store = Store.open(settings.store_address)
    try:
        found = evaluate(store, settings.home / "truth", world.last_day, settings.min_ring_size)
        if as_json:
            print_json(_as_dict(settings, world, nights, store) | {"evaluation": found.as_dict()})
            return
        _show(settings, store, world)
    finally:
        store.close()
    console.rule("5. The truth, which only the simulator knew", align="left")
    print_evaluation(found)
    print_next(settings, write_report(settings, world.last_day, REPORTER))


def demo_settings(**other: str) -> Settings:
    """Return the settings with a home of the demo's own, and without servers, store and feeds that are real ones.

    Parts of a night on Spark are small, so that even the demo has several.
    """
    settings = set_apart(load_settings(**other), "demo")
    return settings.model_copy(update={"shard_accounts": SPARK_SHARD}) if settings.engine == "spark" else settings


def begin_anew(settings: Settings) -> None:
    """Remove what an earlier demo left. Raises UsageError when the folder holds anything else."""
    home = settings.home
    if not home.exists() or not any(home.iterdir()):
        return
    if not (home / WORLD_NOTE).is_file():
        raise UsageError(f"{home} is not of an earlier demo; move it away, or choose another RINGWATCH_HOME")
    server.stop(settings)
    shutil.rmtree(home)


def _stages() -> tuple[str, ...]:
    from ringwatch.night import STAGES

    return STAGES


def _days(world: Simulation) -> list[Any]:
    return [world.first_day + timedelta(days=i) for i in range((world.last_day - world.first_day).days + 1)]


def _say(as_json: bool, what: str) -> None:
    if not as_json:
        console.rule(what, align="left")


def _show(settings: Settings, store: Store, world: Simulation) -> None:
    console.rule("3. The rings of the last night", align="left")
    print_rings(store, world.last_day)
    rings = store.published.rings(world.last_day)
    if rings:
        console.rule("4. The first of them, with reasons", align="left")
        ring_id = rings[0]["ring_id"]
        print_ring(ring_details(store, ring_id, world.last_day))
        print_picture_link(settings, ring_id)


def _as_dict(settings: Settings, world: Simulation, nights: list[FinishedNight], store: Store) -> dict[str, Any]:
    rings = ring_records(store, world.last_day)
    return {"home": settings.home, "world": asdict(world), "nights": [n.as_dict() for n in nights], "rings": rings}


def print_next(settings: Settings, report: Path) -> None:
    home, running = server_home(settings), server.running(settings)
    console.rule("Where to look next", align="left")
    lines = (
        ("the report, as a page", report.resolve().as_uri()),
        ("every command below", f"export RINGWATCH_HOME={settings.home.resolve()}"),
        ("the review page", f"{_program()} review serve   http://127.0.0.1:{settings.review_port}"),
        ("another ring", f"{_program()} rings show RING"),
        ("questions to the graph", f"{_program()} query list"),
        ("Neo4j Browser", running.browser_url if running else None),
        ("its login", f"{running.user}, password in {home.password}" if running else None),
        ("end the server", f"{_program()} server stop"),
    )
    for what, how in lines:
        if how:
            console.print(f"  {what:<24}{how}", soft_wrap=True)


def _program() -> str:
    """How this program is called from here."""
    if shutil.which("ringwatch"):
        return "ringwatch"
    called = Path(sys.argv[0]).absolute()
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
