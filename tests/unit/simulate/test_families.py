"""Families of worlds: dials drawn within ranges, the same for ever; stress worlds are what their name says."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest

from ringwatch.errors import UsageError
from ringwatch.simulate import World, simulate
from ringwatch.simulate.families import STRESSES, choose_world, draw_world, stress_world


def truth(world: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(world / "truth" / f"{name}.parquet")


def test_a_world_of_a_family_is_always_the_same_and_each_has_dials_of_its_own() -> None:
    assert draw_world("A", 3) == draw_world("A", 3)
    drawn = [asdict(draw_world(family, number)) for family in "AB" for number in (1, 2)]
    varied = {dial for dial in drawn[0] if len({str(world[dial]) for world in drawn}) == len(drawn)}
    assert len(varied) >= 32


def test_the_exam_is_wider_than_what_is_trained_on() -> None:
    def spread(family: str, dial: str) -> float:
        drawn = [getattr(draw_world(family, number), dial) for number in range(1, 40)]
        return max(drawn) - min(drawn)

    for dial in ("nat_share", "prevalence", "reseller_share", "ordinary_volume_share", "operator_lifetime_days"):
        assert spread("C", dial) > spread("A", dial), dial


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("E", 1), "there is no world 1 of family E; families are A, B, C, D"),
        (("A", 0), "there is no world 0 of family A"),
        ((None, 1, "earthquake"), "there is no stress world earthquake"),
        (("A", 1, "farm"), "leave out --family or --stress"),
    ],
)
def test_a_world_that_is_not_there_is_a_usage_error(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choose_world(*arguments)


def test_without_a_choice_it_is_the_default_world() -> None:
    assert choose_world() == World()


def test_a_ring_free_world_has_no_operator_and_all_the_crowds(tmp_path: Path) -> None:
    simulate(tmp_path, 3_000, 2, seed=1, world=stress_world("ring-free"))

    assert set(truth(tmp_path, "members")["kind"]) == {"reseller"}
    assert {"office", "campus", "family", "nat", "vpn", "exit_host"} <= set(truth(tmp_path, "contexts")["context"])
    assert truth(tmp_path, "victims").empty


def test_a_giant_farm_is_seventeen_in_a_hundred_accounts(tmp_path: Path) -> None:
    simulate(tmp_path, 10_000, 1, seed=1, world=stress_world("giant-farm"))

    members = truth(tmp_path, "members")
    assert members.groupby("operator_id").size().max() == 1_700
    assert members.groupby("operator_id").size().idxmax().startswith("farm")


def test_single_facet_worlds_hold_one_facet(tmp_path: Path) -> None:
    simulate(tmp_path / "devices", 2_000, 2, seed=1, world=stress_world("devices-only"))
    simulate(tmp_path / "transfers", 2_000, 5, seed=1, world=stress_world("transfers-only"))

    for world, feeds in {"devices": {"accounts", "devices"}, "transfers": {"accounts", "payments"}}.items():
        days = tmp_path / world / "feeds"
        assert {path.stem for path in days.glob("*/*.parquet")} == feeds
        accounts = pd.concat([pd.read_parquet(path) for path in days.glob("*/accounts.parquet")])
        assert accounts[["email", "phone", "referred_by"]].isna().all(axis=None)
    payments = pd.concat([pd.read_parquet(p) for p in (tmp_path / "transfers" / "feeds").glob("*/payments.parquet")])
    assert payments["instrument"].isna().all()
    assert payments["counterparty_account_id"].notna().sum() > 50


@pytest.mark.parametrize("name", STRESSES)
def test_every_stress_world_can_be_lived_in(name: str, tmp_path: Path) -> None:
    made = simulate(tmp_path, 1_500, 1, seed=2, world=stress_world(name))
    assert made.accounts == 1_500
    assert made.rows["accounts"] > 1_300
