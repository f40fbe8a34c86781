"""How good the program is, as far as verdicts say: figures of the store, and of `review.stats`."""

from fastapi import APIRouter
from fastapi.responses import Response

from ringwatch.web.page import Looking

router = APIRouter()


@router.get("/statistics")
def show(visit: Looking) -> Response:
    desk = visit.desk
    return visit.page(
        "statistics.html.j2",
        precision=desk.precision(),
        agreement=desk.agreement(),
        caught=desk.recall(),
        log=desk.log()[-200:][::-1],
    )
