"""Lines of JSON, an object each, as columns of text: numbers stay as they are written, so that no digit is lost.

In: a file's lines in blocks. Out: keys and values of all objects of a block, and the lines that are no plain object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate.pieces import BLOCK_BYTES, Numbers

# Objects are the pairs they name, so that a key that is there twice is seen.
_PAIRS = pa.map_(pa.string(), pa.string())


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=_refuse_constant)


@dataclass(frozen=True)
class Block:
    """Lines that follow each other.

    objects: the pairs of those that are plain objects (an Arrow map of texts); lines: the line of each, from 1;
    broken: line, rule and text of the others, blank ones left out; whole: whether a line break ends the last one.
    """

    objects: pa.MapArray
    lines: Numbers
    broken: tuple[tuple[int, str, str], ...]
    whole: bool = True

    @property
    def starts_broken(self) -> bool:
        """Whether its first line that is not blank is no plain object."""
        return bool(self.broken) and not any(self.lines[:1] < self.broken[0][0])

    @property
    def keys(self) -> list[str]:
        """Names of the keys, in the order in which they come."""
        keys: list[str] = pc.unique(self.objects.keys).to_pylist()
        return keys

    def table(self, names: Sequence[str]) -> pa.Table:
        """Return the values of these keys, null where an object does not have one, a row for each object."""
        rows = np.repeat(np.arange(len(self.objects)), np.diff(self.objects.offsets))
        coded = self.objects.keys.dictionary_encode()
        codes, known = coded.indices.to_numpy(), coded.dictionary.to_pylist()
        here = {name: codes == known.index(name) for name in names if name in known}
        return pa.table({name: self._values(rows, here.get(name)) for name in names})

    def _values(self, rows: Numbers, here: Any) -> pa.Array:
        place = np.full(len(self.objects), -1)
        if here is not None:
            place[rows[here]] = np.flatnonzero(here)
        return self.objects.items.take(pa.array(place, mask=place < 0))


def blocks(texts: Iterable[str]) -> Iterator[Block]:
    """Yield the lines of a file, given in pieces of text. Raises ValueError for a line that is longer than a block."""
    first, rest = 1, ""
    for text in texts:
        *lines, rest = (rest + text).split("\n")
        if len(rest) > BLOCK_BYTES:
            raise ValueError(f"line {first + len(lines):,} is longer than {BLOCK_BYTES >> 20} MB")
        if lines:
            yield _block(lines, first)
        first += len(lines)
    if rest:
        yield _block([rest], first, whole=False)


def _block(lines: list[str], first: int, whole: bool = True) -> Block:
    numbers = np.array([first + i for i, line in enumerate(lines) if line and not line.isspace()], dtype=np.int64)
    filled = [lines[i - first] for i in numbers]
    try:
        return Block(_together(filled), numbers, (), whole)
    except (ValueError, TypeError, pa.ArrowException, RecursionError):  # one of them is odd: which?
        return _one_by_one(filled, numbers, whole)


def _together(lines: list[str]) -> pa.MapArray:
    """Read lines in one go, with a number between them, so that two do not make one object. Fails for odd ones."""
    found = _DECODER.decode("[" + ",0,".join(lines) + "]") if lines else []
    if set(map(type, found[::2])) - {tuple} or set(found[1::2]) - {"0"} or len(found[::2]) != len(lines):
        raise ValueError("these are not one object a line")
    objects = pa.array(found[::2], _PAIRS)
    if _has_double_keys(objects):
        raise ValueError("an object names a key twice")
    return objects


def _has_double_keys(objects: pa.MapArray) -> bool:
    coded = objects.keys.dictionary_encode()
    rows = np.repeat(np.arange(len(objects)), np.diff(objects.offsets))
    places = rows * max(len(coded.dictionary), 1) + coded.indices.to_numpy()
    return len(np.unique(places)) < len(places)


def _one_by_one(lines: list[str], numbers: Numbers, whole: bool) -> Block:
    objects: list[list[tuple[str, str | None]]] = []
    placed: list[int] = []
    broken: list[tuple[int, str, str]] = []
    for number, line in zip(numbers.tolist(), lines, strict=True):
        found = _object(line)
        if isinstance(found, str):
            broken.append((number, found, line))
        else:
            objects.append(found)
            placed.append(number)
    return Block(pa.array(objects, _PAIRS), np.array(placed, dtype=np.int64), tuple(broken), whole)


def _object(line: str) -> list[tuple[str, str | None]] | str:
    """Return the pairs of an object, or the rule that a line breaks."""
    try:
        found = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return "the line is not JSON"
    if not isinstance(found, tuple):
        return "the line is no JSON object"
    pairs: dict[str, str | None] = {}
    for key, value in found:
        if key in pairs:
            return f"the object names {key!r} twice"
        if isinstance(value, tuple | list):
            return f"the value of {key!r} is an object or a list, not one value"
        pairs[key] = str(value).lower() if isinstance(value, bool) else value
    try:
        "".join(text for pair in pairs.items() for text in pair if text).encode()
    except UnicodeEncodeError:
        return "the line holds text that is not Unicode"
    return list(pairs.items())
