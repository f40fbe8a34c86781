"""What others keep lists of, as data with its sources: special addresses, and one mailbox by mail provider."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ringwatch import quick_yaml

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Provider:
    """What a mail provider takes for one mailbox. Everywhere a tag behind `+` is none of the name, and case is not.

    domains: at which it has mailboxes; one: the domain that stands for all of them, when a name is the same mailbox at
    each; ignored: signs in a name that are as if they were not there; alike: signs in a name that stand for one
    another; tags: signs that begin a tag; subdomains: whether whatever is sent to NAME.domain goes to the mailbox NAME.
    """

    domains: tuple[str, ...]
    one: str | None = None
    ignored: str = ""
    alike: str = ""
    tags: str = "+"
    subdomains: bool = False


@cache
def mail_providers() -> tuple[Provider, ...]:
    listed = _read("mail_providers.yml").values()
    return tuple(Provider(**said | {"domains": tuple(said["domains"])}) for said in listed)


@cache
def provider_domains() -> frozenset[str]:
    """Mail domains of providers, at which anybody may have an address."""
    return frozenset(domain for provider in mail_providers() for domain in provider.domains)


@cache
def special_addresses(family: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Blocks of `ipv4` or `ipv6` addresses that are no single machine's, in order, apart from each other."""
    blocks: Any = map(ipaddress.ip_network, _read("special_addresses.yml")[family])
    return tuple(sorted(ipaddress.collapse_addresses(blocks)))


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = quick_yaml.load((_FOLDER / name).read_text(encoding="utf-8"))
    return content
