"""Quality on data that the simulator did not make: small versions of sources, through the real program.

The limits are wide: they hold what detection does today with room to spare, and say when it falls apart. The figures
come from the whole sources (docs/evaluation.md).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from slices import SOURCES, cut

from ringwatch.evaluate.source_trial import SourceOutcome, SourceTrial, hold
from ringwatch.settings import load_settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not SOURCES.is_dir(), reason=f"there are no sources in {SOURCES}; RINGWATCH_SOURCES names their folder"
    ),
]


@dataclass(frozen=True)
class Slice:
    """rings and others: how much of the source; the rest: least precision and recall, most false cases."""

    source: str
    rings: int
    others: int
    precision: float
    recall: float
    false_cases: int


SLICES = (
    Slice("shop_devices", rings=30, others=1_000, precision=0.85, recall=0.30, false_cases=2),
    Slice("other_world_3", rings=20, others=1_500, precision=0.80, recall=0.20, false_cases=4),
)


def judged(slice_: Slice, folder: Path, server: dict[str, Any]) -> SourceOutcome:
    source = cut(slice_.source, folder, slice_.rings, slice_.others)
    settings = load_settings(home=folder / "var", **server)
    return hold(SourceTrial(source, folder / "cache"), settings, lambda _doing: None)


@pytest.mark.parametrize("slice_", SLICES, ids=lambda slice_: slice_.source)
def test_a_source_that_nobody_here_made_is_judged_with_fair_precision_and_recall(
    slice_: Slice, tmp_path: Path, neo4j_settings: dict[str, Any]
) -> None:
    outcome = judged(slice_, tmp_path, neo4j_settings)

    accounts = outcome.found.accounts
    assert accounts.actual >= 3 * slice_.rings
    assert (accounts.precision or 1.0) >= slice_.precision
    assert (accounts.recall or 0.0) >= slice_.recall
    assert outcome.found.false_cases <= slice_.false_cases
    assert outcome.reached.candidates >= 0.5 * outcome.reached.rings
