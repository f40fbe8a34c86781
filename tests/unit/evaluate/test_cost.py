from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ringwatch.evaluate.cost import cost, price_list
from ringwatch.evaluate.truth import Truth

PRICES = {"account": 1, "aged_account": 10, "phone": 2, "device": 3, "card": 5, "exit_day": 0.5, "server_day": 0.25}


@pytest.fixture
def feeds() -> Iterator[duckdb.DuckDBPyConnection]:
    """Accounts a and b of one operator, c honest: one device and card for a and b, two homes and a server."""
    with duckdb.connect() as connection:
        connection.execute("""
        CREATE TABLE accounts AS FROM (VALUES
          ('a', TIMESTAMP '2026-03-01', 'p', DATE '2026-03-02'), ('b', TIMESTAMP '2025-01-01', NULL, DATE '2026-03-02'),
          ('c', TIMESTAMP '2025-01-01', 'q', DATE '2026-03-02')) t(account_id, created_at, phone, day);
        CREATE TABLE devices AS FROM (VALUES ('a', 'd'), ('b', 'd'), ('b', NULL), ('c', 'e')) t(account_id, device);
        CREATE TABLE payments AS FROM (VALUES ('a', 'k'), ('b', 'k'), ('c', 'l')) t(account_id, instrument);
        CREATE TABLE ips AS FROM (VALUES
          ('a', '1', 'residential', 1), ('a', '1', 'residential', 2), ('b', '2', 'mobile', 1), ('b', '3', 'hosting', 1),
          ('c', '4', 'residential', 1)) t(account_id, ip, network_kind, day);
    """)
        yield connection


@pytest.fixture
def truth() -> Truth:
    members = pd.DataFrame(
        {"account_id": ["a", "b"], "operator_id": "o", "style": "careful", "kind": "operator", "first_day": None}
    )
    return Truth(members, pd.DataFrame({"account_id": ["c"], "context": ["solo"], "first_day": [None]}))


def judged(accounts: str) -> pd.DataFrame:
    return pd.DataFrame({"ring_id": "r", "account_id": list(accounts), "kind": "operator", "flagged": True})


def test_an_operator_pays_once_for_what_its_accounts_share(feeds: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    found = cost(feeds, truth, judged(""), "nothing", PRICES)

    assert found.items == {
        "account": 2, "aged_account": 1, "phone": 1, "device": 1, "card": 1, "exit_day": 3, "server_day": 1,
    }  # fmt: skip
    assert found.dollars == pytest.approx(2 + 10 + 2 + 3 + 5 + 1.5 + 0.25)
    assert found.per_account == pytest.approx(found.dollars / 2)


def test_what_is_found_makes_the_rest_dearer(feeds: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    none, one, both = (cost(feeds, truth, judged(accounts), "nothing", PRICES) for accounts in ("", "a", "ab"))

    assert (none.undetected, one.undetected, both.undetected) == (2, 1, 0)
    assert one.per_undetected == pytest.approx(2 * none.per_undetected)
    assert both.per_undetected is None


def test_the_price_list_names_a_price_for_everything(tmp_path: Path) -> None:
    assert set(price_list()) == set(PRICES)
    assert all(price > 0 for price in price_list().values())
