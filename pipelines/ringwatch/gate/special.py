"""Addresses that identify nobody, by IANA's registries: canonical addresses in, those of machines out."""

from __future__ import annotations

import socket
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.registries import special_addresses

_PREFIX = "/64"
_HALF = 8  # bytes of an IPv6 address that it counts by
_WEIGHTS = np.array([1 << 24, 1 << 16, 1 << 8, 1])

Bounds = npt.NDArray[np.unsignedinteger[Any]]


def machines(addresses: Any) -> Any:
    """Return canonical addresses (`canonical.ip`) without those that are another machine's in each network."""
    four = pc.fill_null(pc.invert(pc.match_substring(addresses, ":")), False).to_numpy(zero_copy_only=False)
    six = pc.fill_null(pc.match_substring(addresses, ":"), False).to_numpy(zero_copy_only=False)
    special = np.zeros(len(addresses), dtype=bool)
    special[four] = _within(_four(addresses.filter(pa.array(four))), *_blocks("ipv4"))
    special[six] = _within(_six(addresses.filter(pa.array(six))), *_blocks("ipv6"))
    return pc.if_else(pa.array(special), pa.scalar(None, pa.string()), addresses)


def _four(addresses: Any) -> Bounds:
    octets = pc.split_pattern(addresses, ".").flatten().cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.asarray(octets.reshape(-1, len(_WEIGHTS)) @ _WEIGHTS, dtype=np.uint64)


def _six(addresses: Any) -> Bounds:
    """The first 64 bits of each address."""
    coded = addresses.dictionary_encode()
    read = [
        socket.inet_pton(socket.AF_INET6, text.removesuffix(_PREFIX))[:_HALF] for text in coded.dictionary.to_pylist()
    ]
    numbers = np.array([int.from_bytes(half) for half in read], dtype=np.uint64)
    return np.asarray(numbers[coded.indices.to_numpy(zero_copy_only=False)])


def _within(numbers: Bounds, first: Bounds, last: Bounds) -> npt.NDArray[np.bool_]:
    place = np.searchsorted(first, numbers, side="right") - 1
    return np.asarray((place >= 0) & (numbers <= last[np.maximum(place, 0)]))


@cache
def _blocks(family: str) -> tuple[Bounds, Bounds]:
    """First and last address of each block, in order; of IPv6 addresses their first 64 bits."""
    unseen = 64 if family == "ipv6" else 0
    edges = [(int(block[0]) >> unseen, int(block[-1]) >> unseen) for block in special_addresses(family)]
    first, last = np.array(edges, dtype=np.uint64).T
    return first, last
