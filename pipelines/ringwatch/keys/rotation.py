"""Takes a new token key into use: tokens that are stored become tokens of the new key; values are not needed for it.

Every file and the store say which keys they are under, so every step can be taken again: who was interrupted runs the
same again, and it goes on. Until then the stages refuse to work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa

from ringwatch.days import amend, leftovers
from ringwatch.days.rewriting import rewrite
from ringwatch.keys import keyring, tokens
from ringwatch.keys.keyring import Keyring
from ringwatch.model import Model
from ringwatch.night import Night
from ringwatch.store.keys import Renewed

# A token among the sides of a composite cell (`window/cells.py`).
_IN_CELL = r"(?<!\S)({facets})=([0-9a-f]{{32}})(?!\S)"


def rotate(night: Night, author: str) -> int:
    """Bring files and store under a new key, or under the newest one when some are not yet; the graph is not touched.

    Returns how many days were written anew. Raises InfrastructureError when something is under keys that are not known.
    """
    amend.finish_all(night)
    ring = _with_new_key(night)
    leftovers.clear(night)
    behind = {path: count for path, count in keyring.files(night, ring).items() if count < len(ring.keys)}
    days = sorted({date.fromisoformat(path.parts[-3]) for path in behind})
    for day in days:
        night.tell(f"keys: files of {day}")
        _renew_day(night.on(day), ring, behind)
    night.tell("keys: review store")
    count = keyring.stored(night, ring)
    if count < len(ring.keys):
        night.store.keys.renew(ring.names[-1], author, _renewed(night.model, ring.keys[count:]))
    return len(days)


def _with_new_key(night: Night) -> Keyring:
    """Return the keys, with a new one unless a rotation is under way."""
    home = night.settings.home
    if keyring.is_whole(night, keyring.open_keyring(home)):
        tokens.add_key(home)
    return keyring.open_keyring(home)


def _renew_day(night: Night, ring: Keyring, behind: dict[Path, int]) -> None:
    """Write the files of the night's day that are behind anew, and the reasons that score left of it."""
    of_day = {path: count for path, count in behind.items() if path.parent.parent == night.files.day(night.day)}
    reasons = night.files.scored(night.day, "evidence")
    with amend.amending(night) as new:
        for path, count in of_day.items():
            columns = night.model.feeds[path.stem].tokens
            _rewrite(path, new, ring, partial(_renewed_columns, columns=columns, keys=ring.keys[count:]))
        if reasons.is_file():
            keys = ring.keys[_under(reasons, ring, of_day) :]
            _rewrite(reasons, new, ring, partial(_renewed_reasons, renewed=_renewed(night.model, keys)))


def _under(reasons: Path, ring: Keyring, of_day: dict[Path, int]) -> int:
    """Return under how many of the keys the reasons of a day are: what score leaves, says no more than the rows do."""
    name = keyring.marked_with(reasons)
    return ring.count(name, reasons) if name else min(of_day.values())


def _rewrite(path: Path, new: Path, ring: Keyring, change: Callable[[pa.Table], pa.Table]) -> None:
    folder = new / path.parent.name
    folder.mkdir(exist_ok=True)
    rewrite(path, folder / path.name, change, marks=ring.mark)


def _renewed_columns(rows: pa.Table, columns: tuple[str, ...], keys: tuple[bytes, ...]) -> pa.Table:
    for name in columns:
        new = tokens.rotated(rows[name].combine_chunks(), keys)
        rows = rows.set_column(rows.column_names.index(name), name, new)
    return rows


def _renewed_reasons(rows: pa.Table, renewed: Renewed) -> pa.Table:
    facets, identifiers = rows["facet"].to_pylist(), rows["identifiers"].to_pylist()
    new = [found and renewed(facet, found) for facet, found in zip(facets, identifiers, strict=True)]
    place = rows.column_names.index("identifiers")
    return rows.set_column(place, "identifiers", pa.array(new, rows.schema.field(place).type))


def _renewed(model: Model, keys: tuple[bytes, ...]) -> Renewed:
    """Return what makes identifiers of a facet anew: those that are tokens, and tokens within cells."""
    facets = set(_facets_of_tokens(model))
    in_cell = re.compile(_IN_CELL.format(facets="|".join(sorted(facets)) or "(?!)"))

    def token(found: str) -> str:
        return str(tokens.rotated(pa.array([found]), keys)[0])

    def renewed(facet: str, identifiers: list[str]) -> list[str]:
        if facet in facets:
            return [token(found) for found in identifiers]
        if facet == model.defaults.cell.facet:
            return [in_cell.sub(lambda side: f"{side[1]}={token(side[2])}", found) for found in identifiers]
        return identifiers

    return renewed


def _facets_of_tokens(model: Model) -> Iterator[str]:
    for feed in model.feeds.values():
        yield from (one.evidence.facet for one in feed.relationships.values() if one.to.source in feed.tokens)
        yield from (trait.evidence.facet for trait in feed.traits.values() if trait.column in feed.tokens)
