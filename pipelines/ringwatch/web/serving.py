"""The page on its port: on this machine only, with sign-in links, or behind a proxy that says who asks."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.settings import Settings
from ringwatch.web.access import Access
from ringwatch.web.app import LOOPBACK, create
from ringwatch.web.page import Review

HOST = "127.0.0.1"


def access_of(settings: Settings, author: str) -> Access:
    """Return who may do what, as the settings say."""
    return Access(author, settings.review_header, settings.review_roles)


def serve(review: Review, access: Access, port: int, tell: Callable[[str], None], links: int = 1) -> None:
    """Answer until Ctrl-C; `tell` hears the addresses to open. Raises InfrastructureError when the port is in use.

    Raises UsageError when nothing is published.
    """
    if not review.days():
        raise UsageError(f"no night is published in {review.night.settings.home}; run `ringwatch run` first")
    with bound(port) as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        for _ in range(0 if access.header else links):
            tell(f"{address}/sign-in?token={access.new_link()}")
        if access.header:
            tell(address)
        app = create(review, access, (*LOOPBACK, *review.night.settings.review_hosts))
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, proxy_headers=False)
        uvicorn.Server(config).run(sockets=[listening])


def bound(port: int) -> socket.socket:
    """Return a socket of this machine on the port, 0 for a free one."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            taken = "in use" if error.errno == errno.EADDRINUSE else "not yours to use"
            raise InfrastructureError(
                f"port {port} is {taken}; choose another with --port or the setting review_port"
            ) from None
        raise
    return listening
