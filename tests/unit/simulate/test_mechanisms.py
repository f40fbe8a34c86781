"""Mechanisms of a climate, each in a world of its own where it can be seen."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from leaks import read

from ringwatch.simulate import World, simulate
from ringwatch.simulate.climate import Climate

Rows = Callable[[str], pd.DataFrame]


def lived(out: Path, climate: Climate, accounts: int = 1_000, days: int = 3, **dials: float) -> Path:
    simulate(out, accounts, days, seed=1, world=World(climate=climate, **dials))
    return out


def contexts(world: Path) -> pd.Series:
    """Context by honest account."""
    return pd.read_parquet(world / "truth" / "contexts.parquet").set_index("account_id")["context"]


def of(world: Path, feed: str, context: str) -> pd.DataFrame:
    rows = read(world, feed)
    return rows[rows["account_id"].map(contexts(world)) == context]


def homes(world: Path) -> pd.DataFrame:
    """Rows of homes on IPv4 of people who live alone; guests aside, the address they use most on a day is their own."""
    rows = of(world, "ips", "solo")
    return rows[(rows["network_kind"] == "residential") & ~rows["ip"].str.contains(":")]


def test_leases_of_hours_give_an_account_several_addresses_a_day_each_within_its_lease(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(leases=(0.25, 0.25)), static_line_share=0.0, guest_share=0.0)

    rows = homes(world)
    assert rows.groupby(["account_id", rows["first_seen"].dt.date])["ip"].nunique().max() >= 2
    # Six hours, by a factor of up to 1.5 more or less: no address is kept for longer than a third of a day.
    kept = rows.groupby(["account_id", "ip"]).agg({"first_seen": "min", "last_seen": "max"})
    assert (kept["last_seen"] - kept["first_seen"]).max() <= pd.Timedelta(hours=12)


def test_leases_of_days_last_as_long_as_drawn(tmp_path: Path) -> None:
    climate = Climate(leases=(5.0, 5.0), rarity=0.1)
    world = lived(tmp_path, climate, days=20, static_line_share=0.0, guest_share=0.0, exit_line_share=0.0)

    rows = homes(world)
    days = rows.groupby(["account_id", "ip"])["first_seen"].agg(
        lambda seen: (seen.max().normalize() - seen.min().normalize()).days + 1
    )
    assert days.max() <= 8
    assert days.median() >= 3


def test_leases_of_years_leave_homes_their_address(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(leases=(1200.0, 1200.0)), days=8, static_line_share=0.0, guest_share=0.0)

    addresses = homes(world).groupby("account_id")["ip"].nunique()
    assert (addresses == 1).mean() > 0.95


@pytest.mark.parametrize(("pinned", "few"), [((400, 400), True), ((1, 1), False)])
def test_a_carrier_that_pins_addresses_gives_an_account_the_same_one_every_day(
    pinned: tuple[int, int], few: bool, tmp_path: Path
) -> None:
    climate = Climate(carrier_pin_days=pinned, rarity=0.1, countries=("TR",), carriers=1)
    world = lived(tmp_path, climate, days=6, carrier_accounts_per_address=20)

    rows = read(world, "ips")
    mobile = rows[rows["network_kind"] == "mobile"].groupby("account_id")["ip"].agg(["nunique", "size"])
    often = mobile[mobile["size"] >= 4]
    assert len(often) > 50
    assert (often["nunique"] == 1).all() == few


def test_homes_without_a_line_are_on_a_carrier(tmp_path: Path) -> None:
    def share(world: Path) -> float:
        rows = of(world, "ips", "solo")
        at_home = set(rows.loc[rows["network_kind"] == "residential", "account_id"])
        return len(at_home) / rows["account_id"].nunique()

    usual = lived(tmp_path / "usual", Climate(), guest_share=0.0)
    phones = lived(tmp_path / "phones", Climate(phone_only_share=0.8), guest_share=0.0)
    assert share(usual) > 0.8
    assert share(phones) < 0.4


def test_a_company_with_many_lines_is_on_many_addresses(tmp_path: Path) -> None:
    climate, busy = Climate(company_lines=(10, 12), rarity=0.1), {"office_share": 0.4, "guest_share": 0.0}

    def addresses(world: Path) -> int:
        return int(of(world, "ips", "office").query("network_kind == 'business'")["ip"].nunique())

    many, usual = lived(tmp_path / "many", climate, **busy), lived(tmp_path / "usual", Climate(rarity=0.1), **busy)
    assert addresses(many) > 2 * addresses(usual)


def test_residents_of_a_dormitory_share_addresses_and_no_device_or_card(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(dormitory_share=0.2), colliding_device_share=0.0, default_fingerprint_share=0.0)

    per_address = of(world, "ips", "dormitory").groupby("ip")["account_id"].nunique()
    assert per_address.max() >= 20
    devices, payments = of(world, "devices", "dormitory"), of(world, "payments", "dormitory")
    known = devices[~devices["device"].isin(["unknown", "none", "0" * 32, "00000000-0000-0000-0000-000000000000"])]
    assert (known.groupby("device")["account_id"].nunique() > 1).mean() < 0.05
    assert payments.groupby("instrument")["account_id"].nunique().max() == 1


def test_a_family_with_three_tablets_uses_each_of_them(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(tablet_family_share=0.2, rarity=0.1))

    devices = of(world, "devices", "tablet_family")
    shared = devices[devices.groupby("device")["account_id"].transform("nunique") >= 3]
    families = shared.groupby("device")["account_id"].min()
    assert families.value_counts().eq(3).sum() >= 5
    assert set(shared["platform"]) == {"android", "ios"}


@pytest.mark.parametrize("context", ["agency", "contractor"])
def test_who_works_for_companies_is_found_at_several_of_them(context: str, tmp_path: Path) -> None:
    climate = Climate(agency_share=0.08, contractor_share=0.08, rarity=0.1)
    world = lived(tmp_path, climate, accounts=2_000, days=5, office_share=0.25)

    def shared_with_offices(feed: str, thing: str) -> pd.DataFrame:
        theirs, offices = of(world, feed, context), of(world, feed, "office")
        return theirs[theirs[thing].isin(offices[thing].dropna())]

    lines = shared_with_offices("ips", "ip").query("network_kind == 'business'")
    assert (lines.groupby("account_id")["ip"].nunique() >= 2).sum() >= 10
    assert shared_with_offices("usage", "template")["account_id"].nunique() >= 10
    assert shared_with_offices("payments", "instrument")["account_id"].nunique() >= 3
