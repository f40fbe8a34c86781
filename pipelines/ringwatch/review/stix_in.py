"""What a partner's bundle says: indicators, by kind, of rings that it confirmed. In: text. Out: rows for the store.

It is evidence with a source, never a verdict, and means nothing to who does not know the salt.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ringwatch.errors import DataRefused
from ringwatch.review.signature import ALL_KINDS
from ringwatch.review.stix_out import OBJECT, WITHDRAWN, group
from ringwatch.store.records import PartnerIndicator

MOST_BYTES, MOST_NAME = 50_000_000, 80
_PATTERN = re.compile(rf"\[{OBJECT}:(\w+) IN \(((?:'[0-9a-f]{{64}}'(?:, )?)+|'{WITHDRAWN}')\)\]")


def indicators(text: str, salt: bytes, partner_group: str) -> list[PartnerIndicator]:
    """Return the indicators of a bundle that was made with the salt of the group, sorted by id.

    Indicators of other forms are left out. Raises DataRefused for what is no STIX 2.1, and for another salt.
    """
    objects = _parsed(text)
    names = {one.id: one.name for one in objects if one.type == "identity"}
    if group(salt).id not in names:
        raise DataRefused(f"the bundle was made with another salt than that of the group {partner_group}")
    rings = {ref: one.id for one in objects if one.type == "grouping" for ref in one.object_refs}
    found = [one for one in objects if one.type == "indicator" and one.pattern_type == "stix"]
    made = [_indicator(one, names, rings, partner_group) for one in found]
    return sorted((one for one in made if one), key=lambda one: one.indicator_id)


def _parsed(text: str) -> list[Any]:
    import stix2

    if len(text) > MOST_BYTES:
        raise DataRefused(f"the bundle is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        found = stix2.parse(json.loads(text), allow_custom=False, version="2.1")
    except (ValueError, stix2.exceptions.STIXError) as error:
        raise DataRefused(f"the file is no STIX 2.1 bundle: {str(error).splitlines()[0]}") from None
    if found.type != "bundle":
        raise DataRefused(f"the file is no STIX 2.1 bundle, but one {found.type}")
    return list(getattr(found, "objects", []))


def _indicator(one: Any, names: dict[str, str], rings: dict[str, str], partner_group: str) -> PartnerIndicator | None:
    said = _PATTERN.fullmatch(one.pattern)
    if not said or said[1] not in ALL_KINDS or one.id not in rings:
        return None
    name = "".join(letter for letter in names.get(one.get("created_by_ref", ""), "unknown") if letter.isprintable())
    return PartnerIndicator(
        indicator_id=one.id,
        partner_group=partner_group,
        partner=name[:MOST_NAME],
        ring=rings[one.id],
        kind=said[1],
        hashes=re.findall(r"[0-9a-f]{64}", said[2]),
        modified=one.modified.replace(tzinfo=None),
        valid_until=one.valid_until.replace(tzinfo=None) if "valid_until" in one else None,
        revoked=bool(one.get("revoked", False)) or WITHDRAWN in said[2],
    )
