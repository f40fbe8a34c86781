"""`ringwatch quarantine list | show | replay | discard | log`: rows that were refused, and what was done with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch.cli.doors import open_store
from ringwatch.cli.output import Json, console, notes, print_json, records, table
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from ringwatch.night import Night
    from ringwatch.quarantine.shelf import Which

app = typer.Typer(no_args_is_help=True, help="Rows that were refused, and what was done with them.")

Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Day of the delivery.")]
Feed = Annotated[str | None, typer.Option("--feed", help="Feed they came with.")]
Rule = Annotated[str | None, typer.Option("--rule", help="Part of the words of a rule that they break.")]
File = Annotated[str | None, typer.Option("--file", help="File they came in.")]
Row = Annotated[int | None, typer.Option("--row", min=1, help="Place in the file, from 1.")]


@app.command("list")
def list_quarantine(day: Day = None, feed: Feed = None, rule: Rule = None, as_json: Json = False) -> None:
    """Count the rows in quarantine by day, feed and rule."""
    from ringwatch.quarantine import shelf

    with _newest_night() as night:
        counts = shelf.counted(shelf.found(night, _which(night, day, feed, rule)))
    if as_json:
        print_json(records(counts))
    elif counts.empty:
        console.print("Nothing is in quarantine.")
    else:
        _print("In quarantine", counts)


@app.command()
def show(
    day: Day = None,
    feed: Feed = None,
    rule: Rule = None,
    file: File = None,
    row: Row = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows to show.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV file to write all of them to, for correction.", dir_okay=False)
    ] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show values, too; the log says that you saw them.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Show rows in quarantine: rule, file, place and which values they have; the values themselves only on demand."""
    from ringwatch.quarantine import shelf

    if out and not reveal:
        raise UsageError("--out writes the values, so it needs --reveal")
    with _newest_night() as night:
        found = shelf.found(night, _which(night, day, feed, rule, file, row))
        shown = found if out else found.head(limit)
        if reveal:
            shelf.reveal(night, shown, author(by))
        else:
            shown = shown.assign(values=shelf.masked(shown["values"]))
        if out:
            shelf.write_sheet(shown, out)
    if as_json:
        print_json({"rows": len(found), "out": out, "shown": [] if out else records(shown)})
    elif out:
        notes.print(
            f"{len(found):,} rows written to {out}; correct them, then `quarantine replay --from`", soft_wrap=True
        )
    else:
        _print("In quarantine", shown)
        _print_more(len(found) - len(shown))


@app.command()
def replay(
    day: Day = None,
    feed: Feed = None,
    rule: Rule = None,
    file: File = None,
    row: Row = None,
    corrected: Annotated[
        Path | None,
        typer.Option("--from", help="File of corrected rows, as `show --out` writes it.", exists=True, dir_okay=False),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Judge rows in quarantine again, by today's rules or as a file corrects them; those that pass join their day."""
    from ringwatch.quarantine import replay as replaying
    from ringwatch.working import working

    who = author(by)
    with _newest_night() as night:
        which = _which(night, day, feed, rule, file, row)
        if corrected and not (which.day and which.feed):
            raise UsageError("--from corrects rows of one feed and day: say which with --feed and --day")
        with working(night, "replaying of quarantined rows"):
            if corrected and which.day and which.feed:
                done = [replaying.correct(night.on(which.day), night.model.feeds[which.feed], corrected, who)]
            else:
                done = replaying.replay(night, which, who)
    if as_json:
        print_json([asdict(one) for one in done])
    elif not done:
        console.print("There is nothing to replay.")
    else:
        columns = ("day", "feed", "rows", "clean", "held", "duplicates", "refused")
        console.print(table("Judged again", columns, [list(asdict(one).values()) for one in done]))
        notes.print("Days that changed are loaded anew by the next night, or now by `ringwatch load --day <newest>`.")


@app.command()
def discard(
    why: Annotated[str, typer.Option("--why", help="Reason, for the log.")],
    day: Day = None,
    feed: Feed = None,
    rule: Rule = None,
    file: File = None,
    row: Row = None,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take the values of rows in quarantine for ever; how many they were, and why they went, stays."""
    from ringwatch.quarantine import shelf
    from ringwatch.working import working

    if not (day or feed or rule):
        raise UsageError("say which rows to discard: --day, --feed, --rule")
    if not why.strip():
        raise UsageError("--why is empty; say in a few words why these rows are not needed")
    with _newest_night() as night:
        which = _which(night, day, feed, rule, file, row)
        found = shelf.found(night, which)
        rows = int(found["discarded"].isna().sum())
        if rows and not yes:
            typer.confirm(f"Take the values of {rows:,} rows for ever?", abort=True, err=True)
        with working(night, "discarding of quarantined rows"):
            done = shelf.discard(night, which, why, author(by))
    if as_json:
        print_json({"discarded": done})
    else:
        console.print(f"{done:,} rows discarded.")


@app.command()
def log(as_json: Json = False) -> None:
    """Show what was done with rows in quarantine, by whom and why."""
    with open_store() as store:
        done = store.quarantine.log()
    if as_json:
        print_json(records(done))
    elif done.empty:
        console.print("Nothing was done with rows in quarantine.")
    else:
        shown = done.drop(columns="sha256").assign(at=done["at"].dt.strftime("%F %T"))
        _print("What was done in quarantine (times are UTC)", shown)


@contextmanager
def _newest_night() -> Iterator[Night]:
    """The night of the newest day that passed the gate: what lies in quarantine is seen from there."""
    from ringwatch.days import history
    from ringwatch.night import open_night
    from ringwatch.settings import load_settings

    with open_night(load_settings(), date.min) as night:
        days = history.clean_days(night)
        if not days:
            raise UsageError("no day has passed the gate yet; run `ringwatch run` first")
        yield night.on(days[-1])


def _which(
    night: Night,
    day: datetime | None,
    feed: str | None,
    rule: str | None,
    file: str | None = None,
    row: int | None = None,
) -> Which:
    from ringwatch.quarantine.shelf import Which

    if feed and feed not in night.model.feeds:
        raise UsageError(f"--feed {feed}: there is no such feed; the feeds are {', '.join(night.model.feeds)}")
    return Which(day.date() if day else None, feed, rule, file, row)


def _print_more(more: int) -> None:
    if more:
        notes.print(f"and {more:,} more; --limit shows more of them")


def _print(title: str, rows: pd.DataFrame) -> None:
    console.print(table(title, rows.columns, rows.astype(object).map(_cell).to_numpy()))


def _cell(value: Any) -> Any:
    """What a table shows."""
    import pandas as pd

    return value if isinstance(value, str) else None if pd.isna(value) else value
