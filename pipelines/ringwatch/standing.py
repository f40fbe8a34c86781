"""Where an account stands: in which ring it is and was, and, if it is in none, why not.

In: the review store, and what the newest night left in the home (files of days, candidates, groups that were judged,
what is shared, what is like a ring). Out: a Standing. Nothing is worked out anew and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from ringwatch.erasure.footprints import Account, canonical_id, in_days
from ringwatch.gate import tombstones
from ringwatch.night import Night
from ringwatch.store.store import Store
from ringwatch.window import sharing


@dataclass(frozen=True)
class Stay:
    """Nights in a row in one ring; until: the last of them, None when the account is still in it.

    ring_probability, event, probability and role are those of the last night.
    """

    ring_id: str
    canonical_ring_id: str
    since: date
    until: date | None
    nights: int
    ring_probability: float
    event: str
    probability: float
    role: str


@dataclass(frozen=True)
class Reason:
    """Why an account is in no ring: a word for programs, a sentence for people, and the figures in it."""

    what: str
    text: str
    figures: dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """day: the newest published one, None when nothing is; stays: oldest first; reasons: none when it is in a ring."""

    account_id: str
    day: date | None
    stays: tuple[Stay, ...]
    reasons: tuple[Reason, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.stays) or all(reason.what != "never seen" for reason in self.reasons)

    @property
    def now(self) -> Stay | None:
        """The stay in the ring of today."""
        return next((stay for stay in self.stays if stay.until is None), None)


def standing(night: Night, account_id: str) -> Standing:
    """Return where the account stands on the newest published day; `night` is any night of the deployment."""
    canonical = canonical_id(account_id)
    days = night.store.published.days()
    stays = tuple(_stays(night.store, canonical, days))
    newest = days[-1] if days else None
    found = Standing(canonical, newest, stays, ())
    return found if found.now else replace(found, reasons=tuple(_reasons(night, found)))


def _stays(store: Store, account_id: str, days: list[date]) -> Iterator[Stay]:
    nights = store.published.nights_of(account_id)
    place = nights["day"].map({day: i for i, day in enumerate(days)})
    begins = (nights["ring_id"] != nights["ring_id"].shift()) | (place != place.shift() + 1)
    for _, stay in nights.groupby(begins.cumsum()):
        last = stay.iloc[-1]
        yield Stay(
            ring_id=last["ring_id"],
            canonical_ring_id=last["canonical_ring_id"],
            since=stay["day"].iloc[0],
            until=None if last["day"] == days[-1] else last["day"],
            nights=len(stay),
            ring_probability=float(last["ring_probability"]),
            event=last["event"],
            probability=float(last["probability"]),
            role=last["role"],
        )


def _reasons(night: Night, found: Standing) -> Iterator[Reason]:
    """Yield why the account is in no ring, what says most first."""
    if _is_erased(night, found.account_id):
        yield Reason("erased", "it was erased, and its rows are refused", {})
        return
    arrived = _arrived(night, found.account_id)
    if arrived:
        yield arrived
        return
    withheld = night.store.published.withheld(found.day)
    if withheld:
        day, why = withheld
        yield Reason(
            "withheld", f"the night of {day} is withheld, so that its rings are not shown: {why}", {"day": day}
        )
    if found.stays:
        yield _left(night.store, found.stays[-1])
    judged = withheld[0] if withheld else found.day
    if judged is None:
        yield Reason("not judged", "no night has been published yet", {})
        return
    yield _judged(night.on(judged), found.account_id) or _linked(night.on(judged), found.account_id)
    yield from _watched(night.on(judged), found.account_id)


def _is_erased(night: Night, account_id: str) -> bool:
    buried = night.store.tombstones.tokens()
    return bool(buried) and tombstones.token_of(night.settings.home, account_id) in buried


def _arrived(night: Night, account_id: str) -> Reason | None:
    """Why an account with no clean row cannot be in a ring: it never came, it waits, or its rows were refused."""
    places = in_days(night, Account(account_id, ""))
    own = places[places["rows"] > 0]
    rows = {part: int(own.loc[own["part"] == part, "rows"].sum()) for part in ("clean", "held", "quarantine")}
    if rows["clean"]:
        return None
    if rows["held"]:
        text = (
            f"{rows['held']:,} rows of it wait until a feed of accounts names it; `ringwatch deliveries` shows the days"
        )
        return Reason("held", text, rows)
    if rows["quarantine"]:
        text = f"all of its {rows['quarantine']:,} rows were refused; `ringwatch quarantine show` says by which rules"
        return Reason("refused", text, rows)
    if len(places):
        return Reason("never seen", "it has no rows of its own: only rows of other accounts name it", rows)
    return Reason("never seen", "no row that is kept names it; ids are told apart by case", rows)


def _left(store: Store, last: Stay) -> Reason:
    after = [night for night in store.published.nights(last.ring_id) if last.until and night["day"] > last.until]
    figures = {"ring_id": last.ring_id, "until": last.until}
    if not after:
        return Reason("left", f"it was in {last.ring_id} until {last.until}, and is not any more", figures)
    first = after[0]
    what = "stayed without it" if first["flagged"] else f"was {first['event']}"
    text = f"it was in {last.ring_id} until {last.until}; on {first['day']} the ring {what}"
    return Reason("left", text, figures)


def _judged(night: Night, account_id: str) -> Reason | None:
    """What was said of the group that the account is in, or of the candidates that it was in before."""
    groups = _table(night.files.scored(night.day, "members"), account_id)
    if groups.empty:
        found = _table(night.files.candidates(night.day), account_id)
        if found.empty:
            return None
        text = f"it was in {len(found):,} candidates of {night.day}, and belongs to none of the groups made of them"
        return Reason("no member", text, {"day": night.day, "candidates": len(found)})
    rings = pd.read_parquet(night.files.scored(night.day, "rings")).set_index("candidate")
    group = rings.loc[groups["candidate"].iloc[0]]
    said = _group(night, int(group["size"]), float(group["probability"]), str(group["kind"]))
    return (_cleared(night, account_id) if said.what == "likely" else None) or said


def _cleared(night: Night, account_id: str) -> Reason | None:
    """Who said last that the ring the account was in is harmless, if nobody said otherwise since."""
    newest = night.store.verdicts.newest_on_ring_of(account_id, night.day)
    if newest is None or newest["decision"] != "benign":
        return None
    figures = {"ring_id": newest["ring_id"], "by": newest["author"], "on": newest["at"].date()}
    text = f"{newest['ring_id']}, in which it was, was cleared by {newest['author']} on {newest['at']:%F}"
    return Reason("cleared", text, figures)


def _group(night: Night, size: int, probability: float, kind: str) -> Reason:
    least, smallest = night.settings.flag_probability, night.settings.min_ring_size
    figures = {"day": night.day, "size": size, "probability": probability, "kind": kind, "needed": least}
    said = f"on {night.day} it was in a group of {size:,} accounts ({kind}) with probability {probability:.2f}"
    if probability < least:
        return Reason("below the threshold", f"{said}, and {least:.2f} are needed", figures)
    if size < smallest:
        return Reason("too small", f"{said}, and a ring has {smallest:,} at least", figures)
    return Reason("likely", f"{said}, which is enough for a ring; it is not published", figures)


def _linked(night: Night, account_id: str) -> Reason:
    """What the account shares in the window, if that is still known."""
    connection = sharing.worked_out(night)
    if connection is None:
        text = f"it was in no candidate of {night.day}; `ringwatch link --day {night.day}` would say what it shares"
        return Reason("no candidate", text, {"day": night.day})
    with connection:
        shared = sharing.shared_by(connection, account_id, night.settings.link_min_bits)
    figures = {"day": night.day, **shared}
    if not shared["seen"]:
        return Reason(
            "not in the window", f"it did nothing in the {night.settings.window_days} days that count", figures
        )
    if shared["links"]:
        text = f"it is linked to {shared['links']:,} accounts, but they make no group that is worth judging"
        return Reason("no candidate", text, figures)
    if shared["identifiers"]:
        text = f"what it shares is shared with few others, and not enough for a link ({shared['identifiers']:,} things)"
        return Reason("no links", text, figures)
    if shared["hubs"]:
        text = f"it shares only hubs ({shared['hubs']:,}), which say nothing: so many accounts use them"
        return Reason("only behind hubs", text, figures)
    return Reason("no links", "it shares nothing with any other account", figures)


def _watched(night: Night, account_id: str) -> Iterator[Reason]:
    for row in _table(night.files.watch(night.day), account_id).to_dict("records"):
        ring_id = night.store.published.canonical(row["ring_id"]) or row["ring_id"]
        text = f"it is like {ring_id}, without being in it (similarity {row['similarity']:.2f})"
        yield Reason("watched", text, {"ring_id": ring_id, "similarity": row["similarity"]})


def _table(path: Any, account_id: str) -> pd.DataFrame:
    """Return the rows of the account in a file that a night left, none when it is not there."""
    if not path.is_file():
        return pd.DataFrame()
    return pd.read_parquet(path, filters=[("account_id", "==", account_id)])
