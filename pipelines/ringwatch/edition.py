"""What a night says: what score judged, as verdicts and earlier nights make it. Nothing is published here.

In: `scored/` of the day, what was published on earlier days, decisions. Out: rings under lasting ids, with what is at
stake in them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from ringwatch.days.history import open_history, window_start
from ringwatch.days.in_use import feeds_in_use
from ringwatch.errors import UsageError
from ringwatch.outside import seen_by_partners
from ringwatch.review.effects import Terms, heed
from ringwatch.review.harm import harm
from ringwatch.review.nightly import nightly
from ringwatch.score.frames import STRONG_CAP
from ringwatch.score.tables import TABLES
from ringwatch.store.records import Candidates, Decisions, History, Nightly, Sample, Thresholds

if TYPE_CHECKING:
    from ringwatch.night import Night


@dataclass(frozen=True)
class Edition:
    """rings: what the night would publish; judged: what it was made from; cleared: how many groups reviewers had
    cleared; history and decisions: what else it was made from.
    """

    rings: Nightly
    judged: Candidates
    cleared: int
    history: History
    decisions: Decisions


def edition(night: Night, judged: Candidates) -> Edition:
    """Return what the night says if this was judged."""
    settings, day = night.settings, night.day
    judged = seen_by_partners(night, judged)
    with night.store.reading() as doors:
        history, decisions = doors.published.history(day), doors.verdicts.decisions(day)
    heeded = heed(judged, decisions, day, Terms(settings.review_seed_days, settings.review_release_days))
    thresholds = Thresholds(settings.flag_probability, settings.keep_probability, settings.min_ring_size)
    reviewed = {row["ring_id"] for row in decisions.rows if row["subject"] == "ring"}
    made = nightly(day, heeded, history, thresholds, strong_facets(night), reviewed, settings.review_sample)
    cleared = len(judged.rings) - len(heeded.rings)
    return Edition(_with_harm(night, made), judged, cleared, history, decisions)


def scored(night: Night) -> Candidates:
    """Return what score left of the day. Raises UsageError when it left nothing, or something else."""
    return Candidates(**{table: _scored(night, table) for table in TABLES})


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table of score has them."""
    found: pd.DataFrame = pa.Table.from_pylist(rows, schema=TABLES[table]).to_pandas()
    return found


def strong_facets(night: Night) -> frozenset[str]:
    """Return the facets of which one identifier ties accounts for good: cards and devices, not addresses."""
    every = (relationship.evidence for _, _, relationship in night.model.relationships())
    return frozenset(evidence.facet for evidence in every if evidence and evidence.cap_bits >= STRONG_CAP)


def _scored(night: Night, table: str) -> pd.DataFrame:
    path = night.files.scored(night.day, table)
    try:
        return pd.read_parquet(path, columns=TABLES[table].names)
    except FileNotFoundError:
        raise UsageError(f"{path} is missing; run `ringwatch score --day {night.day}` first") from None
    except ValueError as error:
        raise UsageError(f"{path} is not what score writes ({error}); run score of {night.day} again") from None


def _with_harm(night: Night, rings: Nightly) -> Nightly:
    """Add what is at stake, by the clean files of the window."""
    asked = rings.sample
    if rings.flagged.empty and asked is None:
        return rings
    both = (rings.flagged, rings.members) if asked is None else _stacked(rings, asked)
    with open_history(night, window_start(night), night.day) as connection:
        found = harm(connection, feeds_in_use(night).used, *both, night.day, night.settings.harm_weights)
    flagged = found["ring_id"].isin(rings.flagged["ring_id"])
    return replace(rings, harm=found[flagged].reset_index(drop=True), sample=asked and _harmed(asked, found))


def _stacked(rings: Nightly, asked: Sample) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ring_id, probability and ring_id, account_id, probability of flagged rings and sampled groups."""
    ring, member = ["ring_id", "probability"], ["ring_id", "account_id", "probability"]
    return (
        pd.concat([rings.flagged[ring], asked.rings[ring]], ignore_index=True),
        pd.concat([rings.members[member], asked.members[member]], ignore_index=True),
    )


def _harmed(asked: Sample, found: pd.DataFrame) -> Sample:
    """The sampled groups with their figures: as JSON, since no consumer reads them."""
    figures = json.loads(found.set_index("ring_id").to_json(orient="index"))
    return replace(asked, rings=asked.rings.assign(harm=asked.rings["ring_id"].map(figures)))
