"""Canaries: what counts as found, whom a night would warn of, and that they are nowhere but in their table."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from ringwatch import canaries
from ringwatch.night import Night, open_night
from ringwatch.settings import load_settings
from ringwatch.simulate import simulate
from ringwatch.simulate.clean import write_clean

DAY = date(2026, 3, 9)


def truth(**groups: tuple[str, bool, range]) -> pd.DataFrame:
    rows = [
        (f"canary-{n}", difficulty, name, honest)
        for name, (difficulty, honest, numbers) in groups.items()
        for n in numbers
    ]
    return pd.DataFrame(rows, columns=["account_id", "difficulty", "group", "honest"])


def flagged(**candidates: range | list[int]) -> pd.DataFrame:
    rows = [(name, f"canary-{n}") for name, numbers in candidates.items() for n in numbers]
    return pd.DataFrame(rows, columns=["candidate", "account_id"])


RINGS = truth(one=("easy", False, range(8)), two=("easy", False, range(8, 16)), home=("family", True, range(20, 24)))


@pytest.mark.parametrize(
    ("found", "rings"),
    [
        (flagged(a=range(8), b=range(8, 16)), 2),
        (flagged(a=range(4)), 1),  # half of it
        (flagged(a=range(3)), 0),
        (flagged(a=range(16)), 0),  # both are one ring: neither is most of it
        (flagged(a=range(4), b=[4, 5, 20, 21, 22]), 1),
        (flagged(), 0),
    ],
)
def test_a_ring_is_found_when_half_of_it_is_together_in_a_group_that_is_mostly_its_own(
    found: pd.DataFrame, rings: int
) -> None:
    easy = next(row for row in canaries.fared(RINGS, found) if row["difficulty"] == "easy")
    assert (easy["groups"], easy["flagged"], easy["accounts"]) == (2, rings, 16)


def test_honest_look_alikes_are_counted_as_accused_in_whatever_group() -> None:
    (family,) = [row for row in canaries.fared(RINGS, flagged(a=[0, 1, 2, 3, 20, 21])) if row["honest"]]
    assert (family["difficulty"], family["accounts"], family["accused"]) == ("family", 4, 2)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with open_night(load_settings(home=tmp_path), DAY) as opened:
        yield opened


def record(night: Night, day: date, found: int, accused: int = 0) -> None:
    easy = {"difficulty": "easy", "honest": False, "groups": 4, "flagged": found, "accounts": 20, "accused": 5 * found}
    home = {"difficulty": "family", "honest": True, "groups": 1, "flagged": 0, "accounts": 50, "accused": accused}
    night.store.nights.record_canaries(day, [easy, home])


def test_tonight_is_held_against_the_median_of_enough_nights_before(night: Night) -> None:
    for number, found in enumerate((4, 4, 1, 4)):
        record(night, DAY - timedelta(10 - number), found)
    record(night, DAY, 2)
    assert canaries.usually(night) == {}
    record(night, DAY - timedelta(1), 4)
    assert canaries.usually(night) == {"easy": (0.5, 1.0)}


def test_a_decay_and_more_accused_are_warned_of(night: Night) -> None:
    for number in range(1, 6):
        record(night, DAY - timedelta(number), 4, accused=1)
    record(night, DAY, 3, accused=2)
    assert list(canaries.decayed(night)) == [
        "75% of the easy canary rings were found, where 100% are usual",
        "2 honest canary accounts were accused, where 1 are usual",
    ]


def test_a_deployment_that_wants_no_canaries_has_none(tmp_path: Path) -> None:
    with open_night(load_settings(home=tmp_path, canaries=False), DAY) as night:
        assert canaries.look(night) == ()
        assert night.store.nights.canaries() == []
    assert not night.files.canaries.exists()


def files(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*") if "canaries" not in path.parts and path.name[:9] != "review.db")


def test_canaries_are_judged_beside_a_sample_of_the_night_and_leave_nothing_but_their_counts(tmp_path: Path) -> None:
    """By the engine of this process, which finds the same rings as GDS."""
    simulate(tmp_path, 700, 6, 3, world=None, write=write_clean)
    days = sorted(date.fromisoformat(path.name) for path in (tmp_path / "days").iterdir())
    settings = load_settings(home=tmp_path, engine="local", canary_accounts=500, window_days=7, flag_probability=0.05)
    before = sorted(path for path in tmp_path.rglob("*") if "canaries" not in path.parts)
    with open_night(settings, days[-1]) as night:
        canaries.look(night)
        rows = night.store.nights.canaries()
        by_difficulty = {row["difficulty"]: row for row in rows if not row["honest"]}
        assert {name: row["groups"] for name, row in by_difficulty.items()} == {"easy": 5, "medium": 5, "hard": 5}
        assert sum(row["flagged"] for row in by_difficulty.values()) > 0
        assert sum(row["accounts"] for row in rows if row["honest"]) > 300
        canaries.look(night)
        assert night.store.nights.canaries() == rows  # the same night fares the same
        assert night.store.published.ring_ids() == []
        assert night.doors.graph is None
    assert files(tmp_path) == before
    assert [path.name for path in night.files.canaries.iterdir()] == ["world-7"]
