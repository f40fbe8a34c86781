"""Card numbers, which nobody but a payment provider may keep (PCI DSS): found, to be refused or put out of sight.

A card number has the first digits and the length of an issuer (`card_numbers` in `schemas/defaults.yml`) and a check
digit by Luhn (ISO/IEC 7812-1, annex B). Spaces, dashes, dots and slashes between its digits do not matter, nor text
around it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate.spelling import match
from ringwatch.model import Issuer

# What is kept in place of a value with a card number. It is no value itself.
MASK = "(card number, not kept)"

_SEPARATOR = r"[\s./_-]{1,3}"
_RUN = re.compile(rf"(?<![0-9A-Za-z])[0-9]+(?:{_SEPARATOR}[0-9]+)*(?![0-9A-Za-z])")
_FEWEST, _MOST = 13, 19
_MAY_HOLD = rf"[0-9](?:[\s./_-]{{0,3}}[0-9]){{{_FEWEST - 1}}}"
_SEPARATED = rf"[0-9]{_SEPARATOR}[0-9]"
_DIGITS = rf"\A[0-9]{{{_FEWEST},{_MOST}}}\z"

# How the digits of a card are grouped on it.
_GROUPED = {
    (4, 4, 4, 4),
    (4, 6, 5),
    (4, 6, 4),
    (4, 4, 4, 4, 1),
    (4, 4, 4, 4, 2),
    (4, 4, 4, 4, 3),
    (4, 3, 3, 3),
    (4, 4, 5),
}

Issuers = tuple[Issuer, ...]


def hold_card(texts: Any, issuers: Issuers, bare: bool) -> Any:
    """Return for each text whether it holds a card number; `bare`: digits that are not grouped as on a card count, too.

    Only by their look long numbers without groups cannot be told from ids of other kinds.
    """
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    folded = _folded(texts)
    likely = match(folded, _MAY_HOLD, pc.greater_equal(pc.binary_length(folded), _FEWEST))
    if not bare:
        likely = match(folded, _SEPARATED, likely)
    if pc.any(likely).as_py():
        likely = pc.replace_with_mask(likely, likely, _are_cards(folded.filter(likely), issuers, bare))
    return pc.or_(likely, pc.fill_null(pc.equal(texts, MASK), False))


def masked(value: Any, issuers: Issuers) -> Any:
    """Return a value, or MASK when its text holds what may be a card number."""
    text = value if isinstance(value, str) else str(value)
    if len(text) < _FEWEST or not isinstance(value, str | int | float | Decimal):
        return value
    return MASK if _holds(_fold(text), issuers, bare=True) else value


def _are_cards(texts: Any, issuers: Issuers, bare: bool) -> Any:
    """Return for each text whether it holds a card number. There may be millions: few are read one by one."""
    likely = _check_digits_fit(texts)
    numbers = [_holds(text, issuers, bare) for text in texts.filter(likely).to_pylist()]
    return pc.replace_with_mask(likely, likely, pa.array(numbers, pa.bool_()))


def _check_digits_fit(texts: Any) -> Any:
    """Return for each text of digits alone whether its check digit fits, true for others."""
    digits = pc.match_substring_regex(texts, _DIGITS)
    padded = pc.utf8_lpad(texts.filter(digits), _MOST, "0")  # zeros before a number change no sum
    rows = np.frombuffer("".join(padded.to_pylist()).encode(), np.uint8).reshape(-1, _MOST) - ord("0")
    doubled = 2 * rows[:, -2::-2]
    sums = (doubled // 10 + doubled % 10).sum(axis=1, dtype=np.int64) + rows[:, -1::-2].sum(axis=1, dtype=np.int64)
    return pc.replace_with_mask(pc.invert(digits), digits, pc.equal(pa.array(sums % 10), 0))


def _folded(texts: Any) -> Any:
    ascii_only = pc.fill_null(pc.string_is_ascii(texts), True)
    if pc.all(ascii_only).as_py():
        return texts
    other = pc.invert(ascii_only)
    return pc.replace_with_mask(texts, other, pa.array(map(_fold, texts.filter(other).to_pylist()), pa.string()))


def _fold(text: str) -> str:
    """Text with the digits, spaces and dashes of all scripts as those of ASCII, without what cannot be seen."""
    return text if text.isascii() else "".join(map(_plain, text))


def _plain(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    return {"Zs": " ", "Pd": "-", "Cf": ""}.get(unicodedata.category(letter), letter)


def _holds(text: str, issuers: Issuers, bare: bool) -> bool:
    return any(_is_card(digits, issuers) for run in _RUN.findall(text) for digits in _numbers(run, bare))


def _numbers(run: str, bare: bool) -> Iterator[str]:
    """Yield the numbers that digits with separators between them may be, each without these."""
    groups = re.split(_SEPARATOR, run)
    if bare:
        yield "".join(groups)
        yield from groups
    for size in sorted({len(grouping) for grouping in _GROUPED}):
        for start in range(len(groups) - size + 1):
            part = groups[start : start + size]
            if tuple(map(len, part)) in _GROUPED:
                yield "".join(part)


def _is_card(digits: str, issuers: Issuers) -> bool:
    if not _FEWEST <= len(digits) <= _MOST:
        return False
    known = _lengths(issuers)
    issued = any(len(digits) in known.get(digits[:size], ()) for size in range(1, 7))
    return issued and _check_digit_fits(digits)


def _check_digit_fits(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


@cache
def _lengths(issuers: Issuers) -> dict[str, frozenset[int]]:
    """Numbers of digits of cards by their first digits."""
    found: dict[str, frozenset[int]] = {}
    for issuer in issuers:
        for begin in issuer.begin:
            first, _, last = begin.partition("-")
            for number in range(int(first), int(last or first) + 1):
                digits = str(number).zfill(len(first))
                found[digits] = found.get(digits, frozenset()) | frozenset(issuer.digits)
    return found
