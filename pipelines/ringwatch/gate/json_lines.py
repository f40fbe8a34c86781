"""Lines of JSON, an object each, as columns of text: numbers stay as they are written, so that no digit is lost.

In: a file's lines in blocks. Out: keys and values of all objects of a block, and the lines that are no plain object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from ringwatch.gate.pieces import BLOCK_BYTES, Numbers

_Object = dict[str, str | None]

# What a value may be, as the decoder gives it: numbers are texts.
_PLAIN = {str, bool, type(None)}


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# Objects are the pairs they name, so that a key that is there twice is seen.
_DECODER = json.JSONDecoder(object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=_refuse_constant)


@dataclass(frozen=True)
class Block:
    """Lines that follow each other.

    objects: those that are plain objects, their values as text; lines: the line of each, from 1; broken: line, rule and
    text of the others, blank ones left out; whole: whether a line break ends the last one.
    """

    objects: Sequence[_Object]
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
        return list(dict.fromkeys(chain.from_iterable(self.objects)))

    def table(self, names: Sequence[str]) -> pa.Table:
        """Return the values of these keys, null where an object does not have one, a row for each object."""
        return pa.table({name: pa.array([one.get(name) for one in self.objects], pa.string()) for name in names})


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
    except (ValueError, RecursionError):  # one of them is odd: which?
        return _one_by_one(filled, numbers, whole)


def _together(lines: list[str]) -> list[_Object]:
    """Read lines in one go, with a number between them, so that two do not make one object.

    Raises ValueError for odd ones.
    """
    found = _DECODER.decode("[" + ",0,".join(lines) + "]") if lines else []
    if set(map(type, found[::2])) - {tuple} or set(found[1::2]) - {"0"} or len(found[::2]) != len(lines):
        raise ValueError("these are not one object a line")
    pairs = found[::2]
    objects = [dict(each) for each in pairs]
    if sum(map(len, objects)) != sum(map(len, pairs)):
        raise ValueError("an object names a key twice")
    types = set(map(type, chain.from_iterable(map(dict.values, objects))))
    if types - _PLAIN:
        raise ValueError("a value is an object or a list")
    _refuse_broken_text(objects)
    return list(map(_texts, objects)) if bool in types else objects


def _texts(found: dict[str, Any]) -> _Object:
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in found.items()}


def _refuse_broken_text(objects: Iterable[dict[str, Any]]) -> None:
    """Raise UnicodeEncodeError, a ValueError, for halves of characters."""
    words = chain.from_iterable(chain(one, one.values()) for one in objects)
    "".join(word for word in words if isinstance(word, str)).encode()


def _one_by_one(lines: list[str], numbers: Numbers, whole: bool) -> Block:
    objects: list[_Object] = []
    placed: list[int] = []
    broken: list[tuple[int, str, str]] = []
    for number, line in zip(numbers.tolist(), lines, strict=True):
        found = _object(line)
        if isinstance(found, str):
            broken.append((number, found, line))
        else:
            objects.append(found)
            placed.append(number)
    return Block(objects, np.array(placed, dtype=np.int64), tuple(broken), whole)


def _object(line: str) -> _Object | str:
    """Return an object, or the rule that a line breaks."""
    try:
        found = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return "the line is not JSON"
    if not isinstance(found, tuple):
        return "the line is no JSON object"
    pairs: dict[str, Any] = {}
    for key, value in found:
        if key in pairs:
            return f"the object names {key!r} twice"
        if isinstance(value, tuple | list):
            return f"the value of {key!r} is an object or a list, not one value"
        pairs[key] = value
    try:
        _refuse_broken_text([pairs])
    except UnicodeEncodeError:
        return "the line holds text that is not Unicode"
    return _texts(pairs)
