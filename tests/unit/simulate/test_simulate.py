import hashlib
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from leaks import read

from ringwatch.errors import UsageError
from ringwatch.simulate import FEEDS, START, World, simulate
from ringwatch.simulate.sizes import ring_sizes


def digests(world: Path) -> dict[str, str]:
    files = sorted(path for path in world.rglob("*") if path.is_file())
    return {str(path.relative_to(world)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def truth(world: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(pd.read_parquet(world / "truth" / f"{name}.parquet") for name in ("members", "contexts"))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(small: Path, tmp_path: Path) -> None:
    simulate(tmp_path / "again", accounts=2_000, days=3, seed=1)
    simulate(tmp_path / "other", accounts=2_000, days=3, seed=2)

    assert digests(tmp_path / "again") == digests(small)
    feeds = f"feeds/{START}/ips.parquet"
    assert digests(tmp_path / "other")[feeds] != digests(small)[feeds]


def test_a_folder_never_holds_two_worlds(small: Path, tmp_path: Path) -> None:
    before = digests(small)
    with pytest.raises(UsageError, match=r"holds another world, see .*world\.json"):
        simulate(small, accounts=2_000, days=3, seed=2)
    (tmp_path / "feeds").mkdir()
    with pytest.raises(UsageError, match="not simulated"):
        simulate(tmp_path, accounts=2_000, days=3, seed=2)

    assert digests(small) == before


@pytest.mark.parametrize(("accounts", "days", "seed"), [(499, 1, 1), (2_000, 0, 1), (2_000, 1, -1)])
def test_numbers_that_make_no_world_are_refused(tmp_path: Path, accounts: int, days: int, seed: int) -> None:
    with pytest.raises(UsageError, match="a world needs at least"):
        simulate(tmp_path, accounts, days, seed)
    assert not list(tmp_path.iterdir())


def test_rows_lie_within_the_day_of_their_file(small: Path) -> None:
    for offset in range(3):
        begin = pd.Timestamp(START + timedelta(days=offset), tz="UTC")
        for feed in set(FEEDS) - {"usage"}:
            rows = pd.read_parquet(small / "feeds" / str(begin.date()) / f"{feed}.parquet")
            times = rows.select_dtypes("datetimetz")
            assert len(times.columns) >= 1
            assert (times < begin + timedelta(days=1)).all(axis=None), feed
            if feed != "accounts":
                assert (times >= begin).all(axis=None), feed


def test_activity_begins_after_opening_and_stops_when_an_account_ends(town: Path) -> None:
    open_since: dict[str, pd.Timestamp] = {}
    ended: set[str] = set()
    for folder in sorted((town / "feeds").iterdir()):
        accounts = pd.read_parquet(folder / "accounts.parquet")
        ended |= set(accounts.loc[accounts["status"] != "active", "account_id"])
        open_since |= dict(zip(accounts["account_id"], accounts["created_at"], strict=True))
        for feed, moment in {
            "payments": "paid_at",
            "devices": "first_seen",
            "ips": "first_seen",
            "usage": None,
        }.items():
            rows = pd.read_parquet(folder / f"{feed}.parquet")
            opened = rows["account_id"].map(open_since)
            assert opened.notna().all(), f"{feed} of {folder.name} has accounts that never arrived"
            assert not rows["account_id"].isin(ended).any()
            if moment:
                assert (rows[moment] >= opened).all()
    assert ended


def test_every_account_is_in_the_truth_once_from_the_day_it_arrives(town: Path) -> None:
    members, contexts = truth(town)
    known = pd.concat([members, contexts]).set_index("account_id")["first_day"]
    arrived = read(town, "accounts").drop_duplicates("account_id").set_index("account_id")["created_at"]
    arrived_on = np.maximum(arrived.dt.date, START)

    assert known.index.is_unique
    assert known.sort_index().equals(arrived_on.sort_index().rename("first_day"))
    assert len(known) == 20_000
    assert (known > START).sum() > 100


def test_even_a_small_world_has_a_few_operators_of_each_style(small: Path) -> None:
    members, _ = truth(small)
    per_operator = members.groupby(["kind", "style", "operator_id"]).size()
    counts = per_operator.groupby(["kind", "style"]).size().to_dict()

    assert counts == {
        ("operator", "careless"): 3,
        ("operator", "careful"): 3,
        ("operator", "chain"): 3,
        ("operator", "recycled"): 1,
        ("operator", "framed"): 1,
        ("operator", "recreated"): 1,
        ("operator", "relay"): 1,
        ("operator", "farm"): 2,
        ("reseller", "reseller"): 2,
    }
    assert per_operator.min() >= 4


def test_about_one_in_a_hundred_accounts_is_controlled(town: Path) -> None:
    members, contexts = truth(town)
    assert 0.008 <= (members["kind"] == "operator").sum() / (len(members) + len(contexts)) <= 0.016


def test_ring_sizes_have_the_heavy_tail_of_the_record() -> None:
    sizes = ring_sizes(np.random.default_rng(5), 100_000, largest=10_000)

    assert sizes.min() == 4
    assert np.quantile(sizes, [0.5, 0.75, 0.9, 0.95, 0.99]) == pytest.approx([7, 12, 26, 47, 104], rel=0.06)
    assert ring_sizes(np.random.default_rng(5), 1_000, largest=30).max() == 30


def test_a_farm_asks_about_25_times_a_day_and_account_unless_it_takes_care(tmp_path: Path) -> None:
    town = tmp_path
    simulate(town, 8_000, 14, seed=3, world=World(ordinary_volume_share=0))
    members, _ = truth(town)
    farm = members.loc[members["style"] == "farm", "account_id"]
    usage = read(town, "usage")
    alive = read(town, "accounts").drop_duplicates("account_id", keep="last")
    lasting = alive.loc[
        (alive["status"] == "active") & (alive["created_at"] < pd.Timestamp(START, tz="UTC")), "account_id"
    ]
    farm = farm[farm.isin(lasting)]
    asked = usage.loc[usage["account_id"].isin(farm), "exchanges"].sum()

    assert len(farm) > 30
    assert 18 <= asked / (len(farm) * 14) <= 33


def test_five_thousand_accounts_hold_a_farm_of_at_least_24(tmp_path: Path) -> None:
    simulate(tmp_path, accounts=5_000, days=1, seed=9, start=date(2025, 12, 31))
    members, _ = truth(tmp_path)
    assert members[members["style"] == "farm"].groupby("operator_id").size().max() >= 24
    assert (tmp_path / "feeds" / "2025-12-31" / "usage.parquet").is_file()
