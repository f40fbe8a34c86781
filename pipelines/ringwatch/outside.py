"""What a deployment has to do with others: rings that it shares, what partners sent, and who is told of changes."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringwatch import secret
from ringwatch.errors import RingwatchError, UsageError
from ringwatch.review import partners, stix_out, webhook
from ringwatch.review.signature import Signature, hashed, signature
from ringwatch.store.records import Candidates
from ringwatch.window.marks import Marks, marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringwatch.night import Night
    from ringwatch.review.stix_out import Shareable
    from ringwatch.settings import Settings

_log = logging.getLogger(__name__)


def confirmed_rings(night: Night) -> list[Shareable]:
    """Return the rings that were ever confirmed; those that still are with what they are known by in the window."""
    rings = stix_out.shareable(night.store.verdicts.log())
    inside = _members_confirmed(night, rings)
    found = marks(night, {account for accounts in inside.values() for account in accounts})
    return [
        replace(ring, signature=_signature(found, inside[ring.ring_id])) if ring.ring_id in inside else ring
        for ring in rings
    ]


def _members_confirmed(night: Night, rings: list[Shareable]) -> dict[str, set[str]]:
    """Accounts by ring_id, as they were confirmed, without those that were released."""
    decisions = night.store.verdicts.decisions(night.day + timedelta(days=1))
    released = {row["account_id"] for row in decisions.rows if row["decision"] == "released"}
    by_seq = decisions.members.groupby("seq")["account_id"].agg(set).to_dict()
    return {ring.ring_id: by_seq.get(ring.seq, set()) - released for ring in rings if not ring.withdrawn}


def _signature(found: Marks, members: Iterable[str]) -> Signature:
    return signature(found.values, found.hours, found.population, set(members))


def seen_by_partners(night: Night, judged: Candidates) -> Candidates:
    """Return the candidates with a row of evidence to check for each that shares enough with a partner's ring.

    A salt that cannot be read is told in the log and keeps its group out of this night.
    """
    import pandas as pd

    sent = {group: night.store.partners.active(group, night.day) for group in sorted(night.settings.partner_salts)}
    likely = judged.rings.loc[judged.rings["probability"] >= night.settings.keep_probability, "candidate"]
    if not any(sent.values()) or likely.empty:
        return judged
    members = judged.members[judged.members["candidate"].isin(likely)].groupby("candidate")["account_id"].agg(set)
    found = marks(night, set().union(*members))
    ours = {str(candidate): _signature(found, inside) for candidate, inside in members.items()}
    rows = [row for group, rows in sent.items() for row in _matches(night.settings, group, ours, rows)]
    if not rows:
        return judged
    more = pd.DataFrame(rows, columns=judged.evidence.columns).astype({"expected": float})
    return replace(judged, evidence=pd.concat([judged.evidence, more], ignore_index=True))


def _matches(settings: Settings, group: str, ours: dict[str, Signature], sent: list[dict[str, object]]) -> list[object]:
    try:
        salt = salt_of(settings, group)
    except UsageError as error:
        _log.warning("what partners sent does not count tonight: %s", error)
        return []
    hashes = {candidate: hashed(values, salt) for candidate, values in ours.items()}
    return list(partners.matches(hashes, sent))


def salt_of(settings: Settings, group: str) -> bytes:
    """Return the salt of a group. Raises UsageError when the settings name none, or others can read it."""
    if group not in settings.partner_salts:
        known = ", ".join(sorted(settings.partner_salts)) or "no group"
        raise UsageError(f"setting partner_salts names no file for {group}; it names {known}")
    return secret.read(settings.partner_salts[group], f"the salt of {group},")


def tell(night: Night) -> tuple[str, ...]:
    """Tell the webhook what changed, if the settings name one; return warnings. Nothing here fails a night."""
    settings = night.settings
    if settings.webhook_url is None:
        return ()
    try:
        if settings.webhook_secret is None:
            raise UsageError("setting webhook_secret names no file, and nothing is sent unsigned")
        key = secret.read(settings.webhook_secret, "the secret of the webhook,")
        store = night.store
        told = webhook.deliver(store.webhooks, settings.webhook_url, key, settings.webhook_seconds, store.now)
    except RingwatchError as error:
        return (f"the webhook was not told: {error}",)
    if not told.waiting:
        return ()
    return (f"the webhook has yet to be told of {told.waiting:,} changes ({told.reason}); the next night tries again",)
