"""`ringwatch review`: which rings are worth a look, and what people decide on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch.cli import review_page
from ringwatch.cli.calibrate import calibrate
from ringwatch.cli.doors import open_store
from ringwatch.cli.output import Json, Probability, console, print_json, table
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings

if TYPE_CHECKING:
    from ringwatch.review.desk import Desk, RingView
    from ringwatch.review.queue import QueueRow
    from ringwatch.review.recall import Recall

app = typer.Typer(no_args_is_help=True, help="Which rings are worth a look, and what people decide on them.")
app.command("serve")(review_page.serve)
app.command("report")(review_page.report)

Ring = Annotated[str, typer.Argument(metavar="RING", help="Id of a ring, such as R-7F3K2A.")]
Rings = Annotated[list[str], typer.Argument(metavar="RING...", help="Ids of rings, such as R-7F3K2A.")]
Note = Annotated[str, typer.Option("--note", help="Why, for those who come after you.")]
Second = Annotated[bool, typer.Option("--second", help="Yours is the second opinion that the queue asked for.")]
Day = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Published day; the newest if not given.")
]
SECOND = "second opinion"
MOST_MEMBERS = 50
_LOG = ("seq", "at", "author", "decision", "about", "note", "undone_by")


@contextmanager
def _desk(by: str | None) -> Iterator[Desk]:
    from ringwatch.review.desk import Desk

    with open_store() as store:
        yield Desk(store, load_settings(), author(by))


app.command("calibrate")(calibrate)


@app.command("queue")
def queue(
    day: Day = None,
    status: Annotated[str, typer.Option(help="open, in_review, closed or all.")] = "open",
    search: Annotated[str, typer.Option(help="Only rings with this in their id, an account or an identifier.")] = "",
    order: Annotated[str, typer.Option(help="harm, probability, due, size or new.")] = "harm",
    limit: Annotated[int, typer.Option(min=1, help="Most rings to list.")] = 50,
    by: By = None,
    as_json: Json = False,
) -> None:
    """List the rings that are to be reviewed, those first in which most is at stake."""
    with _desk(by) as desk:
        rows = desk.queue(day and day.date(), status, search, order, limit)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif not rows:
        console.print("No ring is waiting." if status == "open" and not search else "There is no such ring.")
    else:
        columns = ["ring", "probability", "size", "expected harm", "event", "status", "due", "why"]
        console.print(table("To review", columns, [_queued(row) for row in rows]))


def _queued(row: Any) -> list[Any]:
    status = f"{row.claimed_by} until {row.claim_expires:%H:%M}" if row.claimed_by else row.status
    status = SECOND if row.stream == SECOND else f"{status}: {row.outcome}" if row.outcome else status
    due = f"{row.due:%F %H:%M}" if row.due else None
    figures = [_probable(row.probability), row.size, row.expected_harm]
    return [row.ring_id, *figures, row.event, status, due, row.sentence]


@app.command("show")
def show(ring: Ring, by: By = None, as_json: Json = False) -> None:
    """Show a ring to a reviewer: why, why not, what is at stake, its members, and what was decided."""
    with _desk(by) as desk:
        view = desk.ring(ring)
    if as_json:
        print_json(asdict(view))
    else:
        _print_ring(view)


def _print_ring(view: RingView) -> None:
    row = view.row
    told = f"{row.size:,} accounts on {row.day}, {row.event}; {_standing(view)}"
    console.print(f"{row.ring_id}  {_likely(row)}, {told}")
    console.print(row.sentence)
    for direction, title in (("for", "Why"), ("against", "Why not"), ("check", "To check")):
        reasons = [[reason["text"], ", ".join(reason["identifiers"][:3])] for reason in view.evidence[direction]]
        if reasons:
            console.print(table(title, ["what", "identifiers"], reasons))
    if view.harm:
        figures = [[name.replace("_", " "), _figure(value)] for name, value in view.harm.items() if value]
        console.print(table("At stake", ["what", "how much"], figures))
    members = [
        [m["account_id"], Probability(m["probability"]), m["role"], m["since"], m["decision"]]
        for m in view.members[:MOST_MEMBERS]
    ]
    console.print(table("Members", ["account", "probability", "role", "since", "decided"], members))
    if view.verdicts:
        console.print(_log_table("Decisions", view.verdicts))


def _likely(row: QueueRow) -> str:
    if row.probability is None or row.low is None or row.high is None:
        return "probability hidden until you decide"
    between = f"{Probability(row.low)} to {Probability(row.high)}"
    return f"{row.kind}, probability {Probability(row.probability)} ({between})"


def _probable(probability: float | None) -> Any:
    return None if probability is None else Probability(probability)


def _standing(view: RingView) -> str:
    row = view.row
    if row.claimed_by:
        return f"{row.claimed_by} is reviewing it until {row.claim_expires:%F %H:%M} UTC"
    return f"{row.status}, {row.outcome}" if row.outcome else row.status


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_figure(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " against ".join(f"{part:.0%}" for part in value)
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float) else f"{value:,}"


@app.command("claim")
def claim(
    rings: Rings,
    hours: Annotated[float | None, typer.Option(min=0.01, help="For how long; the settings say if not given.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Take rings, so that nobody else reviews them until you decide or the time has passed."""
    with _desk(by) as desk:
        told = [{"ring_id": ring, "claimed_by": desk.author, "until": desk.claim(ring, hours)} for ring in rings]
    _tell(told, as_json, lambda one: f"{one['ring_id']} is yours until {one['until']:%F %H:%M} UTC.")


