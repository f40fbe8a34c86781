"""Recall from verdicts on a sample: what is missed is estimated with an interval, or said not to be known."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from ringwatch.review.recall import recall
from ringwatch.review.stats import Precision

DAYS = [date(2026, 3, 2) + timedelta(days=n) for n in range(10)]


def nights(rings: int, doubtful: float, unlikely: float) -> list[dict[str, Any]]:
    parts = {"doubtful": doubtful, "unlikely": unlikely}
    return [
        {"day": day, "stratum": name, "groups": groups, "rings": rings}
        for day in DAYS
        for name, groups in parts.items()
        if groups
    ]


def verdicts(stratum: str, rings: int, of: int) -> list[dict[str, Any]]:
    return [
        {"ring_id": f"R-{stratum}{n}", "stratum": stratum, "decision": "confirmed" if n < rings else "benign"}
        for n in range(of)
    ]


def precision(right: int, of: int) -> Precision:
    return Precision("all", "all", of, right, right / of, 0.0, 1.0, 0.9)


def test_recall_is_what_is_found_of_what_is_found_and_missed() -> None:
    """Of 20 flagged a night 16 are rings; of 10 doubtful groups a fifth, 2, and of 40 unlikely ones a tenth, 4."""
    decided = [*verdicts("doubtful", 4, 20), *verdicts("unlikely", 2, 20)]

    found = recall(nights(20, 10, 40), decided, precision(80, 100))

    assert found.recall == pytest.approx(16 / 22, abs=1e-4)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.recall < found.high


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    random, inside = np.random.default_rng(7), 0
    for _ in range(100):
        decided = verdicts("doubtful", random.binomial(40, 0.3), 40)
        decided += verdicts("unlikely", random.binomial(40, 0.05), 40)
        found = recall(nights(20, 10, 40), decided, precision(random.binomial(60, 0.8), 60))
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 16 / 21 <= found.high

    assert inside >= 88


def test_more_verdicts_make_a_narrower_interval() -> None:
    def width(times: int) -> float:
        decided = [*verdicts("doubtful", 3 * times, 10 * times), *verdicts("unlikely", times, 10 * times)]
        found = recall(nights(20, 10, 40), decided, precision(8 * times, 10 * times))
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(20) < width(2) / 2


@pytest.mark.parametrize(
    ("sampled", "flagged"), [((0, 0), None), ((10, 9), 50), ((20, 0), 50), ((0, 20), 50), ((20, 20), 9)]
)
def test_too_few_verdicts_say_so_and_nothing_else(sampled: tuple[int, int], flagged: int | None) -> None:
    decided = [*verdicts("doubtful", 0, sampled[0]), *verdicts("unlikely", 0, sampled[1])]

    found = recall(nights(20, 10, 40), decided, flagged and precision(flagged, flagged))

    assert (found.recall, found.low, found.high) == (None, None, None)
    assert found.told.startswith("too few verdicts for an estimate of recall")


def test_a_part_that_has_no_groups_needs_no_verdicts() -> None:
    found = recall(nights(20, 10, 0), verdicts("doubtful", 0, 20), precision(20, 20))

    assert found.recall == 1
    assert found.low is not None
    assert found.low < 0.99


def test_of_a_group_the_newest_verdict_counts() -> None:
    decided = verdicts("doubtful", 20, 20)
    decided += [row | {"decision": "benign"} for row in decided]

    assert recall(nights(20, 10, 0), decided, precision(20, 20)).recall == 1
