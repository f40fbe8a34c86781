"""How good the program is, as far as verdicts say: figures of the store, and what verdicts would teach."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from ringwatch.review import adjustments
from ringwatch.web.page import Looking, Visit

router = APIRouter()

# Reasons whose weight an adjustment moved most.
MOST_REASONS = 8


@router.get("/statistics")
def show(visit: Looking) -> Response:
    desk = visit.desk
    return visit.page(
        "statistics.html.j2",
        precision=desk.precision(),
        agreement=desk.agreement(),
        caught=desk.recall(),
        taught=_taught(visit),
        log=desk.log()[-200:][::-1],
    )


def _taught(visit: Visit) -> dict[str, Any] | None:
    """The newest adjustment that was made, and whether it is in use; None when none was."""
    folder = visit.review.night.files.adjustments
    made = adjustments.numbers(folder)
    if not made:
        return None
    version = adjustments.read(folder, made[-1])
    moved = sorted(version.adjustment.reasons.items(), key=lambda each: (-abs(each[1]), each[0]))
    return {"version": version, "in_use": adjustments.in_use(folder)[0], "moved": moved[:MOST_REASONS]}
