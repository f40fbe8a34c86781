"""`ringwatch export`: what consumers read as a file, and `ringwatch export stix`, what partners get."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringwatch.cli.doors import asked_day, open_store
from ringwatch.cli.output import Json, console, print_json
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd

    from ringwatch.store.store import Store

app = typer.Typer(help="Write what consumers read to a file: CSV, Parquet or JSON lines; or a bundle for partners.")

TABLES = ("members", "rings", "members_history", "rings_history", "changes")
Day = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Published day; the newest if not given.")
]
Group = Annotated[str, typer.Option("--group", help="Group of partners, as in the setting partner_salts.")]


@app.callback(invoke_without_command=True)
def export(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", help="File to write: .csv, .parquet or .jsonl.")] = None,
    table: Annotated[str, typer.Option("--table", help=f"What to write: {', '.join(TABLES)}.")] = "members",
    day: Day = None,
    since: Annotated[int, typer.Option("--since", help="Of changes: those after this change_seq.")] = 0,
    as_json: Json = False,
) -> None:
    """Write flagged accounts, rings, their history, or the changes since a change_seq to a file."""
    if context.invoked_subcommand:
        return
    if out is None:
        raise UsageError("say where to write with --out FILE, such as --out flagged.csv")
    if table not in TABLES:
        raise UsageError(f"--table {table}: there is no such table; there are {', '.join(TABLES)}")
    from ringwatch.review import export as exports

    with open_store() as store:
        chosen = asked_day(store, day)
        rows = _rows(store, table, chosen, since)
    exports.write(rows, out, table)
    if as_json:
        print_json({"day": chosen, "table": table, "out": out, "rows": len(rows)})
    else:
        console.print(f"{len(rows):,} rows of {table} written to {out}", soft_wrap=True)


def _rows(store: Store, table: str, day: date, since: int) -> pd.DataFrame:
    if table == "members":
        return store.published.flagged(day)
    if table == "rings":
        return store.consumers.as_of("rings", day)
    if table == "changes":
        return store.consumers.changes(since)
    return store.consumers.history(table.removesuffix("_history"))


@app.command("salt")
def draw_salt(out: Annotated[Path, typer.Option("--out", help="File to write; only you can read it.")]) -> None:
    """Draw the salt of a group of partners: all of them put the same one into a file of their own."""
    from ringwatch import secret

    secret.draw(out)
    console.print(f"The salt is in {out}; give it to your partners by a way that nobody else sees.", soft_wrap=True)


@app.command()
def stix(
    out: Annotated[Path, typer.Option("--out", help="File to write, such as rings.json.")],
    group: Group,
    name: Annotated[str, typer.Option("--as", help="Name under which partners know you.")],
    tlp: Annotated[str, typer.Option("--tlp", help="Traffic light: white, green, amber or red.")] = "amber",
    days: Annotated[int, typer.Option("--days", min=1, help="Days for which partners may use an indicator.")] = 90,
    as_json: Json = False,
) -> None:
    """Write confirmed rings as a STIX 2.1 bundle for a group of partners: keyed hashes, no accounts."""
    from ringwatch.night import open_night
    from ringwatch.outside import confirmed_rings, salt_of
    from ringwatch.review import stix_out

    if tlp not in stix_out.TLP:
        raise UsageError(f"--tlp {tlp}: it is one of {', '.join(stix_out.TLP)}")
    settings = load_settings()
    salt = salt_of(settings, group)
    with open_store() as store:
        day = asked_day(store, None)
    with open_night(settings, day) as night:
        rings = confirmed_rings(night)
    as_of = datetime.combine(day + timedelta(days=1), time())
    text = stix_out.bundle(rings, salt, name, tlp, days, as_of)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{out} cannot be written: {error.strerror}") from None
    counts = {"rings": sum(not ring.withdrawn for ring in rings), "withdrawn": sum(ring.withdrawn for ring in rings)}
    if as_json:
        print_json({"day": day, "out": out, **counts})
    else:
        console.print(f"{counts['rings']} confirmed and {counts['withdrawn']} withdrawn rings written to {out}")
