"""Identifiers as they are shown to who has not revealed them: enough to tell them apart, too little to use."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "•••"
_KIND = re.compile(r"^[a-z_]+: ")
_IPV4 = re.compile(r"^(\d{1,3}\.\d{1,3})\.\d{1,3}(?:\.\d{1,3})?(?:/\d+)?$")


def masked(identifier: str) -> str:
    """Return half of an IPv4 address, else the first letters: "203.0.•••", "a41f•••", "device: a41f•••"."""
    if kind := _KIND.match(identifier):
        return kind[0] + masked(identifier[kind.end() :])
    if found := _IPV4.match(identifier):
        return f"{found[1]}.{HIDDEN}"
    shown = min(4, len(identifier) // 3)
    return identifier[:shown] + HIDDEN


def without(text: str, identifiers: Iterable[str]) -> str:
    """Return the text with each identifier masked, the longest first, as one may be part of another."""
    for identifier in sorted(filter(None, identifiers), key=len, reverse=True):
        text = text.replace(identifier, masked(identifier))
    return text
