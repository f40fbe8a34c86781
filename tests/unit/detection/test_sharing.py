"""Who shared what in the window, against worlds that were worked out by hand."""

from collections.abc import Callable
from datetime import date, datetime
from math import log

import duckdb
import pytest
from clean_days import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, accounts, connected, sent, used

from ringwatch.night import Night
from ringwatch.window import pairs, sharing

OpenNight = Callable[..., Night]


def bits_of(connection: duckdb.DuckDBPyConnection, identifier: str) -> tuple[int, bool, float]:
    found = connection.sql(
        "SELECT accounts, hub, bits FROM identifier WHERE name = $name", params={"name": identifier}
    ).fetchall()
    (row,) = found
    return row


def pair_bits(connection: duckdb.DuckDBPyConnection, min_bits: float = 0.001) -> dict[tuple[str, str], float]:
    return {(p["source"], p["target"]): p["bits"] for p in pairs.links(connection, min_bits).to_pylist()}


def test_bits_fall_with_the_logarithm_of_the_accounts_down_to_nothing_at_the_hub_limit(open_night: OpenNight) -> None:
    names = [f"A{i:03}" for i in range(130)]
    devices = [used(name, "two", MONDAY) for name in names[:2]]
    devices += [used(name, "eleven", MONDAY) for name in names[2:13]]
    devices += [used(name, "sixty", MONDAY) for name in names[:60]]
    devices += [used(name, "hub", MONDAY) for name in names[:61]]
    devices += [used("A129", "alone", MONDAY)]
    night = open_night({MONDAY: {"accounts": accounts(*names), "devices": devices}})

    with sharing.open_sharing(night) as connection:
        assert bits_of(connection, "two") == (2, False, pytest.approx(6.0))
        assert bits_of(connection, "eleven") == (11, False, pytest.approx(6 * (1 - log(5.5) / log(30))))
        assert bits_of(connection, "sixty") == (60, False, pytest.approx(0.0))
        assert bits_of(connection, "hub") == (61, True, 0.0)
        assert bits_of(connection, "alone") == (1, False, 0.0)


def test_rows_count_for_their_own_time_whenever_they_arrive(open_night: OpenNight) -> None:
    late = [used("A", "old", MONDAY), used("B", "old", MONDAY), used("A", "new", TUESDAY), used("B", "new", TUESDAY)]
    night = open_night({WEDNESDAY: {"accounts": accounts("A", "B"), "devices": late}}, window_days=2)

    with sharing.open_sharing(night) as connection:
        assert connection.sql("SELECT name FROM identifier").fetchall() == [("new",)]


def test_what_lasts_links_beyond_the_window_until_the_account_says_otherwise(open_night: OpenNight) -> None:
    same = accounts("A", "B", "C", phone="+1")
    seen = [used(name, name, THURSDAY) for name in "ABC"]
    night = open_night(
        {MONDAY: {"accounts": same}, WEDNESDAY: {"accounts": accounts("C", phone="+2")}, THURSDAY: {"devices": seen}},
        window_days=1,
    )

    with sharing.open_sharing(night) as connection:
        assert pair_bits(connection) == {("A", "B"): 6.0}


def test_accounts_that_were_not_seen_in_the_window_are_left_out(open_night: OpenNight) -> None:
    night = open_night(
        {MONDAY: {"accounts": accounts("A", "B", phone="+1"), "devices": [used("A", "own", MONDAY)]}}, window_days=1
    )

    with sharing.open_sharing(night) as connection:
        assert connection.sql("SELECT account_id, active_days FROM account").fetchall() == [("A", 1)]
        assert pair_bits(connection) == {}


def test_an_account_counts_as_seen_when_it_is_opened(open_night: OpenNight) -> None:
    opened = accounts("A", "B", created_at=datetime(2026, 3, 2, 9))
    night = open_night({MONDAY: {"accounts": opened}}, window_days=1)

    with sharing.open_sharing(night) as connection:
        assert connection.sql("SELECT count(*) FROM account").fetchall() == [(2,)]


