"""Processes of this machine that work at the same time, each with a Python of its own."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from ringwatch.errors import InfrastructureError

A = TypeVar("A")
B = TypeVar("B")


def cores() -> int:
    return os.cpu_count() or 1


@contextmanager
def pool(processes: int, doing: str, instead: str) -> Iterator[Executor]:
    """Yield an executor of so many processes; when the block ends, nothing that has not begun is done any more.

    Raises InfrastructureError when a process ended before it was done, which says what it was `doing` ("judged a
    feed") and what to do `instead` ("set processes to 1").
    """
    # Spawned, not forked: a forked process would share the threads of DuckDB and of the driver without their state.
    with ProcessPoolExecutor(processes, get_context("spawn")) as executor:
        try:
            yield executor
        except BrokenProcessPool:
            raise InfrastructureError(
                f"a process that {doing} ended before it was done, as happens where memory runs out; {instead}, and "
                "run the stage again"
            ) from None
        finally:
            executor.shutdown(cancel_futures=True)


def in_turn(pool: Executor, work: Callable[[A], B], things: Iterable[A], ahead: int) -> Iterator[B]:
    """Yield what `work` makes of each thing, in their order; at most `ahead` are begun and not yet asked for."""
    begun: deque[Future[B]] = deque()
    for thing in things:
        begun.append(pool.submit(work, thing))
        if len(begun) >= ahead:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()
