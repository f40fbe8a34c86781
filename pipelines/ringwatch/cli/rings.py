"""`ringwatch rings list | show | watch`: what is published, why, and where it may grow."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ringwatch.cli.doors import asked_day, open_store
from ringwatch.cli.output import Json, Probability, console, notes, print_json, records, table
from ringwatch.days.files import Files
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings
from ringwatch.wording import likelier, slight

if TYPE_CHECKING:
    import pandas as pd

    from ringwatch.store.store import Store

app = typer.Typer(no_args_is_help=True, help="The rings that were published.")

Day = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Published day; the newest if not given.")
]
Asked = Annotated[str, typer.Argument(metavar="RING", help="Id of a ring, such as R-7F3K2A, or of an account.")]
Bits = Annotated[
    bool,
    typer.Option("--bits", help="Also show the bits of each reason, and what was observed and expected."),
]
MOST_MEMBERS = 50
_NOTHING_TO_PEOPLE = ("run_id", "content_hash")
_OF_A_NIGHT = ("day", "event", "related", "flagged", "probability", "size", "joined", "departed")


@app.command("list")
def list_rings(day: Day = None, as_json: Json = False) -> None:
    """List the rings of a day, the most probable first, and those that left since the day before."""
    with open_store() as store:
        chosen = asked_day(store, day)
        if as_json:
            print_json({"day": chosen, "rings": ring_records(store, chosen)})
        else:
            print_rings(store, chosen)


@app.command("show")
def show_ring(ring: Asked, day: Day = None, bits: Bits = False, as_json: Json = False) -> None:
    """Show a ring: why, why not, what to check, members and nights; of an account, where it stands and its ring."""
    with open_store() as store:
        ids = store.published.ring_ids()
        if ring.upper() not in ids and not _is_account(store, ring):
            raise UsageError(_unknown(ring, ids))
        details = ring_details(store, ring.upper(), day.date() if day else None) if ring.upper() in ids else None
    if details is None:
        _show_account(ring, bits, as_json)
    elif as_json:
        print_json(details)
    elif "withdrawn_by" in details:
        print_withdrawn(details)
    else:
        _print_ring(details, bits)


def _print_ring(details: dict[str, Any], bits: bool) -> None:
    from ringwatch.cli.query import print_picture_link

    print_ring(details, bits)
    print_picture_link(load_settings(), details["ring_id"])


def _show_account(account_id: str, bits: bool, as_json: bool) -> None:
    """Show where the account stands, and the ring it is in."""
    from ringwatch.cli.accounts import account_standing, as_dict, print_standing

    found = account_standing(account_id)
    with open_store() as store:
        details = ring_details(store, found.now.ring_id, found.day) if found.now else None
    if as_json:
        print_json({"account": as_dict(found), "ring": details})
        return
    print_standing(found)
    if details:
        _print_ring(details, bits)


@app.command("watch")
def watch_rings(day: Day = None, as_json: Json = False) -> None:
    """List accounts that use what the members of rings use and are in no ring: look-alikes, flagged by nobody."""
    settings = load_settings()
    with open_store() as store:
        chosen = asked_day(store, day)
        watched = records(_watched(store, Files(settings.home).watch(chosen), chosen))
    if as_json:
        print_json({"day": chosen, "accounts": watched})
    elif not watched:
        console.print(f"No account is like a ring and in none on {chosen}.")
    else:
        columns = ["account", "ring", "similarity", "members", "identifiers"]
        rows = [[_cell(value) for value in row.values()] for row in watched]
        console.print(table(f"Like a ring and in none on {chosen}", columns, rows))


def _watched(store: Store, path: Path, day: date) -> pd.DataFrame:
    """What detect found to be like rings of the night before, without what is in a ring since, under today's ids."""
    import pandas as pd

    if not path.is_file():
        raise UsageError(f"{path} is missing; run `ringwatch detect --day {day}` first")
    found = pd.read_parquet(path)
    left = found[~found["account_id"].isin(store.published.flagged(day)["account_id"])]
    names = {ring_id: store.published.canonical(ring_id) or ring_id for ring_id in left["ring_id"].unique()}
    return left.assign(ring_id=left["ring_id"].map(names), identifiers=left["identifiers"].map(list))


