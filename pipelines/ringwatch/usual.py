"""What a night is held against before it is published: earlier nights, what arrived, what stages counted, verdicts.

In: the night as it would be published. Out: one record for the guardrails.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from ringwatch import canaries
from ringwatch.days import run_report
from ringwatch.review.guardrails import RIGHT, WRONG, Sum, Usual

if TYPE_CHECKING:
    from ringwatch.edition import Edition
    from ringwatch.night import Night

# Nights in a row on which an optional feed came, from which one without it is not whole.
HABIT = 7


def usual(night: Night, made: Edition, accounts: int) -> Usual:
    """Return what `made` is held against; `accounts`: all that are known."""
    stages = run_report.read(night)
    trail = night.store.nights.trail(night.day, night.settings.guard_nights)
    last = made.history.rings[made.history.rings["active"].astype(bool)]
    return Usual(
        accounts=accounts,
        rings=[rings for rings, _ in trail],
        members=[members for _, members in trail],
        sizes=dict(zip(last["ring_id"], last["size"], strict=True)),
        missing=list(_missing(night)),
        sums=list(_sums(night, made, stages)),
        reviewed=list(_reviewed(made)),
        canaries=canaries.usually(night),
        unlike=stages.get("score", {}).get("counts", {}).get("unlike_percent", 0) / 100,
    )


def _missing(night: Night) -> Iterator[str]:
    since = night.day - timedelta(HABIT)
    ledger = night.store.deliveries.between(since, night.day)
    came = {(row["day"], row["feed"]) for row in ledger if row["files"]}
    for row in ledger:
        feed = row["feed"]
        if row["day"] != night.day or feed not in night.settings.feeds:
            continue
        if row["files"] and not row["complete"]:
            yield f"the feed {feed} is not complete"
        elif not row["files"] and all((since + timedelta(days), feed) in came for days in range(HABIT)):
            yield f"the feed {feed}, which came on each of the last {HABIT} nights, did not arrive"


def _sums(night: Night, made: Edition, stages: dict[str, dict[str, Any]]) -> Iterator[Sum]:
    for entry in night.store.deliveries.of(night.day):
        path = night.files.clean(night.day, entry.feed)
        if path.is_file():
            yield Sum(f"clean rows of {entry.feed}", entry.clean, pq.read_metadata(path).num_rows)
    said = {name: report.get("counts", {}) for name, report in stages.items()}
    if "groups" in said.get("score", {}):
        yield Sum("groups that score judged", said["score"]["groups"], len(made.judged.rings))
    if "candidates" in said.get("detect", {}) and "candidates" in said.get("score", {}):
        yield Sum("candidates that detect found", said["detect"]["candidates"], said["score"]["candidates"])
    rings = made.rings.flagged
    yield Sum("accounts of the flagged rings", int(rings["size"].sum()), len(made.rings.members))


def _reviewed(made: Edition) -> Iterator[tuple[float, bool]]:
    for row in made.decisions.rows:
        if row["subject"] == "ring" and row["decision"] in RIGHT + WRONG and row["probability"] is not None:
            yield float(row["probability"]), row["decision"] in RIGHT
