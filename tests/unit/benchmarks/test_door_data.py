"""The benchmark's feeds are what its figures say they are made of."""

from pathlib import Path

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from email_validator import validate_email

from benchmarks.door.comparison import Ratio, must_agree
from benchmarks.door.data import FIRST_DAY, SECOND_DAY, write_feeds

ACCOUNTS = 4_000
PAIRS = {"devices": "device", "ips": "ip"}


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feeds")
    write_feeds(folder, ACCOUNTS, seed=3)
    return folder


def read(feeds: Path, day: object, feed: str) -> pa.Table:
    return pq.read_table(feeds / str(day) / f"{feed}.parquet")


def pairs(table: pa.Table, identifier: str) -> set[tuple[str, str]]:
    return set(zip(table["account_id"].to_pylist(), table[identifier].to_pylist(), strict=True))


@pytest.mark.parametrize(("feed", "identifier"), PAIRS.items())
def test_of_the_second_days_pairs_95_percent_are_those_of_the_first(feeds: Path, feed: str, identifier: str) -> None:
    first, second = (pairs(read(feeds, day, feed), identifier) for day in (FIRST_DAY, SECOND_DAY))
    assert len(first & second) / len(second) == pytest.approx(0.95, abs=0.03)  # bad values hide some


def test_known_pairs_are_seen_at_other_times(feeds: Path) -> None:
    first, second = (read(feeds, day, "devices")["last_seen"] for day in (FIRST_DAY, SECOND_DAY))
    assert not set(pc.drop_null(first).to_pylist()) & set(pc.drop_null(second).to_pylist())


def test_a_day_has_about_five_rows_an_account(feeds: Path) -> None:
    rows = [
        sum(pq.read_metadata(path).num_rows for path in (feeds / str(day)).iterdir()) for day in (FIRST_DAY, SECOND_DAY)
    ]
    assert all(4.4 * ACCOUNTS < count < 5.8 * ACCOUNTS for count in rows)


def test_the_same_seed_gives_the_same_files(feeds: Path, tmp_path: Path) -> None:
    write_feeds(tmp_path, ACCOUNTS, seed=3)
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}
        for folder in (feeds, tmp_path)
    )
    assert first == second != {}


def test_seeds_share_no_account(feeds: Path, tmp_path: Path) -> None:
    write_feeds(tmp_path, 50, seed=4, days=(FIRST_DAY,))
    ours, theirs = (set(read(where, FIRST_DAY, "accounts")["account_id"].to_pylist()) for where in (feeds, tmp_path))
    assert len(theirs) > 40
    assert all(account is None or not account.startswith("acc_") or "\x07" in account for account in ours & theirs)


def test_phone_numbers_and_addresses_are_possible(feeds: Path) -> None:
    accounts = read(feeds, FIRST_DAY, "accounts").slice(0, 400).to_pydict()
    numbers = [phone for phone in accounts["phone"] if phone and phone.startswith("+")]
    assert len(numbers) > 100
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(number, None)) for number in numbers)
    for email in [email for email in accounts["email"] if email and "@" in email]:
        validate_email(email, check_deliverability=False)


def test_contenders_that_did_something_else_are_not_compared() -> None:
    with pytest.raises(RuntimeError, match=r"rows refused: ours and theirs did not do the same: \{'ips': \(2, 3\)\}"):
        must_agree("rows refused", {"ours": {"ips": 2, "devices": 1}, "theirs": {"ips": 3, "devices": 1}})


def test_a_target_is_reached_from_the_right_side() -> None:
    assert Ratio("speed", 1.5, at_least=1.5).reached
    assert not Ratio("memory", 0.3, at_most=0.25).reached
    assert Ratio("for information", 7).reached is None
