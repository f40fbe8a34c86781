"""What kind of group it is, against worlds that were worked out by hand."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from clean_days import Rows, accounts, connected, paid, used
from hand_worked import CARD, EVERYBODY, OPENED, WEEK, OpenNight, group

from ringwatch.score import groups
from ringwatch.window import sharing

FIVE = EVERYBODY[:5]


def own_devices() -> Rows:
    return [used(name, f"of {name}", day) for name in FIVE for day in WEEK]


def own_homes() -> Rows:
    return [connected(name, f"10.{i}.0.7", day) for i, name in enumerate(FIVE) for day in WEEK]


def kind(open_night: OpenNight, **feeds: Rows) -> str:
    """The kind of five accounts that pay with one card."""
    card = [paid(name, "card", WEEK[0]) for name in FIVE]
    night = open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED), "payments": card} | feeds})
    found = group(*FIVE).assign(lane="wide", stability=0.5)
    with sharing.open_sharing(night) as connection:
        return str(groups.score_groups(connection, found, CARD, 4).tables["rings"]["kind"].item())


def test_who_share_a_card_and_have_devices_and_homes_of_their_own_are_a_pool_of_customers(
    open_night: OpenNight,
) -> None:
    assert kind(open_night, devices=own_devices(), ips=own_homes()) == "reseller"


def test_devices_of_their_own_alone_make_no_pool(open_night: OpenNight) -> None:
    exits = [connected(name, f"10.{i + k}.0.7", WEEK[k]) for i, name in enumerate(FIVE) for k in range(6)]

    assert kind(open_night, devices=own_devices(), ips=exits) == "operator"


def test_homes_of_their_own_alone_make_no_pool(open_night: OpenNight) -> None:
    one_device = [used(name, "one", day) for name in FIVE for day in WEEK]

    assert kind(open_night, devices=one_device, ips=own_homes()) == "operator"


def test_where_devices_are_never_known_homes_tell(open_night: OpenNight) -> None:
    assert kind(open_night, ips=own_homes()) == "reseller"


@pytest.mark.parametrize(
    ("probability", "stood", "expected"),
    [(0.49, False, "context"), (0.49, True, "operator"), (0.21, True, "operator"), (0.19, True, "context")],
)
def test_a_ring_of_last_night_is_a_context_only_when_it_is_unlikely_by_far(
    probability: float, stood: bool, expected: str
) -> None:
    """Else it would fall on a night a little below evens, however low the threshold for keeping it is."""
    measures: Any = SimpleNamespace(facets=pd.DataFrame({"facet": [], "candidate": [], "covered": []}))
    values = pd.DataFrame({"some_own_life": [1.0], "organisation": [0.0]}, index=["c"])

    found = groups._kinds(measures, values, pd.Series({"c": probability}), pd.Index(["c"] if stood else []))

    assert found.tolist() == [expected]


@pytest.mark.parametrize(("accounts", "stands"), [("ABCDE", True), ("ABCXYZ", True), ("ABXYZ", False)])
def test_a_group_is_a_ring_of_last_night_if_it_has_half_of_its_accounts(accounts: str, stands: bool) -> None:
    """Accounts that were in no ring do not count: growing is as steady as staying the same."""
    last_night = pd.DataFrame({"ring": "r", "account_id": list("ABCDE")})

    found = groups._stood(pd.DataFrame({"candidate": "c", "account_id": list(accounts)}), last_night)

    assert list(found) == (["c"] if stands else [])
