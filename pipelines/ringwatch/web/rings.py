"""The page of a ring, and what is decided there: on the ring, its members, pairs of them, and a decision undone."""

from __future__ import annotations

import logging
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from ringwatch.errors import UsageError
from ringwatch.review.desk import RingView
from ringwatch.web.allowances import DECISIONS, facets_of
from ringwatch.web.masks import masked
from ringwatch.web.page import Administering, Looking, Note, Refused, Reviewing, Visit, back, ring_path
from ringwatch.web.rendering import OUTCOMES
from ringwatch.web.ring_view import ring_view

router = APIRouter()
_log = logging.getLogger(__name__)

MEMBERS = 100
Account = Annotated[str, Form(max_length=500)]


@router.get("/rings/{ring_id}")
def show(
    visit: Looking, ring_id: str, bits: bool = False, start: Annotated[int, Query(ge=0, le=10_000_000)] = 0
) -> Response:
    ring = visit.desk.ring(ring_id)
    if ring.row.ring_id != ring_id:  # merged, or written in another case
        return back(ring_path(ring.row.ring_id), "")
    clear = visit.sees(ring_id)
    shown = ring_view(visit.review.night, ring, clear, bits)
    return visit.page(
        "ring.html.j2",
        view=shown,
        identifiers=_identifiers(visit, ring, clear),
        ring=ring,
        row=ring.row,
        clear=clear,
        bits=bits,
        start=start,
        size=MEMBERS,
        seen=_newest(ring),
        threshold=visit.review.night.settings.flag_probability,
    )


def _identifiers(visit: Visit, ring: RingView, clear: bool) -> list[dict[str, str]]:
    """What reasons of the ring name, each with the alias that forms use, so that no form tells what is masked."""
    named = {(r["facet"], name) for rows in ring.evidence.values() for r in rows for name in r["identifiers"]}
    facets = facets_of(visit.review.night.model)
    found = [(facet, name) for facet, name in sorted(named) if facet in facets]
    return [
        {
            "facet": facet,
            "name": name,
            "shown": f"{facet} {name if clear else masked(name)}",
            "alias": visit.access.alias(f"{facet} {name}"),
        }
        for facet, name in found
    ]


@router.get("/rings/{ring_id}/allow")
def preview(visit: Looking, ring_id: str, identifier: Annotated[str, Query(max_length=100)]) -> Response:
    """Show what allowing an identifier of the ring would do."""
    ring = visit.desk.ring(ring_id)
    one = _meant(visit, ring, identifier)
    effect = visit.desk.preview(one["facet"], one["name"])
    return visit.page("allow.html.j2", row=ring.row, identifier=one, preview=effect, decisions=DECISIONS)


@router.post("/rings/{ring_id}/allow")
def allow(
    visit: Administering,
    ring_id: str,
    identifier: Annotated[str, Form(max_length=100)],
    decision: Annotated[str, Form()],
    expires: Annotated[date, Form()],
    note: Note = "",
) -> Response:
    one = _meant(visit, visit.desk.ring(ring_id), identifier)
    visit.desk.allow(one["facet"], one["name"], decision, expires, note)
    return back(ring_path(ring_id), "allowed")


def _meant(visit: Visit, ring: RingView, alias: str) -> dict[str, str]:
    every = _identifiers(visit, ring, visit.sees(ring.row.ring_id))
    found = next((one for one in every if one["alias"] == alias), None)
    if found is None:
        raise Refused("This identifier is no reason of the ring; load its page again.", 404)
    return found


def _newest(ring: RingView) -> int:
    """The number of the newest verdict, by which a form knows whether another was given meanwhile."""
    return max((int(verdict["seq"]) for verdict in ring.verdicts), default=0)


@router.post("/rings/{ring_id}/claim")
def claim(visit: Reviewing, ring_id: str) -> Response:
    visit.desk.claim(ring_id)
    return back(ring_path(ring_id), "claimed")


@router.post("/rings/{ring_id}/unclaim")
def unclaim(visit: Reviewing, ring_id: str) -> Response:
    visit.desk.unclaim(ring_id)
    return back(ring_path(ring_id), "unclaimed")


@router.post("/rings/{ring_id}/decide")
def decide(
    visit: Reviewing,
    ring_id: str,
    decision: Annotated[str, Form()],
    seen: Annotated[int, Form()],
    note: Note = "",
    released: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Keep a verdict; `released` are the members that are not of the ring, the others are."""
    if decision not in OUTCOMES:
        raise UsageError("That is no verdict.")
    ring = visit.desk.ring(ring_id)
    _refuse_if_decided(ring, seen)
    members = dict.fromkeys(released or (), "released")
    if decision == "partly_confirmed":
        members = {member["account_id"]: "belongs" for member in ring.members} | members
    visit.desk.decide(ring_id, decision, note, members, ring.row.stream)
    return back(ring_path(ring_id), "decided")


def _refuse_if_decided(ring: RingView, seen: int) -> None:
    """Two people may have the page open: the second is told what the first decided, and looks again."""
    newer = [verdict for verdict in ring.verdicts if verdict["seq"] > seen and verdict["subject"] == "ring"]
    if newer:
        author, said = newer[-1]["author"], OUTCOMES.get(newer[-1]["decision"], newer[-1]["decision"])
        raise Refused(f"{author} decided on {ring.row.ring_id} while you had it open ({said}); look at it again.", 409)


@router.post("/rings/{ring_id}/note")
def note(visit: Reviewing, ring_id: str, note: Note = "") -> Response:
    visit.desk.note(ring_id, note)
    return back(ring_path(ring_id), "noted")


@router.post("/rings/{ring_id}/release")
def release(
    visit: Reviewing, ring_id: str, released: Annotated[list[str] | None, Form()] = None, note: Note = ""
) -> Response:
    """Release members, whatever the ring is."""
    if not released:
        raise UsageError("Nobody is ticked: under Members, tick those who do not belong.")
    visit.desk.release_many(released, ring_id, note)
    return back(ring_path(ring_id), "released")


@router.post("/rings/{ring_id}/pair")
def pair(
    visit: Reviewing, ring_id: str, account: Account, other: Account, decision: Annotated[str, Form()], note: Note = ""
) -> Response:
    if decision not in {"together", "apart"}:
        raise UsageError("Two accounts are together or apart.")
    visit.desk.pair(account.strip(), other.strip(), decision, note)
    return back(ring_path(ring_id), "paired")


@router.post("/rings/{ring_id}/reveal")
def reveal(visit: Reviewing, ring_id: str) -> Response:
    """Show the identifiers of the ring in clear to this person; the log says who asked, when, and for which ring."""
    name = visit.desk.ring(ring_id).row.ring_id
    _log.info("identifiers of ring %s revealed to %r", name, visit.person.author)
    visit.access.reveal(visit.person, name)
    return back(ring_path(name), "revealed")


@router.post("/undo")
def undo(visit: Reviewing, seq: Annotated[int, Form()], ring: Annotated[str, Form()] = "", note: Note = "") -> Response:
    visit.desk.undo(seq, note)
    return back(ring_path(ring) if ring else "/allowances", "undone")
