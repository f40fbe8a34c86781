"""Money of family D: what operators do with it can be seen in the payments, and honest people do the like."""

from pathlib import Path

import pandas as pd
import pytest
from leaks import read

from ringwatch.simulate import World, simulate
from ringwatch.simulate.climate import Climate, Money, Skills


def lived(out: Path, climate: Climate, days: int = 8, accounts: int = 1_500, **dials: float) -> Path:
    simulate(out, accounts, days, seed=2, world=World(climate=climate, sweeping_share=0.0, **dials))
    return out


def rings(world: Path) -> pd.Series:
    """Operator by account."""
    members = pd.read_parquet(world / "truth" / "members.parquet")
    return members[members["kind"] == "operator"].set_index("account_id")["operator_id"]


def contexts(world: Path) -> pd.Series:
    return pd.read_parquet(world / "truth" / "contexts.parquet").set_index("account_id")["context"]


def transfers(world: Path) -> pd.DataFrame:
    """payer, payee, amount, day, and the ring of each side."""
    paid = read(world, "payments").dropna(subset="counterparty_account_id")
    table = pd.DataFrame(
        {"payer": paid["account_id"], "payee": paid["counterparty_account_id"], "amount": paid["amount"]}
    ).assign(day=paid["paid_at"].dt.date, currency=paid["currency"])
    ring = rings(world)
    return table.assign(of_payer=table["payer"].map(ring), of_payee=table["payee"].map(ring))


def inside(world: Path) -> pd.DataFrame:
    moved = transfers(world)
    return moved[moved["of_payer"].notna() & (moved["of_payer"] == moved["of_payee"])]


def test_in_a_fan_out_one_account_pays_all_members(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(fan_out_share=1.0)))

    ring, paid = rings(world), inside(world)
    assert (paid.groupby("of_payer")["payer"].nunique() == 1).all()
    funded = paid.groupby("of_payer")["payee"].nunique() + 1
    assert (funded / ring.value_counts()).median() > 0.95
    assert (funded / ring.value_counts()).fillna(0).mean() > 0.8


def test_a_fan_out_through_an_outside_party_is_one_instrument_of_the_ring_alone(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(fan_out_share=1.0, outside_share=1.0)))

    payments, ring = read(world, "payments"), rings(world)
    crypto = payments[payments["instrument_kind"] == "crypto"]
    users = crypto.groupby("instrument")["account_id"].agg(lambda ids: ids.map(ring).nunique(dropna=False))
    covered = crypto.groupby(crypto["account_id"].map(ring))["account_id"].nunique() / ring.value_counts()
    assert (users == 1).all()
    assert covered.fillna(0).mean() > 0.8
    assert inside(world).empty


def test_in_a_sweep_all_members_pay_one_account(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(sweep_share=1.0)), days=30)

    paid = inside(world)
    assert (paid.groupby("of_payer")["payee"].nunique() == 1).all()
    assert (paid.groupby("of_payer")["payer"].nunique() / rings(world).value_counts()).mean() > 0.5


def test_in_a_peel_chain_a_sum_goes_on_and_shrinks(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(peel_share=1.0)))

    paid = inside(world)
    assert paid.groupby("payer")["payee"].nunique().max() == 1
    assert paid.groupby("payee")["payer"].nunique().max() == 1
    two = paid.merge(paid, left_on=["payee", "currency"], right_on=["payer", "currency"])
    assert len(two) > 20
    assert (two["amount_y"] < two["amount_x"]).all()


def test_a_chain_through_outside_parties_hands_on_from_one_to_the_next(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(peel_share=1.0, outside_share=1.0)))

    payments = read(world, "payments").query("instrument_kind == 'crypto'")
    per_party = payments.groupby("instrument")["account_id"].nunique()
    per_account = payments.groupby("account_id")["instrument"].nunique()
    assert per_party.max() == 2
    assert (per_party == 2).mean() > 0.8
    assert per_account.max() == 2


def test_in_a_circle_what_was_paid_comes_back(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(cycle_share=1.0)), days=40)

    follows = inside(world).drop_duplicates("payer").set_index("payer")["payee"]
    returned = 0
    for account in follows.index:
        after, steps = follows.get(account), 1
        while after is not None and after != account and steps < 9:
            after, steps = follows.get(after), steps + 1
        returned += after == account
    assert returned > 20


def test_a_company_pays_its_staff_on_one_day_of_the_month(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(payroll_share=1.0)), days=32, transfer_share=0.0, collected_share=0.0)

    paid = transfers(world)
    assert set(paid["payer"].map(contexts(world))) == {"office"}
    per_company = paid.groupby("payer").agg({"payee": "nunique", "day": "nunique"})
    assert per_company["payee"].max() >= 10
    assert per_company["day"].max() <= 2


def test_exchanges_have_to_do_with_everybody_and_merchants_with_many(tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=Money(trader_share=0.5, shopper_share=0.5)), days=20)

    payments = read(world, "payments")
    crypto = payments[payments["instrument_kind"] == "crypto"].groupby("instrument")["account_id"].nunique()
    merchants = transfers(world).groupby("payee")["payer"].nunique()
    assert crypto.max() > 50
    assert len(crypto) <= 20
    assert merchants.nlargest(2).min() > 30


@pytest.mark.parametrize(
    ("money", "payees"),
    [
        (Money(family_share=1.0), 2),
        (Money(affiliate_share=0.2), 10),
    ],
)
def test_families_and_programmes_fan_out_too(money: Money, payees: int, tmp_path: Path) -> None:
    world = lived(tmp_path, Climate(money=money), days=30, transfer_share=0.0, collected_share=0.0)

    paid = transfers(world)
    assert (paid.groupby("payer")["payee"].nunique() >= payees).sum() >= 5


def test_tutors_collect_and_friends_pay_each_other_back(tmp_path: Path) -> None:
    money = Money(pupil_share=0.1, friend_share=0.3)
    world = lived(tmp_path, Climate(money=money), days=30, transfer_share=0.0, collected_share=0.0)

    paid = transfers(world)[["payer", "payee"]].drop_duplicates()
    back = paid.merge(paid, left_on=["payer", "payee"], right_on=["payee", "payer"])
    assert paid.groupby("payee")["payer"].nunique().max() >= 5
    assert len(back) >= 10


def test_operators_use_the_service_for_one_thing_as_much_as_the_climate_says(tmp_path: Path) -> None:
    skills = Skills(focus=(0.2, 0.5), operator_focus=(0.95, 1.0))
    world = lived(tmp_path, Climate(skills=skills, toolmaker_share=0.05), days=5)

    usage = read(world, "usage")
    ring, context = usage["account_id"].map(rings(world)), usage["account_id"].map(contexts(world))

    def top_two(group: pd.Series) -> float:
        per_capability = usage["exchanges"].groupby([group, usage["capability"]]).sum()
        share = per_capability / per_capability.groupby(level=0).sum()
        return float(share.groupby(level=0).nlargest(2).groupby(level=0).sum().mean())

    assert usage["capability"].nunique() >= 10
    assert top_two(ring) > 0.9
    assert top_two(context.where(context == "toolmaker")) > 0.9
    assert top_two(context.where(context == "family")) < 0.8
