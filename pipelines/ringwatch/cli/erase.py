"""`ringwatch erase`: take an account out of everything that ringwatch keeps."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch.cli.output import Json, Watched, console, print_json, records, table
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError

if TYPE_CHECKING:
    from ringwatch.erasure.erase import Traces

_LEFT = (
    "The source files in the feeds folder still hold the account, and so do exports and backups; they are not "
    "ringwatch's to change. What they deliver of it again is refused."
)


def erase(
    account: Annotated[str, typer.Option("--account", help="Id of the account.")],
    why: Annotated[str, typer.Option("--why", help="Reason; it is kept, so leave names and ids out.")],
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")] = False,
    later: Annotated[bool, typer.Option("--later", help="Leave it to the weekly upkeep.")] = False,
    as_json: Json = False,
) -> None:
    """Erase an account: from graph, files, quarantine, review store and reports. It does not come back.

    Rings keep their sizes and their history; a token stands for the account. What was interrupted is run again.
    """
    from ringwatch.erasure import erase as erasing
    from ringwatch.night import open_night
    from ringwatch.settings import load_settings
    from ringwatch.spark.shards import forget
    from ringwatch.working import working

    settings = load_settings()
    watched = Watched("erase: looking for the account")
    with open_night(settings, date.min, tell=watched.tell) as night:
        found = erasing.account_of(night, account)
        _check(found.account_id, why)
        if later:
            night.store.tombstones.ask(found.account_id, author(by), why)
            _say_waiting(as_json)
            return
        with working(night, "erasing of an account"):
            with watched:
                traces = erasing.find(night, found)
            _check_known(traces)
            if not as_json:
                _print(traces)
            if dry_run:
                changes = None
            else:
                _ask(traces, yes)
                with watched:
                    changes = erasing.erase(night, found, why, author(by))
                    forget(night)
    if as_json:
        print_json(_as_dict(traces) | {"erased": not dry_run, "changes": changes})
    elif not dry_run:
        console.print(f"Erased; consumers are told of {changes:,} changed rings. {_LEFT}")


def _check(account_id: str, why: str) -> None:
    if not account_id:
        raise UsageError("--account is empty")
    if not why.strip():
        raise UsageError("--why is empty; say in a few words why the account goes")
    if account_id in why:
        raise UsageError("--why names the account, and is kept; leave the id out of it")


def _say_waiting(as_json: bool) -> None:
    if as_json:
        print_json({"erased": False, "waits": True})
    else:
        console.print("The account waits for the next upkeep, which erases it.")


def _check_known(traces: Traces) -> None:
    if not (traces.any or traces.buried):
        raise UsageError("nothing that ringwatch keeps names this account; check the id, which is told apart by case")


def _ask(traces: Traces, yes: bool) -> None:
    if traces.any and not yes:
        typer.confirm("Erase this account for ever?", abort=True, err=True)


def _print(traces: Traces) -> None:
    if not traces.any:
        console.print("The account is erased, and nothing names it any more.")
        return
    rows = [list(row.values()) for row in records(traces.days)]
    if rows:
        console.print(table("In files of days", ("day", "feed", "part", "own rows", "rows of others"), rows))
    if len(traces.rings):
        rings = [(r["ring_id"], r["nights"], r["last_day"], r["size"], r["size"] - 1) for r in records(traces.rings)]
        console.print(table("In rings", ("ring", "nights", "last day", "accounts", "named after"), rings))
    graph = traces.graph
    console.print(
        f"In the graph: {graph['accounts']:,} account, {graph['relationships']:,} relationships, "
        f"{graph['identifiers']:,} identifiers of its own. In the review store: {traces.values:,} values. "
        f"Other files: {len(traces.files):,}.",
    )


def _as_dict(traces: Traces) -> dict[str, Any]:
    return {
        "days": records(traces.days),
        "rings": records(traces.rings),
        "graph": traces.graph,
        "values": traces.values,
        "files": list(traces.files),
    }
