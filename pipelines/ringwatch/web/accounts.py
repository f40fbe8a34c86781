"""The page of an account: in which ring it is and why, or why in none; and which rings it is near."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ringwatch.standing import standing
from ringwatch.web.page import Looking, Refused

router = APIRouter()


@router.get("/accounts")
def show(visit: Looking, account: Annotated[str, Query(alias="id", max_length=500)]) -> Response:
    found = standing(visit.review.night, account.strip())
    if not found.is_known:
        raise Refused(f"Nothing is known of an account {account.strip()}; ids are told apart by case.", 404)
    return visit.page("account.html.j2", account=found, more=visit.desk.account(found.account_id))
