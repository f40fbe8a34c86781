import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from ringwatch.errors import UsageError
from ringwatch.evaluate import compare, evaluate, together
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.simulate import simulate

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def truth() -> Truth:
    """Five accounts of one operator, the last from Tuesday on; a pool of two; three people on a campus."""
    members = pd.DataFrame(
        {
            "account_id": list("abcdepq"),
            "operator_id": ["drip-1"] * 5 + ["reseller-1"] * 2,
            "style": ["drip"] * 5 + ["reseller"] * 2,
            "kind": ["operator"] * 5 + ["reseller"] * 2,
            "first_day": [MONDAY] * 4 + [TUESDAY] + [MONDAY] * 2,
        }
    )
    people = {"account_id": list("xyz"), "context": ["campus"] * 3, "first_day": [MONDAY, MONDAY, TUESDAY]}
    victims = pd.DataFrame({"account_id": ["x", "z"], "operator_id": ["drip-1"] * 2, "how": ["address", "device"]})
    return Truth(members, pd.DataFrame(people), victims)


@pytest.fixture
def flagged() -> pd.DataFrame:
    return as_judged(pd.DataFrame({"ring_id": ["R-1"] * 5, "account_id": list("abcpx"), "kind": ["operator"] * 5}))


def as_judged(rings: pd.DataFrame, probability: float = 0.9) -> pd.DataFrame:
    return rings.assign(ring_probability=probability, flagged=True)


def test_accounts_that_came_later_do_not_count(truth: Truth, flagged: pd.DataFrame) -> None:
    monday = compare(flagged, truth.by(MONDAY), MONDAY)
    tuesday = compare(flagged, truth.by(TUESDAY), TUESDAY)

    assert (monday.all_accounts, monday.accounts.actual, monday.accounts.right) == (8, 4, 3)
    assert (tuesday.all_accounts, tuesday.accounts.actual, tuesday.accounts.right) == (10, 5, 3)
    assert (monday.rings.actual, monday.rings.right) == (1, 1)  # 3 of 6 accounts in common
    assert (tuesday.rings.actual, tuesday.rings.right) == (1, 0)  # 3 of 7


def test_false_positives_are_per_100_000_accounts_that_no_operator_controls(
    truth: Truth, flagged: pd.DataFrame
) -> None:
    found = compare(flagged, truth.by(MONDAY), MONDAY)
    assert found.false_positives_per_100k == 2 / 4 * 100_000  # p and x, of p, q, x and y


def test_flagged_accounts_of_another_world_are_refused(truth: Truth, flagged: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="1 of 5 flagged accounts are not in the truth"):
        compare(flagged.replace("x", "nobody"), truth, MONDAY)


def test_the_keys_of_the_json_are_stable(truth: Truth, flagged: pd.DataFrame) -> None:
    found = json.loads(json.dumps(compare(flagged, truth.by(MONDAY), MONDAY).as_dict()))

    assert found == {
        "day": "2026-03-02",
        "all_accounts": 8,
        "accounts": {"flagged": 5, "actual": 4, "right": 3, "precision": 0.6, "recall": 0.75, "f1": 2 / 3},
        "rings": {"flagged": 1, "actual": 1, "right": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0},
        "pairs": {"flagged": 10, "actual": 6, "right": 3, "precision": 0.3, "recall": 0.5, "f1": 0.375},
        "reviewed": {"flagged": 1, "actual": 1, "right": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0},
        "largest": {"flagged": 5, "actual": 4, "right": 3, "precision": 0.6, "recall": 0.75, "f1": 2 / 3},
        "false_cases": 0,
        "false_positives_per_100k": 50_000.0,
        "styles": [{"style": "drip", "accounts": 4, "accounts_found": 3, "rings": 1, "rings_found": 1}],
        "contexts": [
            {"context": "campus", "accounts": 2, "flagged": 1, "per_100k": 50_000.0},
            {"context": "reseller", "accounts": 2, "flagged": 1, "per_100k": 50_000.0},
        ],
        "victims": [{"context": "address", "accounts": 1, "flagged": 1, "per_100k": 100_000.0}],
        "calibration": {
            "error": pytest.approx(0.1),
            "cases": 1,
            "bins": [
                {"cases": 1, "probability": 0.9, "observed": 1.0, "low": pytest.approx(0.2065, abs=1e-4), "high": 1.0}
            ],
        },
    }


