"""Tells people of nights: one message for one that stopped, a digest of one that was published.

Off unless the setting notify_urls names somebody. What is sent has no account ids and no identifiers: of a failure its
sentence without values, of a night its counts. A message that cannot be sent is told in the log and stops nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ringwatch.errors import RingwatchError
from ringwatch.symptoms import WRONG_PUBLISH, Symptom

if TYPE_CHECKING:
    from ringwatch.settings import Settings

HIDDEN = "…"
# Values that a sentence may quote, and what looks like an address, a number of a card or phone, or a key.
_VALUES = re.compile(
    r"'[^']*'|\"[^\"]*\""
    r"|[\w.+-]+@[\w-]+(\.[\w-]+)+"
    r"|\b(?!127\.0\.0\.1\b)(\d{1,3}\.){3}\d{1,3}\b"
    r"|\b[0-9a-f]{1,4}(:[0-9a-f]{0,4}){3,7}\b"
    r"|\d{4}([ -]\d{4}){2,}|\+\d[\d ]{6,}\d|\d{8,}"
    r"|\b(?=\w*\d)(?=\w*[a-zA-Z])\w{12,}\b"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """kind: `failure` or `success`."""

    kind: str
    title: str
    body: str


def incident(settings: Settings, what: str, stage: str | None, sentence: str, symptom: Symptom) -> Message:
    """Return the message for what stopped (`night of 2026-03-02`): symptom, first step, place in the runbook."""
    where = f"The {what} stopped" + (f" in {stage}" if stage else "")
    lines = [
        f"{where}: {symptom.says}.",
        f"It said: {without_values(sentence)}.",
        f"First step: {symptom.first_step}.",
        f"Runbook: {runbook_at(settings, symptom)}",
    ]
    return Message("failure", f"ringwatch: {symptom.says} ({what})", "\n".join(lines))


def digest(settings: Settings, day: date, stages: Mapping[str, Mapping[str, Any]]) -> Message:
    """Return the message for a night that was published, from its run report."""
    counts = {stage: report["counts"] for stage, report in stages.items()}
    arrived = _arrived(counts.get("validate", {}))
    published = counts.get("publish", {})
    seconds = sum(sum(report["seconds"].values()) for report in stages.values())
    warnings = sum(len(report["warnings"]) for report in stages.values())
    events = [
        f"{n:,} {name.removeprefix('events.')}" for name, n in published.items() if name.startswith("events.") and n
    ]
    rings = f"{published.get('rings', 0):,} rings of {published.get('members', 0):,} accounts"
    lines = [
        f"The night of {day} is published: {rings}" + (f" ({', '.join(events)})." if events else "."),
        f"{arrived['rows']:,} rows came, {arrived['quarantined']:,} are in quarantine. It took {seconds:,.0f} s.",
        f"Warnings: {warnings:,}; the page of the night has them." if warnings else "There are no warnings.",
        f"Should it not have been published: {runbook_at(settings, WRONG_PUBLISH)}",
    ]
    return Message("success", f"ringwatch: {rings} ({day})", "\n".join(lines))


def send(settings: Settings, message: Message) -> bool:
    """Send the message to all that notify_urls names; return whether it was sent to all. Nobody named: nothing is."""
    urls = settings.notify_urls.get_secret_value().split() if settings.notify_urls else []
    if not urls:
        return True
    from apprise import Apprise, NotifyType

    logging.getLogger("apprise").disabled = True  # it shows addresses, and these hold secrets
    people = Apprise()
    if unknown := sum(not people.add(url) for url in urls):
        _log.warning("%s of the addresses in the setting notify_urls are none of Apprise's forms", unknown)
    sent = bool(people) and bool(people.notify(message.body, message.title, NotifyType(message.kind)))
    if not sent:
        _log.warning("a message could not be sent to all whom the setting notify_urls names: %s", message.title)
    return sent and not unknown


def of_failure(settings: Settings, what: str, stage: str | None, error: RingwatchError) -> None:
    """Tell of what stopped."""
    send(settings, incident(settings, what, stage, str(error), error.symptom))


def night_of(day: date) -> str:
    return f"night of {day}"


def without_values(sentence: str) -> str:
    """Return a sentence with … in place of all that may be a value of a feed."""
    return _VALUES.sub(HIDDEN, sentence).rstrip(".")


def runbook_at(settings: Settings, symptom: Symptom) -> str:
    return f"{settings.runbook_url}#{symptom.anchor}"


def _arrived(counts: Mapping[str, int]) -> dict[str, int]:
    sums = dict.fromkeys(("rows", "quarantined"), 0)
    for name, count in counts.items():
        of = name.partition(".")[2]
        if of in sums:
            sums[of] += count
    return sums
