"""What addresses are, who works together, and what that says of groups, against worlds that were worked out by hand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import log2

import duckdb
import pandas as pd
import pytest
from clean_days import Rows, accounts, connected, sent, used

from ringwatch.night import Night
from ringwatch.score import features, frames, measuring
from ringwatch.window import sharing

OpenNight = Callable[..., Night]

# From a Monday to the Sunday of the week after.
DAYS = [date(2026, 3, 2) + timedelta(days=i) for i in range(14)]
WORKDAYS = [day for day in DAYS if day.weekday() < 5]
TERM = datetime(2025, 10, 1)


def visits(names: list[str], ip: str, days: list[date], kind: str | None = "residential") -> Rows:
    return [connected(name, ip, day) | {"network_kind": kind} for name in names for day in days]


def names(letter: str, count: int) -> list[str]:
    return [f"{letter}{i:02}" for i in range(count)]


def opened(open_night: OpenNight, ips: Rows, who: Rows, **feeds: Rows) -> Night:
    return open_night({DAYS[-1]: {"accounts": who, "ips": ips, **feeds}})


def place_of(night: Night, ip: str) -> str:
    with sharing.open_sharing(night) as connection:
        return str(
            value(connection, "SELECT place FROM whereabouts JOIN identifier USING (identifier) WHERE name = $1", ip)
        )


def value(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> object:
    ((found,),) = connection.execute(query, list(parameters)).fetchall()
    return found


def measured(night: Night, *groups: list[str]) -> pd.DataFrame:
    rows = pd.concat([pd.DataFrame({"candidate": f"c{i}", "account_id": g}, dtype="str") for i, g in enumerate(groups)])
    with sharing.open_sharing(night) as connection:
        measures = measuring.measure(connection, rows)
        facets = connection.table("facet").df()["facet"]
    return features.values(frames.arranged(measures, pd.Series(dtype=float)), facets)


@pytest.mark.parametrize(
    ("kind", "place"), [("vpn", "vpn"), ("hosting", "hosting"), ("mobile", "carrier"), ("education", "campus")]
)
def test_some_networks_say_what_they_are(open_night: OpenNight, kind: str, place: str) -> None:
    who = names("A", 4)
    assert place_of(opened(open_night, visits(who, "9.9.9.9", DAYS, kind), accounts(*who)), "9.9.9.9") == place


@pytest.mark.parametrize("kind", ["residential", "unknown", None])
def test_a_few_who_live_at_an_address_are_at_home_and_many_are_behind_a_carrier(
    open_night: OpenNight, kind: str | None
) -> None:
    family, crowd = names("F", 3), names("C", 9)
    ips = visits(family, "1.1.1.1", DAYS, kind) + visits(crowd, "2.2.2.2", DAYS, kind)
    night = opened(open_night, ips, accounts(*family, *crowd))

    assert (place_of(night, "1.1.1.1"), place_of(night, "2.2.2.2")) == ("home", "carrier")


def test_who_lives_at_an_address_on_working_days_alone_works_there(open_night: OpenNight) -> None:
    staff, family = names("S", 3), names("F", 3)
    ips = visits(staff, "1.1.1.1", WORKDAYS) + visits(family, "2.2.2.2", DAYS)
    night = opened(open_night, ips, accounts(*staff, *family))

    assert (place_of(night, "1.1.1.1"), place_of(night, "2.2.2.2")) == ("office", "home")


def test_where_all_but_two_pass_by_and_nobody_lives_is_a_cafe(open_night: OpenNight) -> None:
    guests, regulars = names("G", 8), names("R", 2)
    ips = visits(guests + regulars, "1.1.1.1", DAYS[:1]) + visits(regulars, "1.1.1.1", DAYS[1:3])
    ips += [row for name in guests + regulars for row in visits([name], f"2.2.{name[1:]}.{ord(name[0])}", DAYS)]
    ips += visits(guests, "3.3.3.3", DAYS[:1]) + visits(["G00"], "3.3.3.3", DAYS)
    night = opened(open_night, ips, accounts(*guests, *regulars))

    assert place_of(night, "1.1.1.1") == "cafe"
    assert place_of(night, "3.3.3.3") == "home"


def test_half_of_one_organisation_make_an_office_and_of_an_academic_domain_a_campus(open_night: OpenNight) -> None:
    staff, students, rest = names("S", 5), names("U", 5), names("R", 5)
    who = accounts(*staff, organisation="Acme") + accounts(*students, email_domain="u.ac.uk") + accounts(*rest)
    ips = visits(staff + rest, "1.1.1.1", DAYS) + visits(students + rest, "2.2.2.2", DAYS)
    night = opened(open_night, ips, who)

    assert (place_of(night, "1.1.1.1"), place_of(night, "2.2.2.2")) == ("office", "campus")


def test_entropy_and_days_of_an_identifier_are_those_of_its_accounts(open_night: OpenNight) -> None:
    who = names("A", 4)
    ips = visits(who[:2], "1.1.1.1", DAYS) + visits(who[2:3], "2.2.2.2", DAYS) + visits(who[3:], "3.3.3.3", DAYS)
    devices = [used(name, "d", day) for name, day in zip(who, [DAYS[0], DAYS[0], DAYS[1], DAYS[2]], strict=True)]
    night = opened(open_night, ips, accounts(*who), devices=devices)

    with sharing.open_sharing(night) as connection:
        seen = "SELECT {} FROM whereabouts JOIN identifier USING (identifier) WHERE name = 'd'"
        assert value(connection, seen.format("networks")) == pytest.approx(0.5 * log2(2) + 2 * 0.25 * log2(4))
        assert value(connection, seen.format("lasts")) == pytest.approx(3 / len(DAYS), abs=1e-6)


@pytest.fixture
def company(open_night: OpenNight) -> Night:
    """Four new accounts at a company of 10 whose other six are old; the same at gmail; at scattered throwaway mail."""
    new, old = {"created_at": datetime(2026, 3, 1)}, {"created_at": datetime(2025, 1, 1)}
    who, ips = [], []
    for letter, domain in (("C", "acme.example"), ("G", "gmail.com"), ("T", "throwaway.example")):
        crowd = names(letter, 10)
        who += accounts(*crowd[:4], email_domain=domain, **new) + accounts(*crowd[4:], email_domain=domain, **old)
        for i, name in enumerate(crowd):
            ips += visits([name], f"{ord(letter)}.{i if letter == 'T' else 0}.0.1", DAYS)
    return opened(open_night, ips, who)


def test_mail_at_an_organisation_with_colleagues_speaks_for_a_group(company: Night) -> None:
    groups = [names(letter, 4) for letter in "CGT"]
    assert list(measured(company, *groups)["corporate"]) == [1, 0, 0]


def test_colleagues_in_the_group_itself_do_not_count(company: Night) -> None:
    # Eight of the ten are in the group; of the six who were there long before, two are not.
    assert list(measured(company, names("C", 8))["corporate"]) == [0]


@pytest.fixture
def campus(open_night: OpenNight) -> Night:
    """A campus of 20: 4 + 8 came with the term, 8 long before, and a flat of the same with a gap of four days."""
    who, ips = [], []
    for letter, kind in (("U", "education"), ("F", "residential")):
        crowd = names(letter, 20)
        who += accounts(*crowd[:4], created_at=TERM) + accounts(*crowd[4:12], created_at=TERM + timedelta(days=3))
        who += accounts(*crowd[12:], created_at=TERM - timedelta(days=4))
        ips += visits(crowd, f"{ord(letter)}.0.0.1", DAYS, kind)
    return opened(open_night, ips, who)


def test_who_was_opened_when_the_whole_place_was_came_with_the_term(campus: Night) -> None:
    found = measured(campus, names("U", 4), names("U", 4)[:2] + names("F", 2), names("F", 4))

    # Eight of the sixteen others within three days, for two of the second group ten of eighteen, and none of those who
    # live behind a carrier.
    assert list(found["term"]) == pytest.approx([8 / 16, 2 * (10 / 18) / 4, 0])
    assert list(found["at_campus"]) == pytest.approx([1, 0.5, 0])


@pytest.mark.parametrize("kind", ["transfer", "referral"])
def test_many_who_deal_with_one_are_a_sweep_as_far_as_nobody_else_does(open_night: OpenNight, kind: str) -> None:
    # Three of four pay the collector, and so does a stranger: three of four, three quarters.
    pairs = [(a, "X") for a in ("A", "B", "C", "S")]
    found = measured(dealing(open_night, kind, pairs, "ABCDSX"), list("ABCD"))

    assert found[f"{kind}_sweep"].item() == pytest.approx(3 / 4 * 3 / 4)
    assert found[f"{kind}_chain"].item() == 0


def test_one_who_pays_many_is_a_fan_out(open_night: OpenNight) -> None:
    pairs = [("X", b) for b in ("A", "B", "C", "S")]
    found = measured(dealing(open_night, "transfer", pairs, "ABCDSX"), list("ABCD"))

    assert found["transfer_fan_out"].item() == pytest.approx(3 / 4 * 3 / 4)
    assert found["transfer_sweep"].item() == 0


def test_a_chain_goes_on_to_a_third_member(open_night: OpenNight) -> None:
    # A to B to C, D and E to and fro, F to a stranger: three of six.
    pairs = [("A", "B"), ("B", "C"), ("D", "E"), ("E", "D"), ("F", "S")]
    found = measured(dealing(open_night, "transfer", pairs, "ABCDEFS"), list("ABCDEF"))

    assert found["transfer_chain"].item() == pytest.approx(3 / 6)


def dealing(open_night: OpenNight, kind: str, pairs: list[tuple[str, str]], everybody: str) -> Night:
    hosts = dict(pairs) if kind == "referral" else {}
    who = [row | {"referred_by": hosts.get(row["account_id"])} for row in accounts(*everybody)]
    payments = [sent(a, b, DAYS[0]) for a, b in pairs] if kind == "transfer" else []
    seen = [used(name, name, DAYS[0]) for name in everybody]
    return open_night({DAYS[0]: {"accounts": who, "devices": seen, "payments": payments}})
