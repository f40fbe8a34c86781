"""How the gate keeps little memory: what a chunk took is given back before the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa


@contextmanager
def frugal() -> Iterator[None]:
    """Arrow takes memory from the system's allocator meanwhile: its own keep for later what was let go of."""
    pool = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(pool)


def give_back() -> None:
    """Return to the system what the allocator holds and nobody uses, also of what Arrow did not ask for."""
    pa.default_memory_pool().release_unused()
