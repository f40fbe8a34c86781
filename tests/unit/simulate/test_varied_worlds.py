"""Worlds of family D differ in what is delivered and in how people come; all of them get past the gate."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from leaks import read

from ringwatch.night import open_night
from ringwatch.settings import load_settings
from ringwatch.simulate import START, World, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.climate import Climate, Gap
from ringwatch.simulate.families import draw_world, ring_free
from ringwatch.stages import validate

DRAWN = [draw_world("D", number) for number in range(1, 81)]
CLIMATES = [world.climate for world in DRAWN]


def make(out: Path, climate: Climate, accounts: int = 1_000, days: int = 3) -> Path:
    simulate(out, accounts, days, seed=1, world=World(climate=climate))
    return out


def with_key(home: Path) -> Path:
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "token.key").write_bytes(b"k" * 32)
    return home


def devices_in_use(world: Path) -> pd.Series:
    """Accounts by device."""
    return read(world, "devices").groupby("device")["account_id"].nunique()


def test_the_family_draws_what_deployments_differ_in() -> None:
    assert {climate.window_days for climate in CLIMATES} == {7, 14, 28, 300}
    assert {climate.one_drop for climate in CLIMATES} == {climate.seen_once for climate in CLIMATES} == {True, False}
    accounts = [climate.accounts or 0 for climate in CLIMATES]
    assert min(accounts) >= 2_000
    assert min(accounts) < 5_000
    assert 300_000 < max(accounts) <= 1_000_000
    assert min(climate.rarity for climate in CLIMATES) < 0.3
    assert max(climate.rarity for climate in CLIMATES) > 4
    assert any(len(climate.countries) == 1 for climate in CLIMATES)
    assert any(climate.coarse_device_share for climate in CLIMATES)


@pytest.mark.parametrize(
    ("feed", "column"),
    [
        *[("accounts", name) for name in ("email", "phone", "referred_by", "organisation", "country")],
        *[("ips", name) for name in ("network_kind", "asn", "country")],
        ("usage", "template"),
    ],
)
def test_a_column_is_there_in_some_worlds_in_part_in_some_and_not_at_all_in_others(feed: str, column: str) -> None:
    gaps = [{(gap.feed, gap.column): gap for gap in climate.gaps}.get((feed, column)) for climate in CLIMATES]
    assert None in gaps
    assert any(gap and gap.known for gap in gaps)
    assert {gap.empty for gap in gaps if gap and not gap.known} == {True, False}


# Wallets, feeds day by day, one drop of addresses and usage, customers who come once.
@pytest.mark.parametrize("number", [2, 6, 9, 10])
def test_what_a_world_delivers_passes_the_gate_and_is_what_clean_days_hold(number: int, tmp_path: Path) -> None:
    world = draw_world("D", number)
    home, direct = with_key(tmp_path / "home"), with_key(tmp_path / "direct")
    simulate(home, 600, 2, seed=1, world=world)
    simulate(direct, 600, 2, seed=1, world=world, write=write_clean)

    for day in sorted(folder.name for folder in (home / "feeds").iterdir()):
        settings = load_settings(home=home, feeds=world.feeds)
        with open_night(settings, date.fromisoformat(day), home / "feeds") as night:
            counts = validate.run(night).counts
        assert not any(counts[name] for name in counts if name.endswith(("held", "quarantined", "duplicates")))
        for feed in world.feeds:
            path = f"days/{day}/clean/{feed}.parquet"
            assert pq.read_table(direct / path).equals(pq.read_table(home / path)), feed


def test_what_is_not_delivered_is_left_out_or_empty_and_a_part_is_of_the_same_things_every_day(tmp_path: Path) -> None:
    gaps = (
        Gap("accounts", "email"),
        Gap("accounts", "phone", empty=True),
        Gap("ips", "network_kind", known=0.4),
        Gap("usage", "template", known=0.5),
    )
    world = make(tmp_path, Climate(gaps=gaps))

    accounts, ips, usage = read(world, "accounts"), read(world, "ips"), read(world, "usage")
    assert "email" not in accounts
    assert accounts["phone"].isna().all()
    assert accounts["referred_by"].notna().any()
    told = ips.groupby("ip")["network_kind"].agg(["count", "size"])
    assert ((told["count"] == 0) | (told["count"] == told["size"])).all()
    assert 0.3 < (told["count"] > 0).mean() < 0.5
    whole = read(make(tmp_path / "whole", Climate()), "usage")
    kept = usage["template"].notna().sum() / whole["template"].notna().sum()
    assert 0.4 < kept < 0.6


def test_one_drop_holds_all_history_and_each_account_once(tmp_path: Path) -> None:
    daily, drop = make(tmp_path / "daily", Climate()), make(tmp_path / "drop", Climate(one_drop=True))

    assert [folder.name for folder in (drop / "feeds").iterdir()] == [(START + timedelta(days=2)).isoformat()]
    assert len(read(drop, "devices")) == len(read(daily, "devices"))
    assert set(read(drop, "payments")["payment_id"]) == set(read(daily, "payments")["payment_id"])
    last = read(daily, "accounts").drop_duplicates("account_id", keep="last").set_index("account_id")["status"]
    accounts = read(drop, "accounts").set_index("account_id")["status"]
    assert accounts.index.is_unique
    assert accounts.sort_index().equals(last.sort_index())
    usage, of_days = read(drop, "usage"), read(daily, "usage")
    assert not usage.duplicated(["account_id", "capability", "template"]).any()
    assert usage["exchanges"].sum() == of_days["exchanges"].sum()
    hours = usage.groupby("account_id")["active_hours"].max()
    assert hours.ge(of_days.groupby("account_id")["active_hours"].max()).all()


def test_customers_who_come_once_are_seen_on_the_day_of_their_sign_up_alone(tmp_path: Path) -> None:
    world = make(tmp_path, Climate(seen_once=True, burst_share=1.0), days=10)

    accounts = read(world, "accounts")
    opened = accounts.drop_duplicates("account_id").set_index("account_id")["created_at"]
    for feed, moment in {"devices": "first_seen", "ips": "first_seen", "payments": "paid_at"}.items():
        rows = read(world, feed)
        assert (rows[moment].dt.date == rows["account_id"].map(opened).dt.date).all(), feed
    assert opened.index.isin(read(world, "devices")["account_id"]).mean() > 0.95
    members = pd.read_parquet(world / "truth" / "members.parquet")
    rings = members[members["kind"] == "operator"].groupby("operator_id")["account_id"]
    hours = rings.agg(lambda ids: ids.map(opened).max() - ids.map(opened).min()).dt.total_seconds() / 3600
    assert (hours < 24).mean() > 0.8


def test_people_come_as_often_as_the_climate_says(tmp_path: Path) -> None:
    seldom, often = make(tmp_path / "seldom", Climate(rarity=5)), make(tmp_path / "often", Climate(rarity=0.2))

    assert len(read(often, "devices")) > 5 * len(read(seldom, "devices"))
    busy = read(make(tmp_path / "busy", Climate(sessions_a_day=8)), "devices")["sessions"].mean()
    assert busy > 3 * read(seldom, "devices")["sessions"].mean()


def test_coarse_ids_are_shared_by_strangers_and_keep_their_platform(tmp_path: Path) -> None:
    fine = make(tmp_path / "fine", Climate())
    coarse = make(tmp_path / "coarse", Climate(coarse_device_share=1.0, devices_per_id=4.0))

    assert devices_in_use(fine).mean() < 1.6
    assert devices_in_use(coarse).mean() > 2.5
    rows = read(coarse, "devices")
    known = rows[rows["device"].str.fullmatch("[0-9a-f]{32}") & (rows["device"] != "0" * 32)]
    assert known.groupby("device")["platform"].nunique().max() == 1


def test_a_small_country_has_few_issuers_networks_and_carriers(tmp_path: Path) -> None:
    climate = Climate(countries=("TR",), issuers=2, providers=1, carriers=3)
    world = make(tmp_path, climate)

    ips, payments = read(world, "ips"), read(world, "payments")
    networks = ips[ips["network_kind"].isin(["residential", "mobile"])].groupby("network_kind")["asn"].nunique()
    assert networks.to_dict() == {"residential": 1, "mobile": 3}
    assert payments.loc[payments["instrument_kind"] == "card", "bin"].nunique() == 2
    assert set(read(world, "accounts")["country"]) == {"TR"}


def test_a_ring_free_world_of_the_family_has_no_operator(tmp_path: Path) -> None:
    simulate(tmp_path, 1_500, 1, seed=1, world=ring_free(draw_world("D", 6)))

    assert set(pd.read_parquet(tmp_path / "truth" / "members.parquet")["kind"]) == {"reseller"}


def test_operators_are_of_the_styles_of_the_climate(tmp_path: Path) -> None:
    world = make(tmp_path, Climate(styles=("chain", "farm")), days=1)

    members = pd.read_parquet(world / "truth" / "members.parquet")
    assert set(members["style"]) == {"chain", "farm", "reseller"}


@pytest.mark.parametrize(
    ("family", "number", "digest"),
    [("A", 1, "b1ccd98a7db611e5"), ("B", 2, "f495d03b28d36954"), ("C", 3, "7371706fdaba5944")],
)
def test_the_other_families_stay_as_they_are(family: str, number: int, digest: str, tmp_path: Path) -> None:
    """Scorecards are made from them and choices hang on them: a change here means both have to be made anew."""
    simulate(tmp_path, 1_000, 2, seed=1, world=draw_world(family, number))

    found = hashlib.sha256()
    for path in sorted(tmp_path.glob("*/**/*.parquet")):
        found.update(path.relative_to(tmp_path).as_posix().encode())
        found.update(pd.util.hash_pandas_object(pd.read_parquet(path)).to_numpy().tobytes())
    assert found.hexdigest()[:16] == digest
