"""The page as a program: a review in, an application that answers requests out.

Every answer forbids what the page does not need: scripts and styles of other origins or in the text, frames, caches.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from ringwatch import log
from ringwatch.errors import InfrastructureError, RingwatchError
from ringwatch.web import accounts, allowances, nights, queue, rings, signing, statistics
from ringwatch.web.access import Access
from ringwatch.web.page import Refused, Review, page

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def create(review: Review, access: Access, hosts: tuple[str, ...] = LOOPBACK) -> FastAPI:
    """Return the application. hosts: names under which it may be asked, so that no other site's name leads here."""
    app = FastAPI(title="ringwatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.review, app.state.access = review, access
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.middleware("http")(_with_headers)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for part in (signing, queue, rings, nights, allowances, statistics, accounts):
        app.include_router(part.router)
    app.add_exception_handler(RingwatchError, _failed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _unforeseen)
    return app


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    if request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"
    return response


def _failed(request: Request, error: Exception) -> HTMLResponse:
    """An expected failure is a page with its sentence."""
    status = error.status if isinstance(error, Refused) else 503 if isinstance(error, InfrastructureError) else 400
    return page(request, "failed.html.j2", code=status, sentence=str(error))


def _http(request: Request, error: Exception) -> HTMLResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = "There is no such page." if status == 404 else "That cannot be asked of this page."
    return page(request, "failed.html.j2", code=status, sentence=sentence)


def _malformed(request: Request, _: Exception) -> HTMLResponse:
    return page(request, "failed.html.j2", code=400, sentence="Something in the address or form is missing or wrong.")


def _unforeseen(request: Request, error: Exception) -> HTMLResponse:
    """Nothing of the error is shown: it may hold values of feeds."""
    log.unforeseen(error)
    sentence = "This is a fault of ringwatch; the log logs/ringwatch.log in the home says where."
    response = page(request, "failed.html.j2", code=500, sentence=sentence)
    response.headers.update(HEADERS)  # answered outside of what adds them
    return response
