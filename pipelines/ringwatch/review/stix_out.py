"""Confirmed rings as a STIX 2.1 bundle for partners: keyed hashes, never accounts or what they used.

Ids follow from the group's salt and the ring, times from verdicts and the day of the data: the same rings give the same
bundle, byte for byte.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ringwatch.review.signature import ALL_KINDS, WORDS, Signature, hashed, keyed

NAMESPACE = uuid.UUID("6d3b57c1-6a0e-5e0a-9d52-6f2b2f6c8a11")
OBJECT = "x-ringwatch"
WITHDRAWN = "withdrawn"
TLP = ("white", "green", "amber", "red")
DECISIONS = ("confirmed", "partly_confirmed")


@dataclass(frozen=True)
class Shareable:
    """A ring that was confirmed: since when, by its last word at `modified`; withdrawn: that word took it back."""

    ring_id: str
    confirmed: datetime
    modified: datetime
    withdrawn: bool = False
    seq: int = 0
    signature: Signature = field(default_factory=dict)


def shareable(log: Iterable[Mapping[str, Any]]) -> list[Shareable]:
    """Return the rings that were ever confirmed, by ring_id, from all verdicts, oldest first."""
    rows = list(log)
    undone = {row["undoes"]: row["at"] for row in rows if row["undoes"]}
    by_ring: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["subject"] == "ring" and row["ring_id"] and row["decision"] not in ("undo", "noted"):
            by_ring.setdefault(row["ring_id"], []).append(row)
    return [found for ring_id in sorted(by_ring) if (found := _shareable(ring_id, by_ring[ring_id], undone))]


def _shareable(ring_id: str, rows: list[Mapping[str, Any]], undone: Mapping[int, datetime]) -> Shareable | None:
    confirmed = [row for row in rows if row["decision"] in DECISIONS]
    if not confirmed:
        return None
    standing = [row for row in rows if row["seq"] not in undone]
    newest = standing[-1] if standing else None
    said = [row["at"] for row in rows] + [undone[row["seq"]] for row in rows if row["seq"] in undone]
    if newest is None or newest["decision"] not in DECISIONS:
        return Shareable(ring_id, confirmed[0]["at"], max(said), withdrawn=True)
    return Shareable(ring_id, confirmed[0]["at"], max(said), seq=newest["seq"])


def bundle(rings: Iterable[Shareable], salt: bytes, partner: str, tlp: str, days: int, as_of: datetime) -> str:
    """Return the bundle as JSON text. `as_of`: the end of the day of the data; `days`: how long an indicator lasts.

    What partners may have of earlier bundles and is not so any more is there with `revoked`, so that they drop it: all
    indicators of a ring that was withdrawn, and of others those of kinds by which it is known no longer.
    """
    import stix2

    marking = {"white": stix2.TLP_WHITE, "green": stix2.TLP_GREEN, "amber": stix2.TLP_AMBER, "red": stix2.TLP_RED}[tlp]
    by = _identity(salt, partner, as_of)
    common = {"created_by_ref": by.id, "object_marking_refs": [marking.id]}
    objects = [marking, by, group(salt)]
    for ring in rings:
        indicators = [_indicator(ring, kind, salt, partner, days, as_of, common) for kind in _kinds(ring, as_of)]
        objects += indicators
        objects += [_grouping(ring, indicators, salt, partner, as_of, common)] if indicators else []
    names = "|".join(f"{one.id}@{getattr(one, 'modified', '')}" for one in objects)
    return str(stix2.v21.Bundle(*objects, id=_id("bundle", names)).serialize(pretty=True)) + "\n"


def group(salt: bytes) -> Any:
    """Return the object by which partners see that a bundle was made with their salt."""
    import stix2

    born = datetime(2020, 1, 1, tzinfo=UTC)
    return stix2.v21.Identity(
        id=_id("identity", keyed(salt, "group")),
        name="Group of partners",
        identity_class="group",
        created=born,
        modified=born,
    )


def _identity(salt: bytes, partner: str, as_of: datetime) -> Any:
    import stix2

    born = datetime(2020, 1, 1, tzinfo=UTC)
    identity = _id("identity", keyed(salt, f"partner:{partner}"))
    return stix2.v21.Identity(
        id=identity, name=partner, identity_class="organization", created=born, modified=max(born, _utc(as_of))
    )


def _kinds(ring: Shareable, as_of: datetime) -> list[str]:
    """Those it is known by; all, once an earlier bundle can have had others."""
    return list(ALL_KINDS) if ring.withdrawn or as_of > ring.confirmed else sorted(ring.signature)


def _indicator(
    ring: Shareable, kind: str, salt: bytes, partner: str, days: int, as_of: datetime, common: Mapping[str, Any]
) -> Any:
    import stix2

    gone = ring.withdrawn or kind not in ring.signature
    hashes = [WITHDRAWN] if gone else hashed(ring.signature, salt)[kind]
    listed = ", ".join(f"'{each}'" for each in hashes)
    return stix2.v21.Indicator(
        id=_id("indicator", keyed(salt, f"{partner}:{ring.ring_id}:{kind}")),
        name=f"{WORDS[kind][1]} of a confirmed ring of accounts".capitalize(),
        description="HMAC-SHA-256 under the salt of the group; evidence to look at, no verdict.",
        indicator_types=["anomalous-activity"],
        labels=[kind],
        pattern=f"[{OBJECT}:{kind} IN ({listed})]",
        pattern_type="stix",
        valid_from=_utc(ring.confirmed),
        valid_until=_utc(max(ring.confirmed, as_of) + timedelta(days=days)),
        revoked=gone,
        **_times(ring, as_of),
        **common,
    )


def _grouping(
    ring: Shareable, indicators: list[Any], salt: bytes, partner: str, as_of: datetime, common: Mapping[str, Any]
) -> Any:
    import stix2

    return stix2.v21.Grouping(
        id=_id("grouping", keyed(salt, f"{partner}:{ring.ring_id}")),
        name="Ring of accounts behind one operator",
        context="suspicious-activity",
        object_refs=[one.id for one in indicators],
        revoked=ring.withdrawn,
        **_times(ring, as_of),
        **common,
    )


def _times(ring: Shareable, as_of: datetime) -> dict[str, datetime]:
    changed = ring.modified if ring.withdrawn else max(ring.modified, as_of)
    return {"created": _utc(ring.confirmed), "modified": _utc(max(changed, ring.confirmed))}


def _utc(at: datetime) -> datetime:
    """To the millisecond, which is what STIX keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)


def _id(kind: str, name: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, name)}"
