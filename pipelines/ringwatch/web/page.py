"""What all pages have in common: who asks, their desk, how an answer is made, and how a form is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from ringwatch.errors import UsageError
from ringwatch.night import Night
from ringwatch.review.desk import Desk
from ringwatch.web.access import Access, Person
from ringwatch.web.rendering import render

# What is said after a form was taken; the address carries only the word.
DONE = {
    "claimed": "You have claimed this ring; others see that it is yours.",
    "unclaimed": "The ring is free again.",
    "decided": "Your verdict is kept.",
    "noted": "Your note is kept.",
    "released": "Who was ticked is released from the ring.",
    "paired": "What you said of the two accounts is kept.",
    "allowed": "The identifier is allowed from the next night on.",
    "undone": "The decision is undone.",
    "revealed": "Identifiers are shown in clear, and the log says that you asked for it.",
}
LONGEST_NOTE = 2000


class Refused(UsageError):
    """What a person may not do here, or what is not there; status: that of the answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Review:
    """What the page shows: the desk of an author, and what nights left in the home."""

    desk: Callable[[str], Desk]
    night: Night

    def days(self) -> list[date]:
        """The published days, oldest first."""
        return self.night.store.published.days()


@dataclass(frozen=True)
class Visit:
    """One request of a person who is signed in."""

    request: Request
    person: Person

    @property
    def review(self) -> Review:
        found: Review = self.request.app.state.review
        return found

    @property
    def access(self) -> Access:
        found: Access = self.request.app.state.access
        return found

    @property
    def desk(self) -> Desk:
        return self.review.desk(self.person.author)

    def page(self, template: str, **values: Any) -> HTMLResponse:
        return page(self.request, template, **values)

    def sees(self, what: str) -> bool:
        """Whether the person has revealed the identifiers of `what`."""
        return self.access.sees(self.person, what)


def visit(request: Request) -> Visit:
    """Return the visit of somebody who may look."""
    person = request.app.state.access.person(request)
    if person is None:
        raise Refused("You are not signed in: open the link that `ringwatch review serve` printed.", 401)
    return Visit(request, person)


Looking = Annotated[Visit, Depends(visit)]


def taking(role: str) -> Callable[..., Visit]:
    """Return what takes a form from somebody of this role, who sent it from this page."""

    def take(request: Request, token: Annotated[str, Form()] = "") -> Visit:
        found = visit(request)
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise Refused("Forms are taken from this page only.", 403)
        if not found.access.is_own(found.person, token):
            raise Refused("This form is out of date: load its page again, then send it.", 403)
        if not found.person.may(role):
            raise Refused(f"It takes a {role} to do that, and you are a {found.person.role}.", 403)
        return found

    return take


Reviewing = Annotated[Visit, Depends(taking("reviewer"))]
Administering = Annotated[Visit, Depends(taking("admin"))]
Note = Annotated[str, Form(max_length=LONGEST_NOTE)]


def page(request: Request, template: str, code: int = 200, **values: Any) -> HTMLResponse:
    """Return a page; strangers get it without menu."""
    access: Access = request.app.state.access
    person = access.person(request)
    shown = {
        "person": person,
        "token": access.token(person) if person else "",
        "linked": access.header is None,
        "done": DONE.get(request.query_params.get("done", "")),
        "here": request.url.path,
    }
    return HTMLResponse(render(template, **shown | values), code)


def back(path: str, done: str) -> RedirectResponse:
    """Return the answer to a form that was taken: the page to go to, and what to say there."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}done={done}", 303)


def ring_path(ring_id: str) -> str:
    return f"/rings/{quote(ring_id, safe='')}"
