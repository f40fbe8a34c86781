"""The queue: the rings worth a look, in the order that was asked for; and one verdict on several of them."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from ringwatch.errors import UsageError
from ringwatch.web.page import Looking, Note, Reviewing, back
from ringwatch.web.rendering import OUTCOMES

router = APIRouter()

ORDERS = {
    "harm": "expected harm",
    "probability": "probability",
    "due": "due time",
    "size": "size",
    "new": "newest first",
}
STATUSES = {"open": "Open", "in_review": "In review", "closed": "Closed", "all": "All"}
PAGE = 50


@router.get("/queue")
def show(
    visit: Looking,
    status: str = "open",
    q: Annotated[str, Query(max_length=300)] = "",
    order: str = "harm",
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    status = status if status in STATUSES else "open"
    order = order if order in ORDERS else "harm"
    days = visit.review.days()
    rows = visit.desk.queue(None, status, q.strip(), order, PAGE + 1, start) if days else []
    return visit.page(
        "queue.html.j2",
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        day=days[-1] if days else None,
        status=status,
        statuses=STATUSES,
        search=q.strip(),
        order=order,
        orders=ORDERS,
        start=start,
        size=PAGE,
        threshold=visit.review.night.settings.flag_probability,
    )


@router.post("/queue/decide")
def decide(
    visit: Reviewing,
    decision: Annotated[str, Form()],
    ring: Annotated[list[str] | None, Form()] = None,
    note: Note = "",
) -> Response:
    if not ring:
        raise UsageError("No ring is chosen: tick those that the verdict is for.")
    if decision not in OUTCOMES:
        raise UsageError("That is no verdict.")
    visit.desk.decide_many(ring, decision, note)
    return back("/queue", "decided")
