"""Benign explanations: each fits the people it is about, covers what they share, and nothing else."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from ringwatch.score import benign
from ringwatch.score.measuring import Measures

SIZE = 6
# What is known of a group of such people, and what they share.
PEOPLE: dict[str, tuple[dict[str, float], list[str]]] = {
    "household": ({"home": 1.0, "device_own": 0.2}, ["device", "ip", "payment"]),
    "family-card": ({"home": 0.0, "device_own": 1.0}, ["payment"]),
    "workplace": ({"organisation": 1.0, "device_own": 0.9}, ["ip", "template"]),
    "team": ({"at_home": 1.0, "home": 0.1, "neighbours": 0.0}, ["payment", "ip", "cell"]),
    "campus": ({"at_campus": 0.9}, ["ip", "referral"]),
    "carrier": ({"at_carrier": 1.0}, ["ip"]),
    "rented-exit": ({"at_vpn": 0.8}, ["ip", "cell"]),
    "public-place": ({"at_cafe": 0.7}, ["ip", "device"]),
    "reseller": ({"own_life": 0.9}, ["payment", "template"]),
    "merchant": ({"transfer_sweep": 0.0, "transfer_fan_out": 0.0, "transfer_inside": 0.0}, ["transfer"]),
}


def measured(*shared: str, size: int = SIZE, members: int | None = None) -> Measures:
    """A group whose members (all, or so many) share in these facets what strangers hardly ever do."""
    who = range(size if members is None else members)
    rows = [("c", f"A{i}", facet, size, 5.0, 10.0) for facet in shared for i in who]
    columns = ["candidate", "account_id", "facet", "n", "own_act", "cap_bits"]
    groups = pd.DataFrame({"candidate": ["c"], "n": [size]})
    return SimpleNamespace(members=pd.DataFrame(rows, columns=columns), groups=groups)  # type: ignore[return-value]


def values(**known: float) -> pd.DataFrame:
    return pd.DataFrame(known, index=pd.Index(["c"], name="candidate"))


def best(measures: Measures, **known: float) -> tuple[str, int]:
    row = benign.unexplained(measures, values(**known)).iloc[0]
    return benign.EXPLANATIONS[row["explanation"]].name, int(row["members"])


def lowered(measures: Measures, odds: float, **known: float) -> float:
    found = benign.unexplained(measures, values(**known))
    return odds + benign.floor(pd.Series({"c": odds}), found).sum()


def test_each_explanation_is_tried_here() -> None:
    assert {explanation.name for explanation in benign.EXPLANATIONS} == set(PEOPLE)


@pytest.mark.parametrize("name", PEOPLE)
def test_an_explanation_covers_what_its_people_share(name: str) -> None:
    known, shared = PEOPLE[name]

    assert best(measured(*shared), **known) == (name, 0)


@pytest.mark.parametrize("name", PEOPLE)
def test_people_who_are_explained_altogether_are_no_likely_ring(name: str) -> None:
    known, shared = PEOPLE[name]

    assert lowered(measured(*shared), 8.0, **known) == benign.EXPLAINED


@pytest.mark.parametrize("name", PEOPLE)
def test_an_explanation_does_not_cover_a_mailbox_of_many_accounts(name: str) -> None:
    known, shared = PEOPLE[name]

    assert lowered(measured(*shared, "mailbox"), 8.0, **known) == 8.0


@pytest.mark.parametrize("name", PEOPLE)
def test_what_is_not_known_of_a_group_fits_nobody(name: str) -> None:
    known, shared = PEOPLE[name]
    unknown = dict.fromkeys(known, float("nan"))

    assert benign.unexplained(measured(*shared), values(**unknown)).empty
    assert benign.unexplained(measured(*shared), values(size=2.6)).empty


@pytest.mark.parametrize("name", ["household", "family-card"])
def test_a_family_has_six_accounts_at_most(name: str) -> None:
    known, shared = PEOPLE[name]

    assert lowered(measured(*shared, size=7), 8.0, **known) == 8.0


def test_a_household_in_which_hardly_anybody_has_a_device_of_their_own_is_none() -> None:
    known, shared = PEOPLE["household"]

    assert lowered(measured(*shared), 8.0, **known | {"device_own": 0.1}) == 8.0


def test_a_household_of_whose_devices_nothing_is_known_stays_one() -> None:
    _, shared = PEOPLE["household"]

    assert lowered(measured(*shared), 8.0, home=1.0) == benign.EXPLAINED


def test_a_team_whose_members_are_known_to_share_devices_is_none() -> None:
    known, shared = PEOPLE["team"]

    assert lowered(measured(*shared), 8.0, **known, device_own=0.1) == 8.0


def test_a_few_members_with_more_in_common_are_no_ring_of_all() -> None:
    template = measured("ip", "template", size=20)
    few = measured("mailbox", size=20, members=3)
    both: Any = SimpleNamespace(members=pd.concat([template.members, few.members]), groups=template.groups)

    assert lowered(both, 8.0, organisation=1.0, device_own=1.0) == benign.EXPLAINED


def test_odds_are_never_raised() -> None:
    assert lowered(measured("ip"), -6.0, at_carrier=1.0) == -6.0


def test_the_explanation_that_leaves_fewest_members_is_told() -> None:
    measures = measured("ip", "device")
    found = benign.unexplained(measures, values(at_carrier=1.0, at_cafe=1.0))

    rows = benign.checks(found, pd.Index(["c"]))

    assert rows["text"].tolist() == ["They may be people at a place that is open to everybody, who share such things"]


def test_whom_the_best_explanation_leaves_is_told() -> None:
    rows = benign.checks(benign.unexplained(measured("device", "ip"), values(at_carrier=1.0)), pd.Index(["c"]))

    assert rows["text"].tolist() == [
        "They may be customers of one carrier, but that does not explain what else ties any of the 6 members"
    ]