def _is_account(store: Store, asked: str) -> bool:
    """Whether somebody asks about an account: one that was in a ring, or that has rows of its own."""
    from ringwatch.cli.accounts import account_standing

    return not store.published.nights_of(asked).empty or account_standing(asked).is_known


def _unknown(asked: str, ids: list[str]) -> str:
    """What to say to an id that is none; upper and lower case of rings are the same to people."""
    nearest = difflib.get_close_matches(asked.upper(), ids, n=3)
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else "; `ringwatch rings list` shows those there are"
    return f"there is no ring {asked}, and no account of that id{hint}"


def ring_records(store: Store, day: date) -> list[dict[str, Any]]:
    """The rings of `day` as plain values, ready for JSON."""
    return [_shown(row) for row in store.published.rings(day)]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _NOTHING_TO_PEOPLE}


def print_rings(store: Store, day: date) -> None:
    rings = store.published.rings(day)
    if not rings:
        console.print(f"No rings on {day}.")
    else:
        console.print(_ring_table(f"Rings of {day}", rings, ["ring_id", "kind"], "summary"))


def ring_details(store: Store, ring_id: str, day: date | None) -> dict[str, Any]:
    """Everything about a ring on a day, by default the last on which it, or the ring it went into, was flagged."""
    now = store.published.canonical(ring_id) or ring_id
    shown = ring_id if day else now
    about = {"asked": ring_id, "canonical_ring_id": now, "state": store.published.standing(ring_id).state}
    if (standing := store.published.standing(shown)).state == "withdrawn":
        return about | {"ring_id": shown, **asdict(standing)}
    nights = store.published.nights(shown)
    flagged = {night["day"]: night for night in nights if night["flagged"]}
    chosen = day or max(flagged)
    if chosen not in flagged:
        store.published.rings(chosen)  # says so when the day itself is not published
        raise UsageError(f"{shown} was not flagged on {chosen}; it was on {_spans(list(flagged))}")
    evidence = store.published.evidence(shown, chosen)
    return about | {
        **_shown(flagged[chosen]),
        "evidence": [{name: row[name] for name in row if name not in ("day", "ring_id")} for row in evidence],
        "members": store.published.members(shown, chosen),
        "moves": store.published.moves(shown, chosen),
        "nights": [{name: night[name] for name in _OF_A_NIGHT} for night in nights],
    }


def print_withdrawn(ring: dict[str, Any]) -> None:
    """Say why there is no more to see of a ring, and who was in it."""
    when = f" when {ring['withdrawn_by']} was published again or rolled back" if ring["withdrawn_by"] else ""
    console.print(Text(ring["ring_id"], "bold") + f" was withdrawn{when}: no published day has it any more.")
    if ring["canonical_ring_id"] != ring["asked"]:
        console.print(f"{ring['asked']} goes under {ring['canonical_ring_id']} now.")
    if ring["accounts"]:
        more = f" and {len(ring['accounts']) - MOST_MEMBERS:,} more" if len(ring["accounts"]) > MOST_MEMBERS else ""
        console.print(f"Until then its accounts were {', '.join(ring['accounts'][:MOST_MEMBERS])}{more}.")


def _spans(days: list[date]) -> str:
    first, last = days[0], days[-1]
    return str(first) if first == last else f"{len(days)} days from {first} to {last}"


