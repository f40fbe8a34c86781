"""Measures, reasons and probabilities of groups, against worlds that were worked out by hand."""

from collections.abc import Callable
from datetime import date
from math import log2

import pandas as pd
import pytest
from clean_days import MONDAY, accounts, connected, used

from ringwatch import grouping, scorecard, sharing
from ringwatch.night import Night
from ringwatch.stages import score

OpenNight = Callable[..., Night]
EVERYBODY = [f"A{i:04}" for i in range(1000)]
WEEK = [date(2026, 3, day) for day in range(2, 8)]


def group(*names: str, candidate: str = "c") -> pd.DataFrame:
    return pd.DataFrame({"candidate": candidate, "account_id": names}, dtype="str")


@pytest.fixture
def night(open_night: OpenNight) -> Night:
    """The first four share a device with a stranger, and all an address; the fifth has a device and a home of its own.

    A0010 to A0013 live at one address.
    """
    devices = [used(name, "ring", MONDAY) for name in [*EVERYBODY[:4], EVERYBODY[999]]]
    devices += [used(EVERYBODY[4], "own", day) for day in WEEK]
    ips = [connected(name, "carrier", MONDAY) for name in EVERYBODY]
    ips += [connected(EVERYBODY[4], "villa", day) for day in WEEK]
    ips += [connected(name, "home", day) for name in EVERYBODY[10:14] for day in WEEK]
    return open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY), "devices": devices, "ips": ips}})


def found(night: Night, members: pd.DataFrame) -> grouping.Measures:
    with sharing.open_sharing(night) as connection:
        return grouping.measure(connection, members)


def reasons(night: Night, members: pd.DataFrame) -> pd.DataFrame:
    with sharing.open_sharing(night) as connection:
        return scorecard.reasons(grouping.measure(connection, members), connection.table("facet").df())


def test_strength_is_rarity_outside_the_group_times_containment(night: Night) -> None:
    shared = found(night, group(*EVERYBODY[:4])).shared.set_index("facet")

    rarity = log2((4 / 4) / ((5 - 4 + 0.5) / (1000 - 4 + 1)))
    assert shared.loc["device", "strength"] == pytest.approx(rarity / 14 * 4 / 5)
    assert shared.loc["device", "members"] == 4
    assert shared.loc["device", "identifiers"].tolist() == ["ring"]


def test_what_everybody_uses_says_next_to_nothing(night: Night) -> None:
    shared = found(night, group(*EVERYBODY[:4])).shared

    assert "ip" not in set(shared["facet"])


def test_a_device_of_ones_own_and_a_home_of_ones_own_count_against(night: Night) -> None:
    against = reasons(night, group(*EVERYBODY[:5])).query("reason == 'own'").set_index("facet")

    assert against.loc["device", "bits"] == pytest.approx(-9 / 5)
    assert against.loc["ip", "bits"] == pytest.approx(-4 / 5)


def test_living_at_one_address_counts_against_and_not_for(night: Night) -> None:
    family = reasons(night, group(*EVERYBODY[10:14]))

    assert set(family["reason"]) == {"neighbours", "prior"}
    assert family.loc[family["reason"] == "neighbours", "observed"].tolist() == [4]


def test_the_bits_of_the_reasons_are_the_log_odds(night: Night) -> None:
    evidence = reasons(night, group(*EVERYBODY[:5]))

    (ring,) = scorecard.judge(evidence).to_dict("records")

    assert ring["bits"] == pytest.approx(evidence["bits"].sum(), abs=1e-6)
    assert log2(ring["probability"] / (1 - ring["probability"])) == pytest.approx(ring["bits"], abs=1e-4)
    assert ring["low"] < ring["probability"] < ring["high"]


def test_each_reason_is_a_sentence_with_its_numbers(night: Night) -> None:
    texts = set(reasons(night, group(*EVERYBODY[:5]))["text"])

    assert "4 of 5 accounts were on the same devices: 1 of them, with 5 accounts in all" in texts
    assert "1 of 5 accounts mostly use a device of their own" in texts


def test_a_member_that_nothing_ties_to_the_group_leaves_it(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        tied = score.eject(connection, group(*EVERYBODY[:5]), smallest=4)

    assert sorted(tied["account_id"]) == EVERYBODY[:4]


def test_a_group_that_is_too_small_without_them_is_dropped(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        assert score.eject(connection, group(*EVERYBODY[:5]), smallest=5).empty


def test_of_overlapping_groups_the_surer_and_larger_stays_whole() -> None:
    groups = pd.concat(
        [
            group("A", "B", "C", "D", candidate="small"),
            group("A", "B", "C", "D", "E", "F", candidate="large"),
            group("F", "G", "H", "I", candidate="neighbour"),
            group("E", "F", "W", "X", "Y", "Z", candidate="overlapping"),
        ]
    )
    judged = pd.DataFrame({"candidate": ["small", "large", "neighbour", "overlapping"], "bits": [7.0, 6.9, 2.0, 1.0]})

    picked = score.pick(groups, judged, smallest=3)

    kept = picked.groupby("candidate")["account_id"].agg("".join).to_dict()
    assert kept == {"large": "ABCDEF", "neighbour": "GHI"}
