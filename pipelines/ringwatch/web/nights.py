"""The page of a night: what arrived, what was refused, what changed, and what was warned of."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from ringwatch.days import run_report
from ringwatch.web.page import Looking, Refused, Review

router = APIRouter()

EVENTS = ("new", "returned", "revived", "grown", "merged", "split", "shrunk", "dormant", "unchanged")


@router.get("/nights")
def newest(visit: Looking) -> Response:
    days = visit.review.days()
    if not days:
        return visit.page("failed.html.j2", sentence="No night is published yet: `ringwatch run` runs one.")
    return RedirectResponse(f"/nights/{days[-1]}", 303)


@router.get("/nights/{day}")
def show(visit: Looking, day: date) -> Response:
    seen = visit.review.night.store.published.nights_seen().to_dict("records")
    if day not in {night["day"] for night in seen}:
        raise Refused(f"No night is known for {day}.", 404)
    return visit.page("night.html.j2", **night_view(visit.review, day), nights=seen[::-1][:60])


def night_view(review: Review, day: date) -> dict[str, Any]:
    """What the page and the report say of a night."""
    store = review.night.store
    stages = run_report.read(review.night.on(day))
    published = day in store.published.days()
    rings = store.published.rings(day) if published else []
    return {
        "day": day,
        "published": published,
        "run": next((night for night in store.published.nights_seen().to_dict("records") if night["day"] == day), None),
        "deliveries": store.deliveries.between(day, day),
        "stages": stages,
        "warnings": [(stage, text) for stage, report in stages.items() for text in report["warnings"]],
        "events": [(event, [ring for ring in rings if ring["event"] == event]) for event in _events(rings)],
    }


def _events(rings: list[dict[str, Any]]) -> list[str]:
    """Events of the night, those that a reviewer looks at first."""
    there = {ring["event"] for ring in rings}
    return [*(event for event in EVENTS if event in there), *sorted(there - set(EVENTS))]