def test_the_same_day_counts_a_quarter_more_and_each_facet_has_its_cap(open_night: OpenNight) -> None:
    same_day = [used(name, "d1", MONDAY) for name in "AB"]
    other_day = [used("C", "d2", MONDAY), used("D", "d2", TUESDAY)]
    many = [used(name, device, MONDAY) for name in "EF" for device in ("d3", "d4")]
    night = open_night({TUESDAY: {"accounts": accounts(*"ABCDEF"), "devices": same_day + other_day + many}})

    with sharing.open_sharing(night) as connection:
        assert pair_bits(connection) == {("A", "B"): 7.5, ("C", "D"): 6.0, ("E", "F"): 9.0}


def test_residents_of_an_address_are_not_linked_by_it_and_visitors_are(open_night: OpenNight) -> None:
    week = [date(2026, 3, day) for day in range(2, 8)]
    living = [connected(name, "home", day) for name in "AB" for day in week]
    visiting = [connected(name, "exit", week[0]) for name in "CD"]
    night = open_night({week[-1]: {"accounts": accounts(*"ABCD"), "ips": living + visiting}})

    with sharing.open_sharing(night) as connection:
        # One of their days together, to which two are added: they spend two thirds apart.
        assert pair_bits(connection) == {("C", "D"): pytest.approx(2.5 * 1.25 * 2 / 3, abs=1e-6)}


def test_a_household_whose_line_gets_a_new_address_every_day_is_not_linked_and_two_who_meet_are(
    open_night: OpenNight,
) -> None:
    week = [date(2026, 3, day) for day in range(2, 8)]
    home = [connected(name, f"lease {day}", day) for name in "AB" for day in week]
    meeting = [connected(name, f"exit {day}", day) for name in "CD" for day in week[:2]]
    apart = [connected(name, f"{name} {day}", day) for name in "CD" for day in week[2:]]
    night = open_night({week[-1]: {"accounts": accounts(*"ABCD"), "ips": home + meeting + apart}})

    with sharing.open_sharing(night) as connection:
        found = pair_bits(connection)

    assert list(found) == [("C", "D")]


def test_what_is_shared_is_worked_out_anew_when_a_clean_day_changes(open_night: OpenNight) -> None:
    night = open_night({MONDAY: {"accounts": accounts(*"AB"), "devices": [used("A", "d", MONDAY)]}})
    with sharing.open_sharing(night) as connection:
        assert pair_bits(connection) == {}

    night = open_night({MONDAY: {"devices": [used("A", "d", MONDAY), used("B", "d", MONDAY)]}})

    with sharing.open_sharing(night) as connection:
        assert pair_bits(connection) == {("A", "B"): 7.5}


def test_a_transfer_links_both_ends_and_those_who_pay_the_same_account(open_night: OpenNight) -> None:
    payments = [sent("A", "X", MONDAY), sent("B", "X", TUESDAY), sent("C", "stranger", MONDAY)]
    night = open_night({TUESDAY: {"accounts": accounts(*"ABCX"), "payments": payments}})

    with sharing.open_sharing(night) as connection:
        found = pair_bits(connection)

    three = 2.5 * (1 - log(1.5) / log(12))  # A, B and X are on X
    assert found == {
        ("A", "X"): pytest.approx(1.25 * three, abs=1e-6),
        ("B", "X"): pytest.approx(1.25 * three, abs=1e-6),
        ("A", "B"): pytest.approx(three, abs=1e-6),
    }


def test_links_say_by_what_and_on_how_many_days(open_night: OpenNight) -> None:
    devices = [used(name, "d", day) for name in "AB" for day in (MONDAY, TUESDAY)]
    ips = [connected(name, "x", TUESDAY) for name in "AB"]
    night = open_night({TUESDAY: {"accounts": accounts(*"AB"), "devices": devices, "ips": ips}})

    with sharing.open_sharing(night) as connection:
        (pair,) = pairs.links(connection, 3).to_pylist()

    assert pair["facets"] == ["device", "ip"]
    assert pair["days"] == 2


