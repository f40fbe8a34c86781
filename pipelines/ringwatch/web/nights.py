"""The page of a night: what arrived, what was refused, what changed, and what was warned of."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from ringwatch.days import figures, run_report
from ringwatch.days.history import days_on_disk
from ringwatch.gate import outcomes
from ringwatch.web.page import Looking, Refused, Review

router = APIRouter()

MOST_NIGHTS = 60
NOT_DONE = "not done"

EVENTS = ("new", "returned", "revived", "grown", "merged", "split", "shrunk", "dormant", "unchanged")


@router.get("/nights")
def newest(visit: Looking) -> Response:
    days = visit.review.days()
    if not days:
        return visit.page("failed.html.j2", sentence="No night is published yet: `ringwatch run` runs one.")
    return RedirectResponse(f"/nights/{days[-1]}", 303)


@router.get("/nights/{day}")
def show(visit: Looking, day: date) -> Response:
    nights = _nights(visit.review)
    if day not in {night["day"] for night in nights}:
        raise Refused(f"No night is known for {day}.", 404)
    return visit.page("night.html.j2", **night_view(visit.review, day), nights=nights[:MOST_NIGHTS])


def night_view(review: Review, day: date) -> dict[str, Any]:
    """What the page and the report say of a night."""
    store = review.night.store
    stages = run_report.read(review.night.on(day))
    published = day in store.published.days()
    rings = store.published.rings(day) if published else []
    return {
        "day": day,
        "published": published,
        "run": next((night for night in _nights(review) if night["day"] == day), None),
        "deliveries": store.deliveries.between(day, day),
        "stages": stages,
        "refused": _refused(review, day),
        "changes": figures.changes(review.night.on(day)),
        "warnings": [(stage, text) for stage, report in stages.items() for text in report["warnings"]],
        "events": [(event, [ring for ring in rings if ring["event"] == event]) for event in _events(rings)],
    }


def _nights(review: Review) -> list[dict[str, Any]]:
    """Nights that were published or withheld, and those that stopped before that, the newest first."""
    nights: dict[date, dict[str, Any]]
    nights = {day: {"day": day, "state": NOT_DONE} for day in days_on_disk(review.night.files)}
    for row in review.night.store.published.nights_seen().to_dict("records"):
        nights[row["day"]] = {str(name): value for name, value in row.items()}
    return [night for _, night in sorted(nights.items(), reverse=True)]


def _refused(review: Review, day: date) -> list[outcomes.Outcome]:
    """The rules that put rows into quarantine, those with most rows first."""
    found = outcomes.read(review.night.files.outcomes(day))
    broken = [one for one in found if one.broken and one.severity == "quarantine"]
    return sorted(broken, key=lambda one: (-one.broken, one.feed, one.rule))


def _events(rings: list[dict[str, Any]]) -> list[str]:
    """Events of the night, those that a reviewer looks at first."""
    there = {ring["event"] for ring in rings}
    return [*(event for event in EVENTS if event in there), *sorted(there - set(EVENTS))]
