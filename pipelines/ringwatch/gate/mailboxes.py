"""Which mailbox an address is delivered to, by what its provider tells mailboxes apart: valid addresses in and out."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.registries import Provider, mail_providers

_ELSEWHERE = Provider(domains=())


def delivered(addresses: Any) -> Any:
    """Return the mailbox of each address, which is in small letters: one spelling for each."""
    names, domains = _of_subdomains(
        pc.replace_substring_regex(addresses, "@.*", ""), pc.replace_substring_regex(addresses, ".*@", "")
    )
    found = _mailboxes(names, domains, _ELSEWHERE)
    for provider in _particular():
        there = pc.is_in(domains, pa.array(provider.domains))
        if pc.any(there).as_py():
            own = _mailboxes(names.filter(there), domains.filter(there), provider)
            found = pc.replace_with_mask(found, there, own)
    return found


def _of_subdomains(names: Any, domains: Any) -> tuple[Any, Any]:
    """Names and domains, where whatever is sent to NAME.domain goes to the mailbox NAME that one."""
    parts = pc.extract_regex(domains, _subdomains())
    there = parts.is_valid()
    if not pc.any(there).as_py():
        return names, domains
    users = pc.if_else(there, pc.struct_field(parts, "user"), names)
    return users, pc.if_else(there, pc.struct_field(parts, "domain"), domains)


def _mailboxes(names: Any, domains: Any, provider: Provider) -> Any:
    tags = re.escape(provider.tags)
    names = pc.replace_substring_regex(names, rf"\A([^{tags}]+)[{tags}].*\z", r"\1")
    for sign in provider.alike[1:]:
        names = pc.replace_substring(names, sign, provider.alike[0])
    if provider.ignored:
        bare = pc.replace_substring_regex(names, f"[{re.escape(provider.ignored)}]", "")
        names = pc.if_else(pc.equal(bare, ""), names, bare)
    return pc.binary_join_element_wise(names, pa.scalar(provider.one) if provider.one else domains, "@")


@cache
def _particular() -> tuple[Provider, ...]:
    """Providers that tell mailboxes apart in another way than is done elsewhere."""
    return tuple(each for each in mail_providers() if each.one or each.ignored or each.alike or each.tags != "+")


@cache
def _subdomains() -> str:
    domains = chain.from_iterable(provider.domains for provider in mail_providers() if provider.subdomains)
    return rf"\A(?P<user>[a-z0-9-]+)\.(?P<domain>{'|'.join(map(re.escape, domains))})\z"
