"""Collectors, worked out by hand: who joins a ring because its members pass their money on to them."""

from pathlib import Path

import pandas as pd
import pytest
from clean_days import MONDAY, accounts, sent, used, write_days

from ringwatch.score import collectors
from ringwatch.window import sharing

RING = [f"R{i}" for i in range(6)]
OTHERS = [f"A{i:02}" for i in range(40)]


def collecting(home: Path, payers: dict[str, list[str]], likely: list[str] | None = None) -> pd.DataFrame:
    """Who collects from the ring, when accounts (keys) are paid by `payers` on Monday."""
    everybody = accounts(*RING, *OTHERS, *payers)
    payments = [sent(payer, to, MONDAY) for to, names in payers.items() for payer in names]
    devices = [used(name, "d1", MONDAY) for name in RING]
    night = write_days(home, {MONDAY: {"accounts": everybody, "payments": payments, "devices": devices}})
    groups = pd.DataFrame({"candidate": "ring", "account_id": likely or RING}, dtype="str")
    with sharing.open_sharing(night) as connection:
        found = collectors.collecting(connection, groups)
    return found.assign(probability=collectors.members(found)["probability"], text=collectors.checks(found)["text"])


def test_an_account_that_most_members_pay_and_hardly_anybody_else_joins(tmp_path: Path) -> None:
    found = collecting(tmp_path, {"mule": [*RING[:4], OTHERS[0]]})

    assert found.loc[0, ["candidate", "account_id", "members", "n", "others"]].tolist() == ["ring", "mule", 4, 6, 1]
    assert found.loc[0, "text"] == (
        "One member is there because 4 of the other 6 members pay it and one other account does"
    )
    assert found.loc[0, "probability"] == pytest.approx(5 / 7)  # four of the five who pay it are members


@pytest.mark.parametrize(
    ("who", "payers"),
    [
        ("a merchant, whom many others pay", [*RING, *OTHERS[:7]]),
        ("a friend, whom two members pay", RING[:2]),
        ("a shop, which less than half of the members know", [*RING[:2], OTHERS[0]]),
    ],
)
def test_nobody_else_whom_members_pay_joins(tmp_path: Path, who: str, payers: list[str]) -> None:
    assert collecting(tmp_path, {"payee": payers}).empty, who


def test_a_member_joins_no_second_time(tmp_path: Path) -> None:
    assert collecting(tmp_path, {"mule": RING}, likely=[*RING, "mule"]).empty


def test_each_further_collector_is_counted(tmp_path: Path) -> None:
    found = collecting(tmp_path, {"mule": RING, "second": RING[:5]})

    assert list(found["account_id"]) == ["mule", "second"]
    assert found.loc[0, "text"] == (
        "One member is there because all other 6 members pay it and nobody else does; "
        "1 more is there for the same reason"
    )