@app.command("unclaim")
def unclaim(rings: Rings, by: By = None, as_json: Json = False) -> None:
    """Give rings back that you claimed."""
    with _desk(by) as desk:
        for ring in rings:
            desk.unclaim(ring)
    _tell([{"ring_id": ring} for ring in rings], as_json, lambda one: f"{one['ring_id']} is free again.")


@app.command("confirm")
def confirm(
    rings: Rings,
    release: Annotated[list[str] | None, typer.Option(help="An account that does not belong; may be repeated.")] = None,
    reseller: Annotated[bool, typer.Option("--reseller", help="It is a pool that serves many people.")] = False,
    note: Note = "",
    second: Second = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say that rings are what they seem; with --release, apart from some accounts."""
    if release and len(rings) > 1:
        raise UsageError("--release is about one ring; confirm the others by themselves")
    decision = "reseller" if reseller else "partly_confirmed" if release else "confirmed"
    _decide(rings, decision, note, dict.fromkeys(release or (), "released"), second, by, as_json)


@app.command("clear")
def clear(rings: Rings, note: Note = "", second: Second = False, by: By = None, as_json: Json = False) -> None:
    """Say that rings are harmless: they are not flagged again unless much about them is new."""
    _decide(rings, "benign", note, {}, second, by, as_json)


@app.command("unsure")
def unsure(rings: Rings, note: Note = "", second: Second = False, by: By = None, as_json: Json = False) -> None:
    """Say that you looked and cannot tell: the rings leave the queue until they change."""
    _decide(rings, "unsure", note, {}, second, by, as_json)


def _decide(
    rings: list[str], decision: str, note: str, members: dict[str, str], second: bool, by: str | None, as_json: bool
) -> None:
    with _desk(by) as desk:
        if len(rings) > 1 and not second:
            seqs = desk.decide_many(rings, decision, note)
        else:
            seqs = [desk.decide(ring, decision, note, members, SECOND if second else "queue") for ring in rings]
    told = [{"ring_id": ring, "decision": decision, "seq": seq} for ring, seq in zip(rings, seqs, strict=True)]
    _tell(told, as_json, lambda one: f"{one['ring_id']} is {_said(one['decision'])} (verdict {one['seq']}).")


@app.command("release")
def release(
    account: Annotated[str, typer.Argument(help="The account that does not belong.")],
    ring: Ring,
    note: Note = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say that an account does not belong to a ring."""
    _one(by, as_json, f"{account} is released from {ring}", lambda desk: desk.release(account, ring, note))


@app.command("apart")
def apart(a: str, b: str, note: Note = "", by: By = None, as_json: Json = False) -> None:
    """Say that two accounts do not belong together."""
    _one(by, as_json, f"{a} and {b} are kept apart", lambda desk: desk.pair(a, b, "apart", note))


@app.command("together")
def together(a: str, b: str, note: Note = "", by: By = None, as_json: Json = False) -> None:
    """Say that two accounts belong together."""
    _one(by, as_json, f"{a} and {b} are kept together", lambda desk: desk.pair(a, b, "together", note))


@app.command("allow")
def allow(
    facet: Annotated[str, typer.Argument(help="Kind of the identifier, such as device, payment or ip.")],
    identifier: Annotated[str, typer.Argument(help="The identifier, as reasons name it.")],
    hub: Annotated[bool, typer.Option("--hub", help="It is shared by anyone, rather than harmless.")] = False,
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day on which it counts again; never if not given."),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show which rings rest on it.")] = False,
    note: Note = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say that sharing an identifier means nothing, and show which rings rest on it."""
    _expect_facet(facet)
    with _desk(by) as desk:
        effect = desk.preview(facet, identifier)
        decision = "hub" if hub else "harmless"
        seq = None if preview else desk.allow(facet, identifier, decision, expires and expires.date(), note)
    if as_json:
        print_json({"facet": facet, "identifier": identifier, "seq": seq, "rings": effect})
        return
    if effect:
        columns = ["ring", "size", "probability", "about, without it", "below the threshold"]
        rows = [
            [r["ring_id"], r["size"], Probability(r["probability"]), Probability(r["without"]), _yes(r["loses"])]
            for r in effect
        ]
        console.print(table(f"Rings that rest on {identifier}", columns, rows))
    else:
        console.print(f"No ring of the newest day rests on {identifier}.")
    if seq is not None:
        until = f" until {expires:%F}" if expires else ""
        console.print(f"From the next night on, sharing {identifier} means nothing{until} (verdict {seq}).")


@app.command("allowances")
def allowances(as_json: Json = False) -> None:
    """List the identifiers that were declared harmless, or hubs."""
    with open_store() as store:
        rows = store.verdicts.allowances()
    if as_json:
        print_json(rows)
    elif not rows:
        console.print("No identifier is allowed.")
    else:
        columns = ["facet", "identifier", "decision", "expires", "author", "note", "seq"]
        console.print(table("Allowances", columns, [[row[name] for name in columns] for row in rows]))


@app.command("note")
def note(ring: Ring, text: str, by: By = None, as_json: Json = False) -> None:
    """Write something down beside a ring, without deciding."""
    _one(by, as_json, f"Noted beside {ring}", lambda desk: desk.note(ring, text))


@app.command("undo")
def undo(
    seq: Annotated[int, typer.Argument(metavar="VERDICT", help="Number of the verdict, as the log has it.")],
    note: Note = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Take a verdict back; both stay in the log."""
    _one(by, as_json, f"Verdict {seq} is taken back", lambda desk: desk.undo(seq, note))