def test_groups_that_were_judged_but_not_flagged_accuse_nobody_and_count_for_calibration(
    truth: Truth, flagged: pd.DataFrame
) -> None:
    unsure = flagged.assign(flagged=False, ring_probability=0.4)

    found = compare(unsure, truth.by(MONDAY), MONDAY)

    assert (found.accounts.flagged, found.rings.flagged, found.false_cases) == (0, 0, 0)
    assert [(case.probability, case.true) for case in found.cases] == [(0.4, True)]
    assert found.calibration.error == pytest.approx(0.6)


def test_a_case_with_fewer_than_half_its_members_controlled_is_false(truth: Truth) -> None:
    def case(accounts: str) -> pd.DataFrame:
        return as_judged(pd.DataFrame({"ring_id": "R-1", "account_id": list(accounts), "kind": "operator"}))

    assert compare(case("abxy"), truth, TUESDAY).false_cases == 0
    assert compare(case("axyz"), truth, TUESDAY).false_cases == 1


def test_several_worlds_add_up(truth: Truth, flagged: pd.DataFrame) -> None:
    monday, tuesday = compare(flagged, truth.by(MONDAY), MONDAY), compare(flagged, truth, TUESDAY)

    both = together([monday, tuesday])

    assert both.all_accounts == 18
    assert (both.accounts.flagged, both.accounts.actual, both.accounts.right) == (10, 9, 6)
    assert both.false_positives_per_100k == pytest.approx(4 / 9 * 100_000)
    assert [(s.accounts, s.rings, s.rings_found) for s in both.styles] == [(9, 2, 1)]
    assert [(c.context, c.accounts, c.flagged) for c in both.contexts] == [("campus", 5, 2), ("reseller", 4, 2)]
    assert len(both.cases) == 2


def test_only_the_twenty_surest_cases_are_reviewed(truth: Truth) -> None:
    rings = [
        (f"R-{i}", account, "operator", 0.99 - i / 100) for i in range(30) for account in ("ab" if i < 5 else "xy")
    ]
    judged = pd.DataFrame(rings, columns=["ring_id", "account_id", "kind", "ring_probability"]).assign(flagged=True)

    found = compare(judged, truth, TUESDAY)

    assert (found.reviewed.flagged, found.reviewed.right, found.false_cases) == (20, 5, 25)


def test_a_truth_that_is_missing_or_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"members\.parquet does not exist"):
        read_truth(tmp_path)
    pd.DataFrame({"account_id": ["a"]}).to_parquet(tmp_path / "members.parquet")
    with pytest.raises(UsageError, match=r"members\.parquet has no column operator_id"):
        read_truth(tmp_path)


@dataclass(frozen=True)
class Published:
    """Stands for the store of a night that flagged `frame`, and for the door to what is published."""

    frame: pd.DataFrame

    @property
    def published(self) -> "Published":
        return self

    def flagged(self, day: date) -> pd.DataFrame:
        return self.frame


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    simulate(out, accounts=2_000, days=2, seed=4)
    return out


def test_publishing_the_truth_itself_scores_one_and_accuses_nobody(world: Path) -> None:
    members = read_truth(world / "truth").by(TUESDAY).members
    perfect = as_judged(members.rename(columns={"operator_id": "ring_id"})[["ring_id", "account_id", "kind"]])

    found = evaluate(Published(perfect), world / "truth", TUESDAY)

    assert (found.accounts.f1, found.rings.f1, found.false_positives_per_100k) == (1.0, 1.0, 0.0)
    assert found.all_accounts == 2_000
    assert {style.style for style in found.styles} == {
        "careless",
        "careful",
        "chain",
        "recycled",
        "framed",
        "recreated",
        "relay",
        "farm",
    }
    assert all(style.rings == style.rings_found > 0 for style in found.styles)
    assert {"campus", "family", "office", "reseller", "exit_host"} <= {harm.context for harm in found.contexts}


def test_publishing_nothing_finds_nothing(world: Path) -> None:
    nothing = as_judged(pd.DataFrame({"ring_id": [], "account_id": [], "kind": []}, dtype=object))

    found = evaluate(Published(nothing), world / "truth", TUESDAY)

    assert (found.accounts.precision, found.accounts.recall, found.rings.recall) == (None, 0.0, 0.0)
    assert all(harm.flagged == 0 for harm in found.contexts)
