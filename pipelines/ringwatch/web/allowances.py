"""Hubs and allowances: what is shared by so many that it says nothing, and what a person declared to be so."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from ringwatch.model import Model
from ringwatch.web.page import Administering, Looking, Note, Visit, back
from ringwatch.web.traces import hubs

router = APIRouter()

DECISIONS = {"harmless": "harmless: sharing it says nothing", "hub": "a hub: shared by many who are strangers"}
Facet = Annotated[str, Query(max_length=100)]
Identifier = Annotated[str, Query(max_length=500)]


@router.get("/allowances")
def show(visit: Looking, facet: Facet = "", identifier: Identifier = "") -> Response:
    asked = bool(facet and identifier)
    return visit.page(
        "allowances.html.j2",
        allowances=visit.desk.allowances(),
        hubs=_hubs(visit),
        facets=facets_of(visit.review.night.model),
        decisions=DECISIONS,
        facet=facet,
        identifier=identifier,
        preview=visit.desk.preview(facet, identifier) if asked else None,
        clear=visit.sees("hubs"),
    )


def _hubs(visit: Visit) -> list[dict[str, Any]]:
    days = visit.review.days()
    return hubs(visit.review.night.on(days[-1])) if days else []


def facets_of(model: Model) -> list[str]:
    """Return the kinds of identifiers that can be allowed."""
    return sorted({r.evidence.facet for _, _, r in model.relationships() if r.evidence})


@router.post("/allowances")
def allow(
    visit: Administering,
    facet: Annotated[str, Form(max_length=100)],
    identifier: Annotated[str, Form(max_length=500)],
    decision: Annotated[str, Form()],
    expires: Annotated[date, Form()],
    note: Note = "",
) -> Response:
    visit.desk.allow(facet, identifier.strip(), decision, expires, note)
    return back("/allowances", "allowed")
