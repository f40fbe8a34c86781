"""Signing in by a link that works once, and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from ringwatch.web.access import COOKIE, Access
from ringwatch.web.page import Looking, Refused, Visit, taking

router = APIRouter()


@router.get("/sign-in")
def sign_in(request: Request, token: str = "") -> Response:
    """Exchange the token for a session; the address does not keep it."""
    access: Access = request.app.state.access
    session = access.redeem(token) if access.header is None else None
    if session is None:
        raise Refused(
            "This link was used already or is not of this page: each one works once. Start "
            "`ringwatch review serve` again for a new one.",
            401,
        )
    response = RedirectResponse("/queue", 303)
    response.set_cookie(COOKIE, session, httponly=True, samesite="strict", path="/")
    return response


@router.post("/sign-out")
def sign_out(visit: Annotated[Visit, Depends(taking("reader"))]) -> Response:
    visit.access.end(visit.person)
    response = visit.page("failed.html.j2", person=None, sentence="You are signed out.")
    response.delete_cookie(COOKIE)
    return response


@router.get("/")
def begin(_: Looking) -> Response:
    return RedirectResponse("/queue", 303)
