"""Who is told of newly flagged and of withdrawn rings: a real server on this machine listens."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter, sleep

import pytest
from judged import MONDAY, TUESDAY, accounts, publish

from ringwatch import outside
from ringwatch.days.files import Files
from ringwatch.errors import UsageError
from ringwatch.night import Night
from ringwatch.review import webhook
from ringwatch.settings import load_settings
from ringwatch.store.store import Store

SECRET = b"a secret that both of us know"
NOON = datetime(2026, 3, 6, 12)


@dataclass
class Listener:
    """answers: status of each request to come, 204 when there are none left; slow: seconds before each answer."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    slow: float = 0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def taken(self) -> list[dict[str, str]]:
        return [json.loads(body) for _, body in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    state = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sleep(state.slow)
            body = self.rfile.read(int(self.headers["content-length"]))
            status = state.answers.pop(0) if state.answers else 204
            if status < 300:
                state.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield state
    server.shutdown()
    server.server_close()


def deliver(store: Store, url: str, seconds: float = 10) -> webhook.Told:
    return webhook.deliver(store.webhooks, url, SECRET, seconds, lambda: NOON)


def test_each_newly_flagged_and_each_withdrawn_ring_is_told_once_in_order(store: Store, listener: Listener) -> None:
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})
    assert deliver(store, listener.url) == webhook.Told(2)
    assert deliver(store, listener.url) == webhook.Told(0)
    store.published.roll_back(MONDAY - timedelta(1), "wrong")
    assert deliver(store, listener.url) == webhook.Told(2)

    assert [body["type"] for body in listener.taken] == ["ring.added"] * 2 + ["ring.withdrawn"] * 2
    ids = [int(headers["webhook-id"]) for headers, _ in listener.heard]
    assert ids == sorted(set(ids))


def test_what_is_told_is_signed_and_names_no_account(store: Store, listener: Listener) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    deliver(store, listener.url)

    ((headers, body),) = listener.heard
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(SECRET, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert not [account for account in accounts(range(6)) if account in body.decode()]
    assert json.loads(body)["data"]["size"] == 6


def test_a_refusal_that_passes_is_tried_again(store: Store, listener: Listener) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    listener.answers = [503, 500]

    assert deliver(store, listener.url) == webhook.Told(1)
    assert len(listener.heard) == 1


def test_what_was_not_delivered_is_delivered_the_next_night_before_what_came_since(
    store: Store, listener: Listener
) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    listener.answers = [500] * webhook.ATTEMPTS
    assert deliver(store, listener.url) == webhook.Told(0, 1, "HTTP 500")
    publish(store, TUESDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})

    assert deliver(store, listener.url) == webhook.Told(2)
    assert [body["data"]["day"] for body in listener.taken] == [str(MONDAY), str(TUESDAY)]


def test_who_starts_to_listen_is_not_told_what_is_past(store: Store, listener: Listener) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})

    assert deliver(store, listener.url) == webhook.Told(1)


def test_a_listener_that_does_not_answer_costs_no_more_than_its_seconds(store: Store, listener: Listener) -> None:
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})
    listener.slow = 30
    began = perf_counter()

    told = deliver(store, listener.url, seconds=1.5)

    assert perf_counter() - began < 10
    assert (told.delivered, told.waiting) == (0, 2)
    listener.slow = 0


def test_only_this_machine_may_be_told_without_tls(store: Store) -> None:
    with pytest.raises(UsageError, match="https://"):
        deliver(store, "http://elsewhere.example/hook")


def test_a_night_is_warned_and_goes_on_when_nobody_listens_and_by_default_tells_nobody(
    store: Store, tmp_path: Path
) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o600)

    def warned(**settings: object) -> tuple[str, ...]:
        night = Night(MONDAY, load_settings(home=tmp_path, **settings), Files(tmp_path))
        night.doors.store = store
        return outside.tell(night)

    nobody = "http://127.0.0.1:1/"
    assert warned() == ()
    assert warned(webhook_url=nobody) == (
        "the webhook was not told: setting webhook_secret names no file, and nothing is sent unsigned",
    )
    (warning,) = warned(webhook_url=nobody, webhook_secret=secret)
    assert warning.startswith("the webhook has yet to be told of 1 changes (")
