"""The one form of a value: Arrow text in, text of the same length out, null for what is none.

What is plain already, by far the most, is recognised by regular expressions in one go; the rest is read one by one.
Both ways give the same (`tests/unit/gate/test_canonical.py` holds them to each other).
"""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# Unicode categories of characters that people cannot see: controls, format and direction marks, surrogates, no letters.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Marks between letters that Persian and Indic scripts are not written without.
_JOINERS = "\u200c\u200d"

# Codes that CLDR has besides those of countries: groups of them, none, and made-up ones for tests.
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"\A{_OCTET}(?:\.{_OCTET}){{3}}\z"

_PREFIX = "/64"  # of the network that an IPv6 address counts as
_MAPPED = b"\0" * 10 + b"\xff\xff"  # RFC 4291, 2.5.5.2
_TRANSLATED = bytes.fromhex("0064ff9b") + b"\0" * 8  # RFC 6052, 2.1: IPv4 behind NAT64
_6TO4 = bytes.fromhex("2002")  # RFC 3056, 2: the IPv4 address of the router follows


def text(values: Any) -> Any:
    """Text in Unicode's composed form (NFC), so that what looks the same is the same; null with invisible controls."""
    return unless(pc.ascii_is_printable(values), values, values, plain_text)


def country(values: Any) -> Any:
    """Codes of ISO 3166, two capitals."""
    from babel import Locale

    known = {code for code in Locale("en").territories if len(str(code)) == 2} - _NO_COUNTRIES
    return _each(values, lambda code: code.upper() if code.isascii() and code.upper() in known else None)


def currency(values: Any) -> Any:
    """Codes of ISO 4217, three capitals."""
    from babel.numbers import is_currency

    return _each(values, lambda code: code.upper() if code.isascii() and is_currency(code.upper()) else None)


def ip(values: Any) -> Any:
    """IPv4 addresses as they are, also out of IPv6 addresses that hold them; other IPv6 addresses as their /64."""
    return unless(pc.match_substring_regex(values, _IPV4), values, values, network)


def unless(plain: Any, fast: Any, values: Any, read: Callable[[str], str | None]) -> Any:
    """Return `fast` where `plain` holds, and what `read` makes of the value elsewhere."""
    other = pc.invert(pc.fill_null(plain, True))
    if not pc.any(other).as_py():
        return fast
    return pc.replace_with_mask(fast, other, _each(values.filter(other), read))


def plain_text(value: str) -> str | None:
    composed = unicodedata.normalize("NFC", value)
    hidden = any(unicodedata.category(letter) in _INVISIBLE for letter in composed if letter not in _JOINERS)
    return None if hidden else composed


def network(text: str) -> str | None:
    """What an address counts as, None when it is none; what it counts as counts as itself.

    Forms that some libraries take for an address and others for another one (octal, hexadecimal, one number) are none.
    """
    address = text.removesuffix(_PREFIX)
    try:
        if "%" in address:  # the zone of an IPv6 address says nothing to others
            address = str(ipaddress.IPv6Address(address)).partition("%")[0]
        if ":" not in address:
            return str(ipaddress.IPv4Address(text))
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return None
    whole = text.endswith(_PREFIX)
    if whole and any(packed[8:]):
        return None
    return _held(packed, whole) or socket.inet_ntop(socket.AF_INET6, packed[:8] + b"\0" * 8) + _PREFIX


def _held(packed: bytes, network: bool) -> str | None:
    """The IPv4 address that an IPv6 address or network holds."""
    if packed[:2] == _6TO4:
        return socket.inet_ntoa(packed[2:6])
    if packed[:12] in (_MAPPED, _TRANSLATED) and not network:
        return socket.inet_ntoa(packed[12:])
    return None


def _each(values: Any, read: Callable[[str], str | None]) -> Any:
    return pa.array([None if value is None else read(value) for value in values.to_pylist()], pa.string())
