"""What others keep lists of, as data with its sources."""

from __future__ import annotations

import ipaddress
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_FOLDER = Path(__file__).parent


@cache
def special_addresses(family: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Blocks of `ipv4` or `ipv6` addresses that are no single machine's, in order, apart from each other."""
    blocks: Any = map(ipaddress.ip_network, _read("special_addresses.yml")[family])
    return tuple(sorted(ipaddress.collapse_addresses(blocks)))


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load((_FOLDER / name).read_text(encoding="utf-8"))
    return content
