"""Accounts that were opened together and lived from one purse, against worlds worked out by hand."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clean_days import MONDAY, accounts, connected
from hand_worked import OpenNight

from ringwatch.night import Night
from ringwatch.search import candidates
from ringwatch.window import sharing

EVERYBODY = [f"A{i:04}" for i in range(1000)]
PAYER, FUNDED = EVERYBODY[0], EVERYBODY[1:21]
MORNING = datetime(2026, 3, 2, 9)


def paid_to(payer: str, payee: str, at: datetime) -> dict[str, Any]:
    return {"payment_id": f"{payer}>{payee}", "account_id": payer, "counterparty_account_id": payee, "paid_at": at}


def funded(night: Night) -> dict[str, int]:
    with sharing.open_sharing(night) as connection:
        return dict(connection.sql("SELECT name, accounts FROM identifier WHERE facet = 'funding'").fetchall())


def world(
    open_night: OpenNight, opened: dict[str, datetime], payments: list[dict[str, Any]], day: date = MONDAY
) -> Night:
    rows = [row | {"created_at": opened.get(row["account_id"], row["created_at"])} for row in accounts(*EVERYBODY)]
    ips = [connected(name, f"10.{i // 250}.{i % 250}.1", day) for i, name in enumerate(EVERYBODY)]
    return open_night({day: {"accounts": rows, "payments": payments, "ips": ips}})


def test_accounts_opened_on_one_day_with_their_first_money_from_one_account_are_funded_together(
    open_night: OpenNight,
) -> None:
    opened = dict.fromkeys(FUNDED, MORNING)
    payments = [paid_to(PAYER, name, MORNING + timedelta(minutes=i)) for i, name in enumerate(FUNDED)]

    assert funded(world(open_night, opened, payments)) == {f"{PAYER} on 2026-03-02": 20}


def test_who_is_paid_long_after_opening_is_not_funded(open_night: OpenNight) -> None:
    payments = [paid_to(PAYER, name, MORNING) for name in FUNDED]  # all were opened in 2025

    assert funded(world(open_night, {}, payments)) == {}


def test_who_had_money_from_another_before_is_not_funded(open_night: OpenNight) -> None:
    opened = dict.fromkeys(FUNDED, MORNING)
    own = [paid_to(EVERYBODY[500 + i], name, MORNING) for i, name in enumerate(FUNDED)]
    later = [paid_to(PAYER, name, MORNING + timedelta(hours=1)) for name in FUNDED]

    assert funded(world(open_night, opened, [*own, *later])) == {}


def test_a_payer_that_greets_everybody_who_comes_funds_nobody(open_night: OpenNight) -> None:
    # The service itself: it pays each of 600 new accounts, as many on each day.
    new = EVERYBODY[1:601]
    opened = {name: MORNING - timedelta(days=i % 20) for i, name in enumerate(new)}
    payments = [paid_to(PAYER, name, opened[name] + timedelta(minutes=5)) for name in new]

    assert funded(world(open_night, opened, payments)) == {}


@pytest.mark.parametrize("size", [8, 300])
def test_a_purse_is_looked_at_as_a_group_however_many_live_from_it(open_night: OpenNight, size: int) -> None:
    many = EVERYBODY[1 : size + 1]
    payments = [paid_to(PAYER, name, MORNING) for name in many]
    night = world(open_night, dict.fromkeys(many, MORNING), payments)

    with sharing.open_sharing(night) as connection:
        hubs = candidates.read(connection, 1.5).hubs

    assert hubs.groupby("identifier").size().tolist() == [size]


def test_who_deals_with_many_connects_nobody_in_the_lane_of_dealings(open_night: OpenNight) -> None:
    merchant = [paid_to(name, EVERYBODY[999], MORNING) for name in EVERYBODY[100:150]]
    friends = [paid_to(EVERYBODY[1], EVERYBODY[2], MORNING), paid_to(EVERYBODY[3], EVERYBODY[2], MORNING)]
    night = world(open_night, {}, [*merchant, *friends])

    with sharing.open_sharing(night) as connection:
        dealt = candidates.read(connection, 1.5).dealt
        named = connection.table("account").df().set_index("account")["account_id"]

    pairs = {frozenset((named[a], named[b])) for a, b in dealt[["source", "target"]].to_numpy()}
    assert pairs == {frozenset(EVERYBODY[1:3]), frozenset(EVERYBODY[2:4])}
