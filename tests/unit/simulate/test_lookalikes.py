"""What makes the problem hard, and what makes it solvable."""

from pathlib import Path

import pandas as pd
import pytest
from leaks import read


@pytest.fixture(scope="module")
def people(town: Path) -> pd.Series:
    """Context, or style, of each account."""
    contexts = pd.read_parquet(town / "truth" / "contexts.parquet").set_index("account_id")["context"]
    return pd.concat([contexts, pd.read_parquet(town / "truth" / "members.parquet").set_index("account_id")["style"]])


def accounts_per(rows: pd.DataFrame, identifier: str) -> pd.Series:
    return rows.groupby(identifier)["account_id"].nunique()


def test_some_identifiers_are_shared_by_very_many_strangers(town: Path) -> None:
    ips, devices, usage = read(town, "ips"), read(town, "devices"), read(town, "usage")

    assert accounts_per(ips[ips["network_kind"] == "mobile"], "ip").nlargest(5).min() > 200
    assert accounts_per(ips[ips["network_kind"] == "vpn"], "ip").max() > 50
    assert accounts_per(devices[devices["device"].str.fullmatch("[0-9a-f]{32}")], "device").drop("0" * 32).max() > 100
    assert devices["device"].isin(["unknown", "0" * 32]).sum() > 100
    assert accounts_per(usage, "template").max() > 500


def test_honest_crowds_share_cards_devices_and_addresses(town: Path, people: pd.Series) -> None:
    def shared_by(feed: str, identifier: str, context: str) -> int:
        rows = read(town, feed)
        return int(accounts_per(rows[rows["account_id"].map(people) == context], identifier).max())

    assert shared_by("payments", "instrument", "office") >= 8
    assert shared_by("payments", "instrument", "family") >= 3
    assert shared_by("payments", "instrument", "friends") >= 3
    assert shared_by("payments", "instrument", "reseller") >= 4
    assert shared_by("ips", "ip", "office") >= 20
    assert shared_by("ips", "ip", "campus") >= 80
    assert accounts_per(_labs(town, people), "device").nlargest(20).min() >= 4


def _labs(town: Path, people: pd.Series) -> pd.DataFrame:
    devices = read(town, "devices")
    elsewhere = devices.loc[devices["account_id"].map(people) != "campus", "device"]
    return devices[~devices["device"].isin(elsewhere)]


def test_homes_that_are_rented_out_as_exits_share_their_address_with_rings(town: Path, people: pd.Series) -> None:
    ips = read(town, "ips")
    who = ips["account_id"].map(people)
    of_hosts = set(ips.loc[(who == "exit_host") & (ips["network_kind"] == "residential"), "ip"])
    of_rings = set(ips.loc[who.isin(["careful", "chain", "farm"]), "ip"])

    assert len(of_hosts & of_rings) >= 20


def test_members_are_tied_to_their_ring_and_strangers_to_nobody(town: Path, people: pd.Series) -> None:
    """A tie: a card, device, or address of a home or server that at most 30 accounts use."""
    tied = _tied(town)
    members = pd.read_parquet(town / "truth" / "members.parquet").set_index("account_id")
    active = set(read(town, "usage")["account_id"])
    operator = members.loc[members["kind"] == "operator", "operator_id"]

    inside = tied[tied["left"].map(operator).notna() & (tied["left"].map(operator) == tied["right"].map(operator))]
    per_style = pd.Series(list(set(operator.index) & active)).pipe(
        lambda ids: ids.isin(inside["left"]).groupby(ids.map(members["style"])).mean()
    )
    strangers = [account for account in people.index[people == "solo"] if account in active]

    assert per_style.min() > 0.6
    assert pd.Series(strangers).isin(tied["left"]).mean() < 0.5


def _tied(town: Path) -> pd.DataFrame:
    ips = read(town, "ips")
    uses = pd.concat(
        [
            read(town, "payments")[["account_id", "instrument"]].set_axis(["account_id", "thing"], axis=1),
            read(town, "devices")[["account_id", "device"]].set_axis(["account_id", "thing"], axis=1),
            ips.loc[ips["network_kind"].isin(["residential", "hosting"]), ["account_id", "ip"]].set_axis(
                ["account_id", "thing"], axis=1
            ),
        ]
    )
    uses = uses.dropna().drop_duplicates()
    rare = uses[uses["thing"].map(uses["thing"].value_counts()) <= 30]
    pairs = rare.merge(rare, on="thing")
    pairs = pairs[pairs["account_id_x"] != pairs["account_id_y"]]
    return pairs.rename(columns={"account_id_x": "left", "account_id_y": "right"})
