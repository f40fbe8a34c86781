"""By what a ring can be known at another provider: marks that many of its members have and few others do.

Pure functions. In: marks of accounts. Out: values by kind, and their keyed hashes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Signature = dict[str, list[str]]

CADENCE = "cadence"
ALL_KINDS = ("address", CADENCE, "card_prefix", "device", "mail_domain", "network", "template")
# Kinds of which one in common is enough; of the others it takes two kinds.
STRONG = frozenset({"address", "device", "template"})
WORDS = {
    "address": ("IP address", "IP addresses"),
    "cadence": ("daily rhythm", "daily rhythms"),
    "card_prefix": ("card issuer and prefix", "card issuers and prefixes"),
    "device": ("device", "devices"),
    "mail_domain": ("mail domain", "mail domains"),
    "network": ("network", "networks"),
    "template": ("prompt template", "prompt templates"),
}
# A mark counts from so many members, so large a share of them, and so many times the share of all accounts on.
LEAST_MEMBERS, LEAST_SHARE, LEAST_LIFT = 2, 0.2, 10.0
MOST_VALUES = 50
# A rhythm is told from so many members on, and of so many hours at most.
LEAST_RHYTHMS, MOST_HOURS = 3, 12


def signature(marks: pd.DataFrame, hours: Mapping[str, int], population: int, members: Collection[str]) -> Signature:
    """Return values by kind, both sorted, of a ring of `members`.

    `marks` has account_id, kind, value, accounts (all that have it); `hours` has the mask of active hours by account.
    """
    own = marks[marks["account_id"].isin(set(members))]
    of_value = own.groupby(["kind", "value"], as_index=False)
    found = of_value.agg(n=("account_id", "nunique"), accounts=("accounts", "max"))
    share = found["n"] / max(len(members), 1)
    lift = share / (found["accounts"] / max(population, 1))
    telling = found[(found["n"] >= LEAST_MEMBERS) & (share >= LEAST_SHARE) & (lift >= LEAST_LIFT)]
    most = telling.sort_values(["kind", "n", "value"], ascending=[True, False, True]).groupby("kind").head(MOST_VALUES)
    values = {str(kind): sorted(group["value"]) for kind, group in most.groupby("kind")}
    rhythm = _rhythm([hours[account] for account in sorted(members) if account in hours])
    return values | ({CADENCE: [rhythm]} if rhythm else {})


def _rhythm(masks: list[int]) -> str:
    """The hours at which at least half of the members are active, unless these are most of a day."""
    if len(masks) < LEAST_RHYTHMS:
        return ""
    often = [hour for hour in range(24) if 2 * sum(mask >> hour & 1 for mask in masks) >= len(masks)]
    return ",".join(map(str, often)) if 0 < len(often) <= MOST_HOURS else ""


def hashed(values: Signature, salt: bytes) -> Signature:
    """Return HMAC-SHA-256 of kind and value in place of each value, sorted: nothing to who does not know the salt."""
    return {kind: sorted(keyed(salt, f"{kind}:{value}") for value in each) for kind, each in values.items()}


def keyed(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def in_common(ours: Signature, theirs: Signature) -> dict[str, int]:
    """Return by kind how many hashes both have; nothing when that is too little to be told."""
    shared = {kind: len(set(ours.get(kind, [])) & set(each)) for kind, each in sorted(theirs.items())}
    shared = {kind: count for kind, count in shared.items() if count}
    return shared if len(shared) > 1 or STRONG & set(shared) else {}


def told(shared: Mapping[str, int]) -> str:
    """Return what is in common as people say it: "2 devices and 1 mail domain"."""
    things = [f"{count} {WORDS[kind][count > 1]}" for kind, count in shared.items()]
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)
