"""Where accounts are at home, against worlds that were worked out by hand."""

from collections.abc import Callable

from clean_days import Rows, accounts, connected, used
from hand_worked import EVERYBODY, OPENED, WEEK

from ringwatch.night import Night
from ringwatch.window import sharing

OpenNight = Callable[..., Night]
HOST, RENTER = EVERYBODY[:2]


def at_home(night: Night, account: str) -> set[str]:
    with sharing.open_sharing(night) as connection:
        query = "SELECT name FROM abode JOIN account USING (account) JOIN identifier USING (identifier)"
        return {name for (name,) in connection.execute(f"{query} WHERE account_id = $1", [account]).fetchall()}


def world(open_night: OpenNight, **feeds: Rows) -> Night:
    return open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED)} | feeds})


def test_a_line_that_changes_its_address_every_day_is_one_home(open_night: OpenNight) -> None:
    ips = [connected(HOST, f"10.0.{i}.7", day) for i, day in enumerate(WEEK)]

    addresses, networks = ({f"10.0.{i}{end}" for i in range(len(WEEK))} for end in (".7", ""))
    assert at_home(world(open_night, ips=ips), HOST) == addresses | networks


def test_who_is_on_one_line_today_and_on_another_tomorrow_lives_on_none(open_night: OpenNight) -> None:
    ips = [connected(RENTER, f"10.{i // 2}.0.7", day) for i, day in enumerate(WEEK)]

    assert at_home(world(open_night, ips=ips), RENTER) == set()


def test_who_comes_through_other_lines_on_the_same_days_lives_on_none(open_night: OpenNight) -> None:
    ips = [connected(RENTER, "10.0.0.7", day) for day in WEEK]
    ips += [connected(RENTER, f"10.{i}.0.7", day) for i, day in enumerate(WEEK, 1)]

    assert at_home(world(open_night, ips=ips), RENTER) == set()


def test_who_is_at_work_on_the_same_days_lives_at_home_all_the_same(open_night: OpenNight) -> None:
    ips = [connected(HOST, "10.0.0.7", day) for day in WEEK[:4]]
    ips += [connected(HOST, "10.1.0.7", day) | {"network_kind": "business"} for day in WEEK]

    assert at_home(world(open_night, ips=ips), HOST) == {"10.0.0.7", "10.0.0"}


def test_an_account_lives_with_the_device_that_it_mostly_uses(open_night: OpenNight) -> None:
    devices = [used(HOST, "own", day) for day in WEEK] + [used(HOST, "second", day) for day in WEEK[:3]]

    assert at_home(world(open_night, devices=devices), HOST) == {"own"}


def test_who_comes_to_the_home_of_another_is_a_guest_for_these_days(open_night: OpenNight) -> None:
    ips = [connected(HOST, "10.0.0.7", day) for day in WEEK]
    ips += [connected(RENTER, "10.0.0.7", WEEK[0]), connected(RENTER, "10.1.0.7", WEEK[1])]
    ips += [connected(name, "10.2.0.7", day) for name in EVERYBODY[2:40] for day in WEEK]
    ips += [connected(RENTER, "10.2.0.7", day) for day in WEEK[2:4]]

    with sharing.open_sharing(world(open_night, ips=ips)) as connection:
        query = "SELECT account_id, share FROM guest JOIN account USING (account)"
        guests = dict(connection.execute(query).fetchall())

    # A quarter at the home of the host; half at an address so crowded that it is a hub, and nobody's home.
    assert guests[RENTER] == 0.25
    assert guests[HOST] == 0