def test_feeds_that_a_deployment_does_not_have_are_not_asked(open_night: OpenNight) -> None:
    night = open_night(
        {MONDAY: {"accounts": accounts(*"AB"), "devices": [used(name, "d", MONDAY) for name in "AB"]}},
        feeds=("accounts", "payments"),
    )

    with sharing.open_sharing(night) as connection:
        assert pair_bits(connection) == {}


def alike(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    name = pairs.accounts(connection)
    found = pairs.alike(connection).to_pylist()
    return {tuple(sorted((name[p["source"]], name[p["target"]]))): p["likeness"] for p in found}  # type: ignore[misc]


def test_a_device_that_two_live_on_makes_them_alike_and_one_that_a_guest_used_does_not(open_night: OpenNight) -> None:
    days = [MONDAY, TUESDAY, WEDNESDAY, THURSDAY]
    devices = [used(name, "desk", day) for name in "AB" for day in days]
    devices += [used("C", "sofa", day) for day in days] + [used("D", "sofa", MONDAY)]
    old = accounts("D", created_at=datetime(2026, 1, 5))
    night = open_night({THURSDAY: {"accounts": [*accounts("A", "B", "C"), *old], "devices": devices}})

    with sharing.open_sharing(night) as connection:
        # 13 for the device that both are on every day, and 3 for accounts of one day.
        assert alike(connection) == {("A", "B"): pytest.approx(16.0)}


def test_visiting_a_crowd_makes_alike_and_visiting_a_home_does_not(open_night: OpenNight) -> None:
    crowd, home = [f"C{i}" for i in range(6)], [f"H{i}" for i in range(4)]
    ips = [connected(name, "exit", MONDAY) for name in crowd] + [connected(name, "home", MONDAY) for name in home]
    night = open_night({MONDAY: {"accounts": accounts(*crowd, *home), "ips": ips}})

    with sharing.open_sharing(night) as connection:
        found = alike(connection)

    wanted = 3 + 6.5 * (1 - log(3) / log(30))
    assert found == {(a, b): pytest.approx(wanted) for a in crowd for b in crowd if a < b}


def test_where_everybody_pays_somebody_a_payment_makes_less_alike(open_night: OpenNight) -> None:
    names = [f"A{i:03}" for i in range(100)]
    pairs_of_two = list(zip(names[::2], names[1::2], strict=True))
    payments = [sent(a, b, MONDAY) for a, b in pairs_of_two]
    many = open_night({MONDAY: {"accounts": accounts(*names), "payments": payments}})

    with sharing.open_sharing(many) as connection:
        found = alike(connection)

    # Half a pair an account, where a twentieth is usual: log2(10) bits less than 5.6, and 3 for accounts of one day.
    assert found == {pair: pytest.approx(3 + 5.6 - log(10, 2)) for pair in pairs_of_two}


def test_an_identifier_that_reviewers_allowed_is_shared_by_nobody_until_it_expires(open_night: OpenNight) -> None:
    devices = [used(name, device, day) for name in "AB" for device in ("lent", "own") for day in (TUESDAY, WEDNESDAY)]
    night = open_night({TUESDAY: {"accounts": accounts("A", "B"), "devices": devices}, WEDNESDAY: {}})
    with sharing.open_sharing(night) as connection:
        assert {name for (name,) in connection.sql("SELECT name FROM identifier").fetchall()} == {"lent", "own"}
        linked = pair_bits(connection)[("A", "B")]

    about = {"facet": "device", "identifier": "lent", "expires": THURSDAY}
    night.store.verdicts.add(datetime(2026, 3, 3), "ana", "identifier", "harmless", **about)

    with sharing.open_sharing(night) as connection:
        assert connection.sql("SELECT name FROM identifier").fetchall() == [("own",)]
        assert 0 < pair_bits(connection)[("A", "B")] < linked
    with sharing.open_sharing(night.on(THURSDAY)) as connection:
        assert {name for (name,) in connection.sql("SELECT name FROM identifier").fetchall()} == {"lent", "own"}
