"""Measures of groups, against worlds that were worked out by hand."""

from math import log2

import pandas as pd
import pytest
from clean_days import MONDAY, accounts, connected
from hand_worked import EVERYBODY, WEEK, OpenNight, found, group

from ringwatch.night import Night
from ringwatch.score import features, frames, measuring
from ringwatch.window import sharing


def values(night: Night, members: pd.DataFrame) -> pd.Series:
    read = frames.arranged(found(night, members), pd.Series({"c": 1.0}))
    return features.values(read, ["device", "ip", "payment"]).loc["c"]


def test_strength_is_rarity_outside_the_group_times_containment(night: Night) -> None:
    device = found(night, group(*EVERYBODY[:4])).facets.set_index("facet").loc["device"]

    rarity = log2((4 / 4) / ((5 - 4 + 0.5) / (1000 - 4 + 1)))
    assert device["bits"] == pytest.approx(rarity)
    assert device["contained"] == pytest.approx(4 / 5)
    assert device["strength"] == pytest.approx(rarity / 14 * 4 / 5)
    assert list(device["identifiers"]) == ["ring"]


def test_what_everybody_uses_says_next_to_nothing(night: Night) -> None:
    assert found(night, group(*EVERYBODY[:4])).facets.set_index("facet").loc["ip", "bits"] < 0.01


def test_what_is_struck_out_was_never_used(night: Night) -> None:
    struck = pd.DataFrame({"candidate": ["c"], "facet": ["device"], "name": ["ring"]})

    with sharing.open_sharing(night) as connection:
        left = measuring.measure(connection, group(*EVERYBODY[:4]), struck).facets

    assert "device" not in set(left["facet"])


def test_a_device_and_a_home_of_ones_own_are_a_life_of_ones_own(night: Night) -> None:
    assert values(night, group(*EVERYBODY[:5]))["own_life"] == pytest.approx(1 / 5)


def test_a_home_is_ones_own_when_no_other_member_lives_there(open_night: OpenNight) -> None:
    homes = {"shared": EVERYBODY[:2], "villa": EVERYBODY[2:3]}
    ips = [connected(name, home, day) for home, members in homes.items() for name in members for day in WEEK]
    ips.append(connected(EVERYBODY[3], "villa", MONDAY))
    night = open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY), "ips": ips}})

    assert values(night, group(*EVERYBODY[:4]))["some_own_life"] == pytest.approx(1 / 4)


def test_living_at_one_address_is_no_tie(night: Night) -> None:
    family = values(night, group(*EVERYBODY[10:14]))

    assert family["neighbours"] == family["home"] == 1
    assert family["ip_bits"] < 0.01


def test_a_facet_in_which_nobody_was_seen_cannot_be_said(night: Night) -> None:
    assert pd.isna(values(night, group(*EVERYBODY[:4]))["payment_bits"])


def test_of_a_group_mostly_never_seen_on_a_device_nobody_says_that_it_has_none_of_its_own(night: Night) -> None:
    unseen = values(night, group(*EVERYBODY[:2], *EVERYBODY[30:34]))

    assert unseen[["device_own", "device_spread", "some_own_life"]].isna().all()
    assert values(night, group(*EVERYBODY[:4]))["device_own"] == 0
