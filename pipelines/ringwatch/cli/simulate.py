"""`ringwatch simulate`: write a world with known rings."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ringwatch.cli.output import Json, notes, print_json, print_mapping

ACCOUNTS = 2000
DAYS = 7


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for feeds/ and truth/.", file_okay=False)],
    accounts: Annotated[
        int | None, typer.Option(help="Accounts that exist at the end; 2000 if not given, in family D what it draws.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Days of feeds; 7 if not given, in family D the window that it draws.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same world, byte for byte.")] = 1,
    start: Annotated[
        datetime | None, typer.Option("--start", formats=["%Y-%m-%d"], help="First day; 2026-03-02 if not given.")
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(help="Draw the dials from this family: A and D to train, B to choose by, C as the exam."),
    ] = None,
    number: Annotated[int, typer.Option("--world", "--number", help="Which world of the family.")] = 1,
    stress: Annotated[
        str | None, typer.Option(help="A world in which one thing goes wrong, such as giant-farm or ring-free.")
    ] = None,
    without_rings: Annotated[bool, typer.Option("--ring-free", help="The same world without operators.")] = False,
    clean: Annotated[
        bool, typer.Option("--clean", help="Write days/ as the gate would leave them, instead of feeds/.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a simulated world: feeds for some days, and the truth that `ringwatch evaluate` compares with."""
    from rich.progress import Progress

    from ringwatch.simulate import START, write_feeds
    from ringwatch.simulate import simulate as write_world
    from ringwatch.simulate.clean import write_clean
    from ringwatch.simulate.families import choose_world, ring_free

    world, write = choose_world(family, number, stress), write_clean if clean else write_feeds
    world = ring_free(world) if without_rings else world
    accounts, days = accounts or world.climate.accounts or ACCOUNTS, days or world.climate.window_days or DAYS
    first = start.date() if start else START
    with Progress(console=notes, transient=True) as progress:
        task = progress.add_task("simulating", total=days)
        made = write_world(out, accounts, days, seed, first, world, lambda: progress.advance(task), write)
    if as_json:
        print_json(asdict(made))
        return
    values = {"days": f"{made.first_day} to {made.last_day}", "accounts": made.accounts, "members": made.members}
    values |= {f"rows of {feed}": rows for feed, rows in made.rows.items()}
    print_mapping(f"World in {out}", values | {f"{style} groups": count for style, count in made.groups.items()})
