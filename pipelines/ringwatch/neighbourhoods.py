"""Flagged neighbourhoods: what a graph holds that does not hold all accounts (setting `graph_holds`).

In: the members of rings, the state that follows from the clean days, the window. Out: the rings' members in Neo4j, what
they use, and who is one step away (`loading/part.py`), saying what a graph of all accounts says of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ringwatch.days import history
from ringwatch.loading import links, part, states
from ringwatch.loading.bring import Tally, bringing, loaded, mark
from ringwatch.model import ACCOUNT
from ringwatch.night import Night
from ringwatch.resources import cypher
from ringwatch.spark.shards import opened
from ringwatch.window import around


def known_accounts(night: Night) -> int:
    """Return how many accounts are known, whether or not the graph holds them."""
    if night.settings.holds_flagged:
        return part.accounts(states.newest(night)[1])
    found: int = night.graph.read(cypher("publish/count_accounts"))[0]["accounts"]
    return found


@contextmanager
def bringing_flagged(night: Night, members: Iterable[str], done: Tally) -> Iterator[None]:
    """Bring the neighbourhoods of `members` into the graph: the new is there when the block begins, the old goes when
    it ends. A graph that holds all accounts is left as it is.
    """
    if not night.settings.holds_flagged:
        yield
        return
    with done.timed("neighbourhoods"):
        before = loaded(night)
        turns, state = states.newest(night, before.state)
        found = _cut_out(night, state, members)
        name, folder = states.keep_part(night, found.folder, turns[-1].state)
    with _told(night, before.state, name, folder, done), history.connect(night) as connection:
        connection.register("identifiers", found.identifiers)
        connection.register("links", found.links)
        with done.timed("links"):
            done.add("identifiers_changed", links.write_identifiers(night, connection))
            done.add("links_written", links.write_links(night, connection))
        yield
        done.add("links_removed", links.delete_links(night, connection))
    mark(night, turns, name)


class _Part(NamedTuple):
    """folder: tables as a state has them; identifiers, links: as `loading/links.py` takes them."""

    folder: Path
    identifiers: pa.Table
    links: pa.Table


def _cut_out(night: Night, state: Path, members: Iterable[str]) -> _Part:
    folder = night.files.graph / "part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    min_bits = night.settings.link_min_bits
    with history.connect(night) as connection, opened(night) as shards:
        used = part.begin(connection, night.model, state, members)
        inside = connection.table("member").to_arrow_table()
        counted = shards.told(around.identifiers, used, ACCOUNT)
        chosen = part.choose(connection, night.model, counted, shards.told(around.linked, inside, min_bits))
        part.write(connection, night.model, folder)
        return _Part(folder, counted, shards.told(around.links, chosen, min_bits))


@contextmanager
def _told(night: Night, before: str | None, name: str, folder: Path, done: Tally) -> Iterator[None]:
    if name == before:
        yield
        return
    with bringing(night, states.find(night, before), folder, done):
        yield
