"""What operators of each style leave behind, seen in the feeds."""

from pathlib import Path

import pandas as pd
import pytest
from leaks import read

from ringwatch.simulate import START, World, simulate


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many rings of each style, half of which spoof; nobody is found out by chance."""
    out = tmp_path_factory.mktemp("operators")
    dials = World(prevalence=0.2, fewest_rings=10, fewest_rare_rings=10, spoofing_share=0.5, operator_lifetime_days=1e6)
    simulate(out, accounts=12_000, days=14, seed=4, world=dials)
    return out


@pytest.fixture(scope="module")
def members(world: Path) -> pd.DataFrame:
    return pd.read_parquet(world / "truth" / "members.parquet")


def test_rings_that_are_recreated_keep_their_size_while_their_accounts_change(
    world: Path, members: pd.DataFrame
) -> None:
    recreated = members[members["style"] == "recreated"]
    accounts = read(world, "accounts")
    ended = accounts[accounts["status"] != "active"].drop_duplicates("account_id")["account_id"]
    usage = [pd.read_parquet(path) for path in sorted((world / "feeds").glob("*/devices.parquet"))]
    alive = [rows["account_id"].isin(recreated["account_id"]).sum() for rows in usage]

    assert recreated["account_id"].isin(ended).mean() > 0.4
    assert (recreated["first_day"] > START).mean() > 0.4
    assert min(alive[3:]) > 0.4 * max(alive[3:])


def test_an_account_opened_again_keeps_the_machine_of_its_seat(world: Path, members: pd.DataFrame) -> None:
    recreated = members.loc[members["style"] == "recreated", "account_id"]
    devices = read(world, "devices")
    per_device = devices[devices["account_id"].isin(recreated)].groupby("device")["account_id"].nunique()

    assert per_device.nlargest(10).min() >= 3


def test_recycled_accounts_change_their_home_and_device_in_the_middle(world: Path, members: pd.DataFrame) -> None:
    """Of the devices of the first days few are seen in the last: more change than at careful rings."""
    devices = read(world, "devices")
    day = devices["first_seen"].dt.date.map(lambda d: (d - START).days)
    early = devices[day < 4].groupby("account_id")["device"].agg(set)
    late = devices[day > 9].groupby("account_id")["device"].agg(set)
    both = pd.concat([early, late], axis=1, keys=["early", "late"]).dropna()
    same = pd.Series(
        [bool(first & last) for first, last in zip(both["early"], both["late"], strict=True)], index=both.index
    )
    style = members.set_index("account_id")["style"].reindex(same.index)

    assert same[style == "careful"].mean() > 0.9
    assert same[style == "recycled"].mean() < same[style == "careful"].mean() - 0.05


def test_framed_people_share_their_home_with_the_ring_and_their_device_when_it_is_spoofed(
    world: Path, members: pd.DataFrame
) -> None:
    victims = pd.read_parquet(world / "truth" / "victims.parquet")
    contexts = pd.read_parquet(world / "truth" / "contexts.parquet")
    ring = members.set_index("account_id")["operator_id"]

    assert victims["account_id"].isin(contexts["account_id"]).all()
    for feed, identifier, how in (("ips", "ip", "address"), ("devices", "device", "device")):
        rows = read(world, feed)[["account_id", identifier]]
        rows[identifier] = rows[identifier].str.split(":").str[:4].str.join(":")  # of IPv6 the network
        rows = rows.drop_duplicates()
        theirs = victims[victims["how"] == how].merge(rows, on="account_id")
        met = theirs.merge(
            rows.assign(operator_id=rows["account_id"].map(ring)).dropna(), on=[identifier, "operator_id"]
        )
        framed = met["account_id_x"].nunique() / victims.loc[victims["how"] == how, "account_id"].nunique()
        assert framed > 0.6, how


def test_relays_ask_at_all_hours_from_few_servers(world: Path, members: pd.DataFrame) -> None:
    relay = members[members["style"] == "relay"].set_index("account_id")["operator_id"]
    ips = read(world, "ips")
    ips = ips[ips["account_id"].isin(relay.index)]

    assert (ips["network_kind"] == "hosting").mean() > 0.8
    per_ring = ips.groupby(ips["account_id"].map(relay))["ip"].nunique()
    assert (per_ring <= 30).mean() > 0.7


def test_some_rings_sweep_balance_and_some_pass_it_on(world: Path, members: pd.DataFrame) -> None:
    ring = members[members["kind"] == "operator"].set_index("account_id")["operator_id"]
    moved = read(world, "payments").dropna(subset=["counterparty_account_id"])
    inside = moved[moved["account_id"].map(ring) == moved["counterparty_account_id"].map(ring)]
    pairs = inside.assign(ring=inside["account_id"].map(ring)).drop_duplicates(
        ["account_id", "counterparty_account_id"]
    )
    receivers = pairs.groupby("ring")["counterparty_account_id"].agg(["size", "nunique"])
    large = receivers[receivers["size"] >= 4]

    assert (large["nunique"] == 1).any()
    assert (large["nunique"] == large["size"]).any()


def test_a_pool_is_looked_after_with_one_device_and_line(world: Path, members: pd.DataFrame) -> None:
    pool = members[members["kind"] == "reseller"].set_index("account_id")["operator_id"]
    for feed, identifier in (("devices", "device"), ("ips", "ip")):
        rows = read(world, feed)
        rows = rows[rows["account_id"].isin(pool.index)]
        most = rows.groupby([rows["account_id"].map(pool), identifier])["account_id"].nunique()
        assert most.max() >= 3, feed
