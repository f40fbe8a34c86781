"""The page on its port: on this machine only, with sign-in links, or behind a proxy that says who asks.

Whoever reaches a page that believes a header is whom they say. So it is reached from this machine only, or the proxy
shows a secret.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable

import uvicorn

from ringwatch import secret
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.settings import Settings
from ringwatch.web.access import Access
from ringwatch.web.app import LOOPBACK, create
from ringwatch.web.page import Review


def access_of(settings: Settings, author: str) -> Access:
    """Return who may do what, as the settings say. Raises UsageError where the page would be open to others."""
    path = settings.review_proxy_secret
    proxy = secret.read(path, "the secret of the proxy,") if path else None
    if not _is_loopback(settings.review_address):
        _expect_proxy(settings, proxy)
    return Access(author, settings.review_header, settings.review_roles, proxy)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise UsageError(f"setting review_address: {address!r} is no IP address, such as 127.0.0.1") from None


def _expect_proxy(settings: Settings, proxy: bytes | None) -> None:
    reached = f"the review page would be reached from other machines (setting review_address {settings.review_address})"
    if settings.review_header is None:
        raise UsageError(f"{reached}, where sign-in links are not safe; put a proxy before it and name review_header")
    if proxy is None:
        raise UsageError(
            f"{reached}, and whoever reaches it could say in {settings.review_header} that they are anybody; name a "
            "file with a secret in review_proxy_secret, or leave review_address at 127.0.0.1"
        )


def serve(review: Review, access: Access, port: int, tell: Callable[[str], None], links: int = 1) -> None:
    """Answer until Ctrl-C; `tell` hears the addresses to open. Raises InfrastructureError when the port is in use.

    Raises UsageError when nothing is published.
    """
    if not review.days():
        raise UsageError(f"no night is published in {review.night.settings.home}; run `ringwatch run` first")
    host = review.night.settings.review_address
    with bound(port, host) as listening:
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        for _ in range(0 if access.header else links):
            tell(f"{address}/sign-in?token={access.new_link()}")
        if access.header:
            tell(address)
        app = create(review, access, (*LOOPBACK, *review.night.settings.review_hosts))
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, proxy_headers=False)
        uvicorn.Server(config).run(sockets=[listening])


def bound(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket of an address of this machine on the port, 0 for a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            taken = "in use" if error.errno == errno.EADDRINUSE else "not yours to use"
            raise InfrastructureError(
                f"port {port} is {taken}; choose another with --port or the setting review_port"
            ) from None
        raise InfrastructureError(f"the review page cannot listen on {host}: {error.strerror}") from None
    return listening