@app.command("stats")
def stats(by: By = None, as_json: Json = False) -> None:
    """Show how many of the reviewed rings were ones, how much is missed, and how far reviewers agree."""
    with _desk(by) as desk:
        found, agreed, caught = desk.precision(), desk.agreement(), desk.recall()
    if as_json:
        print_json({"precision": [asdict(each) for each in found], "agreement": agreed, "recall": asdict(caught)})
        return
    if not found:
        console.print("Nothing is decided yet.")
    else:
        rows = [(e.by, e.name, e.reviewed, e.right, e.share, f"{e.low:.2f} to {e.high:.2f}", e.expected) for e in found]
        columns = ["by", "", "reviewed", "rings", "share", "95 % interval", "expected"]
        console.print(table("Reviewed rings that turned out real", columns, rows))
        if agreed["rings"]:
            kappa = "" if agreed["kappa"] is None else f" (kappa {agreed['kappa']:.2f})"
            console.print(f"Second opinions: {agreed['agreed']:.0%} of {agreed['rings']:,} agreed{kappa}.")
    _print_recall(caught)


def _print_recall(caught: Recall) -> None:
    if caught.recall is None:
        console.print(f"{caught.told[:1].upper()}{caught.told[1:]}.", soft_wrap=True)
        return
    parts = [[part.name, round(part.groups, 1), part.decided, part.rings] for part in caught.parts]
    console.print(table("Groups below the threshold", ["", "a night", "decided on", "rings"], parts))
    console.print(
        f"Recall, estimated from these: {caught.recall:.2f}, between {caught.low:.2f} and {caught.high:.2f} (95 %).",
        soft_wrap=True,
    )


@app.command("log")
def log(
    ring: Annotated[str | None, typer.Argument(metavar="[RING]", help="Only of this ring.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """List what was decided, by whom, when and why."""
    with _desk(by) as desk:
        rows = desk.log(ring)
    if as_json:
        print_json(rows)
    elif not rows:
        console.print("Nothing is decided yet.")
    else:
        console.print(_log_table("Decisions", rows))


def _log_table(title: str, rows: list[dict[str, Any]]) -> Any:
    told = [row | {"about": _about(row), "at": f"{row['at']:%F %H:%M}", "seq": str(row["seq"])} for row in rows]
    return table(title, [name.replace("_", " ") for name in _LOG], [[row[name] for name in _LOG] for row in told])


def _about(row: dict[str, Any]) -> str:
    names = ("account_id", "other_account_id", "facet", "identifier", "ring_id")
    about = " ".join(str(row[name]) for name in names if row[name])
    return f"verdict {row['undoes']}: {about}" if row["undoes"] else about


def _one(by: str | None, as_json: bool, said: str, act: Callable[[Desk], int]) -> None:
    with _desk(by) as desk:
        seq = act(desk)
    _tell([{"seq": seq}], as_json, lambda one: f"{said} (verdict {one['seq']}).")


def _tell(told: list[dict[str, Any]], as_json: bool, sentence: Callable[[dict[str, Any]], str]) -> None:
    if as_json:
        print_json(told)
    else:
        for one in told:
            console.print(sentence(one), soft_wrap=True)


def _said(decision: str) -> str:
    return {"benign": "cleared", "reseller": "a reseller's", "partly_confirmed": "partly confirmed"}.get(
        decision, decision
    )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _expect_facet(facet: str) -> None:
    from ringwatch.night import settings_model

    settings = load_settings()
    model = settings_model(settings)
    known = {r.evidence.facet for *_, r in model.relationships(settings.feeds)}
    known |= {trait.evidence.facet for _, trait in model.traits(settings.feeds)}
    if facet not in known:
        raise UsageError(f"there is no facet {facet}; the facets are {', '.join(sorted(known))}")
