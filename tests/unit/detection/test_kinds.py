"""What kind of group it is, against worlds that were worked out by hand."""

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
