"""Adjustments of the score that verdicts asked for: made, kept by version, taken into use or out of it by a person.

In: verdicts on rings and members, with the reasons that were published then. Out: files in the home, of which score
reads one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ringwatch.days.durable import replacing
from ringwatch.errors import UsageError
from ringwatch.review import calibrate
from ringwatch.review.calibrate import UNADJUSTED, Adjustment, Bin, Trial, Verdicts

if TYPE_CHECKING:
    from ringwatch.store.store import Store

# What decisions on a ring say of whether it is one; a reseller's is somebody's, and unsure says nothing.
TRUTH = {"confirmed": True, "partly_confirmed": True, "benign": False}
# Reasons that are no features of the group: verdicts move what is before these.
AFTERWARDS = ("adjusted", "explanation", "unfamiliar")
NO_FEATURES = (*AFTERWARDS, "prior", "rest")
IN_USE = "in-use.json"
# Given accounts by ring, in which facets each (ring, account) is tied to the others; those whose ties are known.
Ties = Callable[[Mapping[str, list[str]]], Mapping[tuple[str, str], Collection[str]]]


@dataclass(frozen=True)
class Version:
    """An adjustment that was made: number, verdicts (how many, up to seq `last`), what it changes, how it was tried."""

    number: int
    last: int
    adjustment: Adjustment
    trial: Trial


def taught(store: Store, ties: Ties | None = None) -> tuple[Verdicts, int]:
    """Return what the newest standing decisions on rings and their members say of what was published of these then, and
    the number of the newest.

    ties: in which facets accounts were tied to their rings; None: not known, and members teach nothing.
    """
    log = [row for row in store.verdicts.log() if row["undone_by"] is None and row["day"] is not None]
    newest = {row["ring_id"]: row for row in log if row["subject"] == "ring" and row["decision"] in TRUTH}
    every = [_reviewed(store, row) for row in newest.values()]
    rings = [ring for ring in every if ring.reasons]
    parts = [_on_ring(ring) for ring in rings]
    parts += _on_members(log, rings, ties) if ties else []
    rows = [row for part in parts for row in part]
    bits = pd.DataFrame([row.pop("bits") for row in rows]).fillna(0.0)
    table = pd.DataFrame(rows, columns=["odds", "true", "weight", "ring", "on_member"])
    by_reason = bits.drop(columns=list(NO_FEATURES), errors="ignore")
    kinds = {"odds": float, "true": bool, "weight": float, "ring": int, "on_member": bool}
    last = max((ring.row["seq"] for ring in rings), default=0)
    return Verdicts(by_reason=by_reason, **{name: table[name].astype(kind) for name, kind in kinds.items()}), last


@dataclass(frozen=True)
class _Reviewed:
    """A ring that was decided on, with what was published of it then."""

    row: Mapping[str, Any]
    reasons: list[dict[str, Any]]
    members: dict[str, float]

    @property
    def odds(self) -> float:
        """Before adjustment, log2."""
        weighed = [each for each in self.reasons if each["direction"] != "check"]
        return float(sum(each["bits"] for each in weighed if each["reason"] not in AFTERWARDS))

    def bits(self, facets: Collection[str] | None = None) -> dict[str, float]:
        """Bits by reason; of some facets only."""
        found: dict[str, float] = {}
        for each in self.reasons:
            if each["direction"] != "check" and (facets is None or each["facet"] in facets):
                found[each["reason"]] = found.get(each["reason"], 0.0) + each["bits"]
        return found


def _reviewed(store: Store, row: Mapping[str, Any]) -> _Reviewed:
    ring_id, day = row["ring_id"], row["day"]
    reasons = store.samples.evidence(ring_id) or store.published.evidence(ring_id, day)
    members = store.samples.members(ring_id) or store.published.members(ring_id, day)
    return _Reviewed(row, reasons, {member["account_id"]: member["probability"] for member in members})


def _on_ring(ring: _Reviewed) -> list[dict[str, Any]]:
    true = TRUTH[ring.row["decision"]]
    about = {"odds": ring.odds, "bits": ring.bits(), "ring": ring.row["seq"]}
    return [about | {"true": true, "weight": 1.0, "on_member": False}]


def _on_members(log: list[dict[str, Any]], rings: list[_Reviewed], ties: Ties) -> list[list[dict[str, Any]]]:
    """Rows of rings of which somebody was released: who was, and of one that was confirmed all others, who belong.

    All of a ring weigh as much as its own verdict. What tied a member is all that its row says of reasons.
    """
    said: dict[str, dict[str, bool]] = {}
    for row in (row for row in log if row["subject"] == "member" and row["decision"] in ("belongs", "released")):
        said.setdefault(row["ring_id"], {})[row["account_id"]] = row["decision"] == "belongs"
    partly = [ring for ring in rings if not all(said.get(ring.row["ring_id"], {}).values())]
    facets = ties({ring.row["ring_id"]: sorted(ring.members) for ring in partly})
    return [_of_members(ring, said[ring.row["ring_id"]], facets) for ring in partly]


def _of_members(
    ring: _Reviewed, said: Mapping[str, bool], facets: Mapping[tuple[str, str], Collection[str]]
) -> list[dict[str, Any]]:
    confirmed, ring_id = TRUTH[ring.row["decision"]], ring.row["ring_id"]
    told = dict.fromkeys(ring.members, True) | dict(said) if confirmed else dict(said)
    inside = [account for account in sorted(told) if account in ring.members and (ring_id, account) in facets]
    share = 1 / (1 + 2.0**-ring.odds)
    return [
        {
            "odds": _log_odds(share * ring.members[account]),
            "bits": ring.bits(facets[ring_id, account]),
            "ring": ring.row["seq"],
            "true": told[account],
            "weight": 1 / len(inside),
            "on_member": True,
        }
        for account in inside
    ]


def _log_odds(probability: float) -> float:
    within = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log2(within / (1 - within)))


def propose(folder: Path, learnt: Verdicts, last: int) -> Version:
    """Make and keep the adjustment that verdicts ask for, and return it. It is not in use.

    Raises UsageError when there are too few verdicts, or all say the same.
    """
    rings = learnt.true[~learnt.on_member]
    if len(rings) < calibrate.FEWEST:
        raise UsageError(
            f"there are {len(rings)} verdicts on rings, and the scorecard stands until there are "
            f"{calibrate.FEWEST}; decide on more with `ringwatch review`"
        )
    if rings.nunique() < 2:
        only = "confirmed" if rings.iloc[0] else "cleared"
        raise UsageError(f"all {len(rings)} verdicts on rings are {only}: these say nothing of what tells rings apart")
    tried, made = calibrate.trial(learnt), calibrate.fit(learnt)
    version = Version(max(numbers(folder), default=0) + 1, last, made, tried)
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
    tried = made["trial"]
    bins = {name: tuple(Bin(**each) for each in tried.get(name, ())) for name in ("before", "after")}
    parts = {"adjustment": Adjustment(**made["adjustment"]), "trial": Trial(**(tried | bins))}
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
