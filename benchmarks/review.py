"""How long a reviewer waits, with years in the store: the queue, a ring, a search and an account, by desk and by page.

    .venv/bin/python -m benchmarks.review
    .venv/bin/python -m benchmarks.review --address postgresql://... --nights 500 --rings 10000

Prints Markdown: median and 95th percentile of milliseconds. The store is made anew, in a folder of its own unless an
address is given, which must be that of an empty database. Rings live for ten nights, every ninth one is decided on.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from fastapi.testclient import TestClient

from ringwatch.night import open_night
from ringwatch.review.desk import Desk
from ringwatch.settings import load_settings
from ringwatch.store import tables
from ringwatch.store.store import Store
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review

FIRST = date(2025, 1, 1)
LIFE, SIZE, REASONS, BATCH = 10, 12, 8, 20_000
Rows = Iterator[dict[str, Any]]


def main(
    nights: int = 500,
    rings: int = 10_000,
    asked: Annotated[int, typer.Option(min=20, help="How often each is asked.")] = 40,
    address: Annotated[str | None, typer.Option(help="SQLAlchemy address of an empty database.")] = None,
) -> None:
    with tempfile.TemporaryDirectory(prefix="ringwatch-benchmark-") as folder:
        settings = load_settings(home=Path(folder), store_url=address)
        with open_night(settings, FIRST + timedelta(nights - 1)) as night:
            fill(night.store, nights, rings)
            desk = Desk(night.store, settings, "ana")
            app = create(Review(lambda author: Desk(night.store, settings, author), night), _anybody(), ("testserver",))
            page = TestClient(app, headers={"x-user": "ana"})
            shown = [row.ring_id for row in desk.queue(status="all", limit=asked)]
            print("| asked | median ms | p95 ms |\n|---|---|---|")
            for name, ask in questions(desk, page, shown).items():
                _print(name, [_milliseconds(ask, n) for n in range(asked)])


def questions(desk: Desk, page: TestClient, rings: list[str]) -> dict[str, Callable[[int], object]]:
    """What is asked, by name; each is given a number, so that it is not the same every time."""
    return {
        "desk: queue": lambda _: desk.queue(),
        "desk: search for an account": lambda n: desk.queue(search=f"A-{rings[n % len(rings)][2:]}-3"),
        "desk: ring": lambda n: desk.ring(rings[n % len(rings)]),
        "desk: account": lambda n: desk.account(f"A-{rings[n % len(rings)][2:]}-3"),
        "page: queue": lambda _: page.get("/queue").raise_for_status(),
        "page: ring": lambda n: page.get(f"/rings/{rings[n % len(rings)]}").raise_for_status(),
    }


def fill(store: Store, nights: int, rings: int) -> None:
    """Write `rings` rings that begin evenly over `nights` nights."""
    lives = [_life(ring, rings, nights) for ring in range(rings)]
    made = {
        tables.run: _runs(nights),
        tables.ring: (_ring(ring, *life, nights) for ring, life in enumerate(lives)),
        tables.ring_night: (_night(ring, day, lives[ring][0]) for ring, day in _stays(lives)),
        tables.ring_night_member: (row for ring, day in _stays(lives) for row in _members(ring, day)),
        tables.ring_evidence: (row for ring, day in _stays(lives) for row in _reasons(ring, day)),
        tables.ring_harm: (_harm(ring, day) for ring, day in _stays(lives)),
        tables.verdict: (_verdict(ring, lives[ring][0]) for ring in range(0, rings, 9)),
        tables.verdict_member: (row for ring in range(0, rings, 9) for row in _known(ring)),
    }
    for table, rows in made.items():
        _insert(store, table, rows)


def _insert(store: Store, table: sa.Table, rows: Rows) -> None:
    with store.engine.begin() as connection:
        while batch := list(islice(rows, BATCH)):
            connection.execute(sa.insert(table), batch)


def _life(ring: int, rings: int, nights: int) -> tuple[int, int]:
    first = ring * nights // rings
    return first, min(first + LIFE, nights) - 1


def _stays(lives: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    return ((ring, night) for ring, (first, last) in enumerate(lives) for night in range(first, last + 1))


def _day(night: int) -> date:
    return FIRST + timedelta(night)


def _id(ring: int) -> str:
    return f"R-{ring:06}"


def _runs(nights: int) -> Rows:
    for night in range(nights):
        at = datetime.combine(_day(night), time(3))
        same = {"state": "published", "restatement": 0, "rings": 0, "members": 0, "accounts": 0, "version": "0"}
        yield same | {"run_id": night + 1, "day": _day(night), "rolled_back": False, "at": at}


def _ring(ring: int, first: int, last: int, nights: int) -> dict[str, Any]:
    state = "current" if last == nights - 1 else "dormant"
    days = {"first_day": _day(first), "last_day": _day(last)}
    return {"ring_id": _id(ring), "canonical_ring_id": _id(ring), "fingerprint": str(ring), "state": state} | days


def _night(ring: int, night: int, first: int) -> dict[str, Any]:
    numbers = {"probability": 0.9, "low": 0.6, "high": 0.97, "bits": 3.2, "size": SIZE, "joined": 0, "departed": 0}
    words = {"event": "new" if night == first else "unchanged", "band": "very_likely", "kind": "operator"}
    rest = {"related": [], "flagged": True, "summary": f"{SIZE} accounts share one card", "content_hash": "0"}
    return {"day": _day(night), "ring_id": _id(ring), "run_id": night + 1} | numbers | words | rest


def _known(ring: int) -> Rows:
    yield from ({"seq": ring + 1, "account_id": f"A-{_id(ring)[2:]}-{n}"} for n in range(SIZE))


def _members(ring: int, night: int) -> Rows:
    of_night = {"day": _day(night), "ring_id": _id(ring), "probability": 0.8, "role": "core"}
    yield from (of_night | {"account_id": row["account_id"]} for row in _known(ring))


def _reasons(ring: int, night: int) -> Rows:
    words = {"facet": "payment", "reason": "shared", "direction": "for", "text": "they share one card"}
    for n in range(REASONS):
        about = {"day": _day(night), "ring_id": _id(ring), "position": n + 1, "bits": 0.4, "members": SIZE}
        yield about | words | {"identifiers": [f"card:{ring}:{n}"]}


def _harm(ring: int, night: int) -> dict[str, Any]:
    about = {"day": _day(night), "ring_id": _id(ring), "spend": {"EUR": 3.0}, "capabilities": {"code": [0.6, 0.2]}}
    return about | {"honest_expected": 3.4, "stake": float(ring % 97), "expected_harm": 0.9 * (ring % 97)}


def _verdict(ring: int, first: int) -> dict[str, Any]:
    at = datetime.combine(_day(first), time(9))
    said = {"subject": "ring", "decision": "confirmed", "stream": "queue", "author": "ben"}
    return said | {"seq": ring + 1, "at": at, "ring_id": _id(ring), "day": _day(first), "probability": 0.9}


def _anybody() -> Access:
    return Access("", "x-user", {"*": "reviewer"})


def _milliseconds(ask: Callable[[int], object], number: int) -> float:
    began = perf_counter()
    ask(number)
    return 1000 * (perf_counter() - began)


def _print(name: str, milliseconds: list[float]) -> None:
    print(f"| {name} | {statistics.median(milliseconds):.0f} | {statistics.quantiles(milliseconds, n=20)[-1]:.0f} |")


if __name__ == "__main__":
    typer.run(main)
