"""A Maven repository on this machine that can be told to misbehave."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, bytes, int]  # status, body, the length that is promised


@dataclass
class Repository:
    """`files` by path; `faults` are given out once each, first to last, instead of the file."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str) -> Answer:
        self.asked[path] += 1
        if faults := self.faults.get(path):
            return faults.pop(0)
        body = self.files.get(path, b"")
        return (200 if path in self.files else 404), body, len(body)


@contextmanager
def served() -> Iterator[Repository]:
    repository = Repository()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, repository))
    repository.url = f"http://127.0.0.1:{server.server_port}/maven"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield repository
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, repository: Repository, *arguments: object) -> None:
        self.repository = repository
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        status, body, length = self.repository.answer(self.path.removeprefix("/maven/"))
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""
