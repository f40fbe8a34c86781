"""How a CSV file is written, found out by reading it once: encoding, delimiter, header, and quotes inside of quotes."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

from ringwatch.errors import DataRefused
from ringwatch.gate.arrivals import Arrived, decoded, marked, refuse_repeated
from ringwatch.gate.dialect import BACKSLASH, Check
from ringwatch.gate.unpacking import PIECE
from ringwatch.mapping import Names

DELIMITERS = ",;\t|"

_CODE_PAGES = ["cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "euc_kr"]

# The line in which Excel says what stands between values.
_SAID_DELIMITER = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)


def survey(arrived: Arrived, names: Names, encoding: str | None, delimiter: str | None, escape: str | None) -> Arrived:
    mark = marked(arrived)
    try:
        return _scan(arrived, names, encoding or mark or "utf-8", delimiter, escape)
    except UnicodeDecodeError:
        if encoding or mark:
            raise
    guessed = _guess(arrived)
    note = f"{arrived.name}: it is not UTF-8 and was read as {guessed}; the setting csv_encoding declares another"
    return replace(_scan(arrived, names, guessed, delimiter, escape), note=note)


def _scan(arrived: Arrived, names: Names, encoding: str, delimiter: str | None, escape: str | None) -> Arrived:
    """Decode the whole file and return what it is. Raises UnicodeDecodeError where it is in another encoding."""
    size, last, preamble = 0, "\n", 0
    between, header = delimiter or ",", tuple[str, ...]()
    ways: tuple[Check, ...] = ()
    for number, text in enumerate(decoded(arrived, encoding)):
        if number == 0:
            said = _SAID_DELIMITER.match(text)
            preamble, start = (1, text[said.end() :]) if said else (0, text)
            between = delimiter or (
                said[1]
                if said
                else max(DELIMITERS, key=lambda mark: names.known_in(_header(start, mark, arrived.quote)))
            )
            header = tuple(_header(start, between, arrived.quote))
            if not header:
                raise ValueError("its first line is empty, and must name the columns")
            ways = tuple(Check(between, arrived.quote, sign) for sign in _signs(arrived.quote, escape))
        for way in ways:
            way.feed(text)
        size += 4 * len(text)  # no letter takes more bytes
        last = text[-1]
    for way in ways:
        way.finish()
    found = replace(
        arrived,
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        delimiter=between,
        header=header,
        unpacked=size,
        ended=last in "\r\n",
        unquoted=any(way.open for way in ways[:1]),
        escape=_way(arrived, ways).escape if ways else arrived.quote,
        preamble=preamble,
    )
    refuse_repeated(found.path, found.named)
    return found


def _signs(quote: str, escape: str | None) -> tuple[str, ...]:
    """What may stand before a quote inside of quotes."""
    return (escape,) if escape else (quote, BACKSLASH)


def _way(arrived: Arrived, ways: tuple[Check, ...]) -> Check:
    """The way in which the file writes quotes inside of quotes. Raises DataRefused when it cannot be told."""
    usual, *others = ways
    if any(way.escaped for way in ways) and others:
        fitting = [way for way in ways if way.fits]
        if len(fitting) == 1:
            return fitting[0]
        raise DataRefused(
            f"{arrived.path}: quotes inside of quotes are doubled here and behind a backslash there, or it cannot be "
            "told which; have all written in one way, or declare it with the setting csv_escape"
        )
    if usual.goes_on:
        raise DataRefused(
            f"{arrived.path}: a value goes on behind its closing quote (line {usual.line:,}); double the quotes inside "
            "of it, or declare csv_quote or csv_escape"
        )
    return usual


def _header(text: str, delimiter: str, quote: str = '"') -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, quotechar=quote), [])
    except csv.Error:  # a name longer than any
        return []


def _guess(arrived: Arrived) -> str:
    """Return the code page of the lines that are not ASCII."""
    from charset_normalizer import from_bytes

    telling = bytearray()
    with arrived.open() as stream:
        while len(telling) < PIECE and (lines := stream.readlines(PIECE)):
            telling += b"".join(line for line in lines if not line.isascii())
    best = from_bytes(bytes(telling[:PIECE]), cp_isolation=_CODE_PAGES).best()
    if best is None:
        raise ValueError("its text is in no known encoding; declare it with the setting csv_encoding")
    return best.encoding
