"""The page of an account: in which ring it is and why, or why in none; and which rings it is near."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ringwatch.standing import Standing, standing
from ringwatch.web.page import Looking, Refused, Visit
from ringwatch.web.traces import near

router = APIRouter()


@router.get("/accounts")
def show(visit: Looking, account: Annotated[str, Query(alias="id", max_length=500)]) -> Response:
    found = standing(visit.review.night, account.strip())
    if not found.is_known:
        raise Refused(f"Nothing is known of an account {account.strip()}; ids are told apart by case.", 404)
    verdicts = visit.desk.account(found.account_id)["verdicts"]
    return visit.page("account.html.j2", account=found, verdicts=verdicts, near=_near(visit, found))


def _near(visit: Visit, found: Standing) -> list[dict[str, Any]]:
    """Rings of whose members some share something with it, its own left out."""
    if found.day is None:
        return []
    night = visit.review.night
    flagged = night.store.published.flagged(found.day)
    rings = dict(zip(flagged["account_id"], flagged["ring_id"], strict=True))
    own = found.now and found.now.ring_id
    return [row for row in near(night.on(found.day), found.account_id, rings) if row["ring_id"] != own]
