"""Adjustments of the score that verdicts asked for: made, kept by version, taken into use or out of it by a person.

In: verdicts on rings, with the reasons that were published of these. Out: files in the home, of which score reads one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ringwatch.days.durable import replacing
from ringwatch.errors import UsageError
from ringwatch.review import calibrate
from ringwatch.review.calibrate import UNADJUSTED, Adjustment, Trial

if TYPE_CHECKING:
    from ringwatch.store.store import Store

# What decisions on a ring say of whether it is one; a reseller's is somebody's, and unsure says nothing.
TRUTH = {"confirmed": True, "partly_confirmed": True, "benign": False}
# Reasons that are no features of the group: verdicts move what is before these.
AFTERWARDS = ("adjusted", "explanation", "unfamiliar")
NO_FEATURES = (*AFTERWARDS, "prior", "rest")
IN_USE = "in-use.json"


@dataclass(frozen=True)
class Taught:
    """odds (log2, before adjustment), by_reason (bits) and rings (whether it is one) of each verdict; last: the seq of
    the newest.
    """

    odds: pd.Series
    by_reason: pd.DataFrame
    rings: pd.Series
    last: int


@dataclass(frozen=True)
class Version:
    """An adjustment that was made: number, verdicts (how many, up to seq `last`), what it changes, how it was tried."""

    number: int
    last: int
    adjustment: Adjustment
    trial: Trial


def taught(store: Store) -> Taught:
    """Return the newest standing decision on each ring, and what was published of the ring when it was made."""
    told = [row for row in store.verdicts.log() if row["subject"] == "ring" and row["decision"] in TRUTH]
    newest = {row["ring_id"]: row for row in told if row["undone_by"] is None and row["day"] is not None}
    rows = [(row, store.published.evidence(row["ring_id"], row["day"])) for row in newest.values()]
    rows = [(row, reasons) for row, reasons in rows if reasons]
    bits = pd.DataFrame([_bits(reasons) for _, reasons in rows], index=[row["seq"] for row, _ in rows]).fillna(0.0)
    rings = pd.Series([TRUTH[row["decision"]] for row, _ in rows], index=bits.index, dtype=bool)
    odds = bits.drop(columns=list(AFTERWARDS), errors="ignore").sum(axis=1)
    return Taught(odds, bits.drop(columns=list(NO_FEATURES), errors="ignore"), rings, max(bits.index, default=0))


def _bits(reasons: list[dict[str, Any]]) -> Mapping[str, float]:
    found = pd.DataFrame(reasons)
    summed = found[found["direction"] != "check"].groupby("reason")["bits"].sum()
    return {str(reason): float(bits) for reason, bits in summed.items()}


def propose(folder: Path, learnt: Taught) -> Version:
    """Make and keep the adjustment that verdicts ask for, and return it. It is not in use.

    Raises UsageError when there are too few verdicts, or all say the same.
    """
    if len(learnt.rings) < calibrate.FEWEST:
        raise UsageError(
            f"there are {len(learnt.rings)} verdicts on rings, and the scorecard stands until there are "
            f"{calibrate.FEWEST}; decide on more with `ringwatch review`"
        )
    if learnt.rings.nunique() < 2:
        only = "confirmed" if learnt.rings.iloc[0] else "cleared"
        raise UsageError(
            f"all {len(learnt.rings)} verdicts on rings are {only}: these say nothing of what tells rings apart"
        )
    tried = calibrate.trial(learnt.odds, learnt.by_reason, learnt.rings)
    made = calibrate.fit(learnt.odds, learnt.by_reason, learnt.rings)
    version = Version(max(numbers(folder), default=0) + 1, learnt.last, made, tried)
    _write(folder / f"{version.number}.json", asdict(version))
    return version


def numbers(folder: Path) -> list[int]:
    """Return the versions that were made, oldest first."""
    return sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit())


def read(folder: Path, number: int) -> Version:
    """Return a version. Raises UsageError when there is none."""
    path = folder / f"{number}.json"
    if not path.is_file():
        raise UsageError(f"there is no adjustment {number}; `ringwatch review calibrate` makes one")
    made = json.loads(path.read_text(encoding="utf-8"))
    parts = {"adjustment": Adjustment(**made["adjustment"]), "trial": Trial(**made["trial"])}
    return Version(**(made | parts))


def use(folder: Path, number: int | None, author: str) -> None:
    """Take a version into use from the next night on; None: the scorecard as it was shipped.

    Raises UsageError for one that does not judge unseen verdicts clearly better.
    """
    if number is not None and not read(folder, number).trial.better:
        raise UsageError(
            f"adjustment {number} does not judge verdicts clearly better that it has not seen, so it cannot be used; "
            "decide on more rings and make another"
        )
    _write(folder / IN_USE, {"version": number, "author": author})


def in_use(folder: Path) -> tuple[int, Adjustment]:
    """Return the version in use and what it changes; 0 and nothing when the scorecard stands as it was shipped."""
    path = folder / IN_USE
    number = json.loads(path.read_text(encoding="utf-8"))["version"] if path.is_file() else None
    return (0, UNADJUSTED) if number is None else (number, read(folder, number).adjustment)


def _write(path: Path, values: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
