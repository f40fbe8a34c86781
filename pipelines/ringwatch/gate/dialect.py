"""How a CSV file writes a quote inside of quotes: doubled (RFC 4180), or behind a backslash as Spark and MySQL do.

It is told from the whole file: only in one of the two ways does every quoted value end where a value may end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from functools import cache

from ringwatch.gate.pieces import BLOCK_BYTES

BACKSLASH = "\\"


class Check:
    """Whether a text, given in pieces, is CSV in one of the two ways; `escape` is the quote itself or a backslash.

    line: how far it was looked at; goes_on: a value goes on behind its closing quote; open: the text ends within
    quotes; escaped: there is a quote behind a backslash in a quoted value.
    """

    def __init__(self, delimiter: str, quote: str, escape: str) -> None:
        self.goes_on = self.open = self.escaped = False
        self._quote, self.escape, self.line = quote, escape, 1
        self._whole, self._odd = _patterns(delimiter, quote, escape)
        self._behind = _behind(delimiter, quote)
        self._rest = ""

    @property
    def fits(self) -> bool:
        return not (self.goes_on or self.open)

    def feed(self, text: str) -> None:
        """Look at the next piece."""
        if self.goes_on:
            return
        text = self._rest + text
        end = max(text.rfind("\n"), text.rfind("\r")) + 1  # without quotes, no value is longer than its line
        if self._quote in text:
            self.escaped = self.escaped or bool(self._behind.search(text))
            end = _matched(self._whole, text)
        self.line += text.count("\n", 0, end)
        self._rest = text[end:]
        self.goes_on = bool(self._odd.match(self._rest))
        self.goes_on = self.goes_on or len(self._rest) > BLOCK_BYTES

    def finish(self) -> None:
        """Look at what is left when there is no more."""
        self.open = not self.goes_on and not self._whole.fullmatch(self._rest + "\n")


def doubled(texts: Iterable[str], delimiter: str, quote: str) -> Iterator[bytes]:
    r"""Yield CSV with quotes behind backslashes as UTF-8 with doubled ones; `\\` inside of quotes is one backslash."""
    whole, _ = _patterns(delimiter, quote, BACKSLASH)
    mark = re.escape(quote)
    value = re.compile(rf"(?<!{_inside(delimiter)}){mark}{_content(quote, BACKSLASH)}{mark}", re.DOTALL)
    escaped = re.compile(rf"\\([\\{mark}])")

    def plain(found: re.Match[str]) -> str:
        inner = escaped.sub(lambda sign: quote * 2 if sign[1] == quote else sign[1], found[0][1:-1])
        return f"{quote}{inner}{quote}"

    rest = ""
    for text in texts:
        rest += text
        end = _matched(whole, rest)
        yield value.sub(plain, rest[:end]).encode()
        rest = rest[end:]
    yield value.sub(plain, rest).encode()


class Stream(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the base class says any buffer
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


@cache
def _behind(delimiter: str, quote: str) -> re.Pattern[str]:
    """A quote behind a backslash in a quoted value."""
    mark = re.escape(quote)
    return re.compile(rf"(?:\A|{_end(delimiter)}){mark}[^{mark}]*\\{mark}")


@cache
def _patterns(delimiter: str, quote: str, escape: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of values that are whole with what ends each, and of a value that goes on behind its closing quote."""
    end, inside, mark = _end(delimiter), _inside(delimiter), re.escape(quote)
    quoted = f"{mark}{_content(quote, escape)}{mark}"
    bare = rf"(?!{mark}){inside}++"
    again = mark if escape == quote else ""  # it may be the first of a doubled one
    whole = re.compile(rf"(?:(?:{quoted}|{bare})?+{end})*+", re.DOTALL)
    return whole, re.compile(rf"{quoted}(?!{again}){inside}" if again else f"{quoted}{inside}", re.DOTALL)


def _content(quote: str, escape: str) -> str:
    mark = re.escape(quote)
    if escape == quote:
        return rf"[^{mark}]*+(?:{mark}{mark}[^{mark}]*+)*+"
    return rf"[^{mark}\\]*+(?:\\.[^{mark}\\]*+)*+"


def _end(delimiter: str) -> str:
    return rf"[{re.escape(delimiter)}\r\n]"


def _inside(delimiter: str) -> str:
    return rf"[^{re.escape(delimiter)}\r\n]"


def _matched(whole: re.Pattern[str], text: str) -> int:
    found = whole.match(text)
    return found.end() if found else 0
