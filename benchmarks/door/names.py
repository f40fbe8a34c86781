"""Texts for numbered accounts and identifiers, as Arrow columns: millions in seconds, the same number the same text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.simulate.hashing import below, mix

_FIRST = pa.array(["ada", "ben", "cleo", "dina", "emil", "fay", "gus", "ida", "jon", "kim", "lea", "max", "nia"])
_LAST = pa.array(["ames", "bauer", "cole", "diaz", "eng", "fox", "gray", "hill", "ito", "jung", "khan", "lima", "mora"])
_DOMAINS = pa.array(["gmail.com"] * 9 + ["outlook.com"] * 4 + ["yahoo.co.uk", "proton.me", "web.de", "qq.com"])
_TAGS = pa.array([""] * 24 + ["+news", "+1"])
_PREFIXES = pa.array(["+12025", "+14152", "+49151", "+4475", "+3361"])
_DIGITS = np.array([6, 6, 8, 8, 7])

# Blocks of one agency that does not announce them: addresses of nobody.
_SLASH_8 = np.array([11, 21, 22, 26, 28, 29, 30, 33, 55])
_BYTES = pa.array([str(i) for i in range(256)])
_GROUPS = pa.array([f"{i:x}" for i in range(1, 1 << 16)])


def tokens(prefix: str, number: np.ndarray) -> pa.Array:
    """Return `prefix` and 16 hexadecimal digits."""
    digits = np.frombuffer(mix(number, 1).astype(">u8").tobytes().hex().encode(), dtype="S16")
    return pc.binary_join_element_wise(prefix, pa.array(digits).cast(pa.string()), "")


def emails(number: np.ndarray) -> pa.Array:
    """Return mail addresses, every mailbox different, some with a tag."""
    first, last = _pick(_FIRST, number, 2), _pick(_LAST, number, 3)
    local = pc.binary_join_element_wise(first, last, pa.array(number).cast(pa.string()), ".")
    return pc.binary_join_element_wise(local, _pick(_TAGS, number, 4), "@", _pick(_DOMAINS, number, 5), "")


def phones(number: np.ndarray) -> pa.Array:
    """Return numbers in E.164, as long as numbers of their country are."""
    country = below(len(_PREFIXES), number, 6)
    digits = pa.array(mix(number, 7) % 10**8).cast(pa.string())
    padded = pc.utf8_lpad(digits, 8, "0")
    subscriber = pc.choose(
        country, *(pc.utf8_slice_codeunits(padded, start=8 - count, stop=8) for count in _DIGITS.tolist())
    )
    return pc.binary_join_element_wise(_PREFIXES.take(pa.array(country)), subscriber, "")


def addresses(number: np.ndarray) -> pa.Array:
    """Return IP addresses: six of seven IPv4, the others IPv6 of which the /64 is the number's own."""
    drawn = mix(number, 8)
    parts = [_BYTES.take(pa.array((drawn >> np.uint64(shift)) & np.uint64(255))) for shift in (0, 8, 16)]
    four = pc.binary_join_element_wise(_BYTES.take(pa.array(_SLASH_8[below(len(_SLASH_8), number, 9)])), *parts, ".")
    groups = [_GROUPS.take(pa.array((drawn >> np.uint64(shift)) % np.uint64(len(_GROUPS)))) for shift in (0, 16, 32)]
    six = pc.binary_join_element_wise("2a02", *groups, ":")
    return pc.if_else(below(7, number, 10) == 0, pc.binary_join_element_wise(six, "::1", ""), four)


def _pick(words: pa.Array, number: np.ndarray, purpose: int) -> Any:
    return words.take(pa.array(below(len(words), number, purpose)))
