"""Tells another system of rings that are newly flagged or withdrawn, signed, each change once.

The form is that of Standard Webhooks: headers `webhook-id` (the change_seq), `webhook-timestamp`, `webhook-signature`.
What cannot be delivered within the seconds of the setting is delivered the next night: no night fails for it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ringwatch.errors import UsageError

if TYPE_CHECKING:
    import httpx

    from ringwatch.store.webhooks import Webhooks

ATTEMPTS = 3
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Told:
    """What became of the changes: how many were delivered, how many wait, and why the first of these does."""

    delivered: int = 0
    waiting: int = 0
    reason: str = ""


def deliver(webhooks: Webhooks, url: str, secret: bytes, seconds: float, clock: Callable[[], datetime]) -> Told:
    """Deliver what is pending, in order, until it is done, a delivery fails or `seconds` are over.

    `clock`: UTC without a zone, the store's. Raises UsageError for an address that is not https, or on this machine.
    """
    import time

    import httpx

    _check(url)
    pending, delivered, ends = webhooks.pending(), 0, time.monotonic() + seconds
    with httpx.Client(follow_redirects=False) as client:
        for change in pending:
            left = ends - time.monotonic()
            attempts, answer = _post(client, url, secret, change, clock(), left) if left > 0 else (0, "out of time")
            done = answer == ""
            if attempts:
                webhooks.record(change["change_seq"], clock(), done, attempts, answer)
            if not done:
                return Told(delivered, len(pending) - delivered, answer)
            delivered += 1
    return Told(delivered)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise UsageError("setting webhook_url: it must begin with https://, or lead to this machine")


def _post(
    client: httpx.Client, url: str, secret: bytes, change: dict[str, Any], at: datetime, seconds: float
) -> tuple[int, str]:
    """Return how often it was tried, and what kept it from being taken: nothing when it was."""
    import httpx
    from tenacity import (
        RetryError,
        Retrying,
        retry_if_exception,
        stop_after_attempt,
        stop_after_delay,
        wait_exponential,
    )

    body = payload(change)
    headers = {"content-type": "application/json"} | signed(secret, str(change["change_seq"]), at, body)
    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(seconds),
        wait=wait_exponential(0.1, max=1),
        retry=retry_if_exception(lambda error: isinstance(error, httpx.TransportError | _Refused)),
    )
    try:
        retrying(_once, client, url, body, headers, max(seconds / ATTEMPTS, 0.1))
    except RetryError as error:
        failure = error.last_attempt.exception()
        said = str(failure) if isinstance(failure, _Refused) else type(failure).__name__
        return int(retrying.statistics["attempt_number"]), said
    return int(retrying.statistics["attempt_number"]), ""


class _Refused(Exception):
    pass


def _once(client: httpx.Client, url: str, body: bytes, headers: dict[str, str], seconds: float) -> None:
    answer = client.post(url, content=body, headers=headers, timeout=seconds)
    if not answer.is_success:
        raise _Refused(f"HTTP {answer.status_code}")


def payload(change: dict[str, Any]) -> bytes:
    """Return a change as JSON, the same bytes each time; it names no account."""
    shown = {name: str(value) if name == "day" else value for name, value in change.items()}
    return json.dumps({"type": f"ring.{change['change']}", "data": shown}, sort_keys=True, ensure_ascii=False).encode()


def signed(secret: bytes, identifier: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers by which who has the secret knows that the body is ours and was not sent before."""
    seconds = str(int(at.replace(tzinfo=UTC).timestamp()))
    content = f"{identifier}.{seconds}.".encode() + body
    mac = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": identifier, "webhook-timestamp": seconds, "webhook-signature": f"v1,{mac}"}