def print_ring(ring: dict[str, Any], bits: bool = False) -> None:
    """Print a ring as people read it; `bits`: with what each reason adds to the log-odds, and from what."""
    if ring["canonical_ring_id"] != ring["asked"]:
        happened = "withdrawn, and most of it is in" if ring["state"] == "withdrawn" else "merged into"
        notes.print(f"{ring['asked']} was {happened} {ring['canonical_ring_id']}")
    console.print(
        Text(ring["ring_id"], "bold") + f"  {ring['kind']}, probability {Probability(ring['probability'])} "
        f"({Probability(ring['low'])} to {Probability(ring['high'])}), {ring['size']:,} accounts on {ring['day']}, "
        f"{ring['event']}"
    )
    console.print(ring["summary"])
    for direction, title in (("for", "Why"), ("against", "Why not"), ("check", "To check")):
        reasons = [reason for reason in ring["evidence"] if reason["direction"] == direction]
        _print_reasons(title, reasons, bits)
    members = (
        [member["account_id"], Probability(member["probability"]), member["role"]]
        for member in ring["members"][:MOST_MEMBERS]
    )
    console.print(table("Members", ["account", "probability", "role"], members))
    if ring["size"] > MOST_MEMBERS:
        console.print(f"and {ring['size'] - MOST_MEMBERS:,} more; --json and `ringwatch export` give all of them")
    if ring["moves"]:
        moves = ([move["account_id"], move["move"], move["why"]] for move in ring["moves"][:MOST_MEMBERS])
        console.print(table("Since it was last flagged", ["account", "", "why"], moves))
    console.print(_ring_table("Nights", ring["nights"], ["day"], "related"))


def _ring_table(title: str, rings: list[dict[str, Any]], first: list[str], last: str) -> Any:
    """A table of rings or of a ring's nights: the `first` columns, what they have in common, the `last` column."""
    columns = [*first, "probability", "size", "accounts", "event", last]
    rows = [ring | {"accounts": f"+{ring['joined']} -{ring['departed']}"} for ring in rings]
    shown = [[_cell(_probable(name, row[name])) for name in columns] for row in rows]
    return table(title, [name.removesuffix("_id") for name in columns], shown)


def _probable(name: str, value: Any) -> Any:
    return Probability(value) if name == "probability" and value is not None else value


def _print_reasons(title: str, reasons: list[dict[str, Any]], bits: bool) -> None:
    """Print reasons, how much likelier each makes a ring; those that hardly do are for who asks for bits."""
    weighty = [reason for reason in reasons if bits or reason["direction"] == "check" or not slight(reason["bits"])]
    if weighty:
        console.print(_reasons(title, weighty, bits))
    elif title != "To check":
        console.print(f"{title}: nothing {'that weighs much' if reasons else 'found'}", "")
    if weighty and len(weighty) < len(reasons):
        console.print(f"and {len(reasons) - len(weighty)} that weigh little; --bits shows them", "")


def _reasons(title: str, reasons: list[dict[str, Any]], bits: bool) -> Any:
    weighed = any(reason["direction"] != "check" for reason in reasons)
    columns = [*(["a ring is"] if weighed else []), "because" if weighed else "what", "identifiers"]
    rows = [
        [*([likelier(reason["bits"])] if weighed else []), reason["text"], _shortened(reason["identifiers"])]
        for reason in reasons
    ]
    if bits and weighed:
        columns = ["bits", *columns, "observed", "expected", "lift"]
        figures = [[reason[name] for name in ("observed", "expected", "lift")] for reason in reasons]
        rows = [[reason["bits"], *row, *more] for reason, row, more in zip(reasons, rows, figures, strict=True)]
    return table(title, columns, [[_cell(value) for value in row] for row in rows])


def _shortened(identifiers: list[str]) -> list[str]:
    """The first few identifiers, long ones cut: enough to recognise them."""
    return [f"{name[:12]}…" if len(name) > 18 else name for name in identifiers]


def _cell(value: Any) -> Any:
    """What a table shows."""
    if isinstance(value, list):
        return ", ".join(value[:3]) + (f" and {len(value) - 3} more" if len(value) > 3 else "")
    return None if value is None or value != value else value  # noqa: PLR0124 - NaN is what differs from itself
