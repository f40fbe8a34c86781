"""Two weak traits that go together, against worlds that were worked out by hand."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from clean_days import MONDAY, accounts, connected

from ringwatch.night import Night
from ringwatch.window import sharing

OpenNight = Callable[..., Night]
EVERYBODY = [f"A{i:04}" for i in range(1000)]


def sent(account: str, template: str) -> dict[str, Any]:
    return {"account_id": account, "capability": "chat", "exchanges": 1, "template": template}


def cells(night: Night) -> dict[str, int]:
    with sharing.open_sharing(night) as connection:
        found = connection.sql("SELECT name, accounts FROM identifier WHERE facet = 'cell'").fetchall()
    return dict(found)


def test_traits_that_go_together_far_more_often_than_by_chance_make_a_cell(open_night: OpenNight) -> None:
    # Of 1,000 accounts 30 send the template, 30 are on the network, 20 do both: (30 - 20)² / 1000 + 0.5 = 0.6 expected.
    opened = accounts(*EVERYBODY, created_at=datetime(2026, 3, 2, 9))
    usage = [sent(name, "T") for name in EVERYBODY[:30]]
    ips = [connected(name, f"10.0.0.{i}", MONDAY) for i, name in enumerate(EVERYBODY[10:40])]

    assert cells(open_night({MONDAY: {"accounts": opened, "usage": usage, "ips": ips}})) == {
        "network=10.0.0 template=T": 20
    }


def test_traits_that_go_together_as_often_as_by_chance_make_none(open_night: OpenNight) -> None:
    # 100 and 100 of 1,000, 12 with both: (100 - 12)² / 1000 + 0.5 = 8.2 expected.
    opened = accounts(*EVERYBODY, created_at=datetime(2026, 3, 2, 9))
    usage = [sent(name, "T") for name in EVERYBODY[:100]]
    ips = [connected(name, f"10.0.0.{i}", MONDAY) for i, name in enumerate(EVERYBODY[88:188])]

    assert cells(open_night({MONDAY: {"accounts": opened, "usage": usage, "ips": ips}})) == {}


def test_a_farm_that_is_a_sixth_of_all_does_not_hide_its_own_habits(open_night: OpenNight) -> None:
    farm = EVERYBODY[:160]
    usage = [sent(name, "farm") for name in farm]
    ips = [connected(name, f"10.0.0.{i}", MONDAY) for i, name in enumerate(farm)]
    ips += [connected(name, f"{i % 200}.1.{i // 200}.1", MONDAY) for i, name in enumerate(EVERYBODY[160:])]
    night = open_night({MONDAY: {"accounts": accounts(*EVERYBODY), "usage": usage, "ips": ips}})

    assert cells(night) == {"network=10.0.0 template=farm": 160}


def test_a_trait_that_most_have_is_no_side(open_night: OpenNight) -> None:
    usage = [sent(name, "T") for name in EVERYBODY[:300]]
    ips = [connected(name, f"10.0.0.{i % 250}", MONDAY) for i, name in enumerate(EVERYBODY[:300])]
    ips += [connected(name, f"{i % 200}.1.{i // 200}.1", MONDAY) for i, name in enumerate(EVERYBODY[300:])]
    night = open_night({MONDAY: {"accounts": accounts(*EVERYBODY), "usage": usage, "ips": ips}})

    assert cells(night) == {}


def test_a_few_accounts_make_no_cell(open_night: OpenNight) -> None:
    opened = accounts(*EVERYBODY, created_at=datetime(2026, 3, 2, 9))
    usage = [sent(name, "T") for name in EVERYBODY[:3]]
    ips = [connected(name, f"10.0.0.{i}", MONDAY) for i, name in enumerate(EVERYBODY[:3])]

    assert cells(open_night({MONDAY: {"accounts": opened, "usage": usage, "ips": ips}})) == {}
