"""What is at stake in a ring: a window of a few rows, worked out by hand."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from judged import TUESDAY

from ringwatch.review.harm import harm

FEEDS = ("accounts", "payments", "usage", "devices")
WEIGHTS = {"exchanges": 0.1, "spend": 1.0, "chargebacks": 5.0}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("""
        CREATE TABLE accounts AS FROM (VALUES
          ('A1', TIMESTAMP '2024-01-01', 'acme', DATE '2026-03-02'),
          ('A2', TIMESTAMP '2026-03-01', NULL, DATE '2026-03-01'),
          ('A2', TIMESTAMP '2026-03-01', 'acme', DATE '2026-03-02'),
          ('B1', TIMESTAMP '2025-03-03', NULL, DATE '2026-03-02'))
          AS t(account_id, created_at, organisation, day);
        CREATE TABLE payments AS FROM (VALUES
          ('A1', 10.0, 'EUR', 'settled', DATE '2026-03-02'), ('A1', 5.0, 'USD', NULL, DATE '2026-03-03'),
          ('A2', 7.0, 'EUR', 'declined', DATE '2026-03-03'), ('A2', 7.0, 'EUR', 'chargeback', DATE '2026-03-03'),
          ('B1', 0.0, 'EUR', 'settled', DATE '2026-03-01'), ('X', 99.0, 'EUR', 'settled', DATE '2026-03-01'))
          AS t(account_id, amount, currency, outcome, day);
        CREATE TABLE usage AS FROM (VALUES
          ('A1', 'code', 30, 300, DATE '2026-03-02'), ('A2', 'chat', 10, 100, DATE '2026-03-02'),
          ('X', 'chat', 60, 600, DATE '2026-03-02'))
          AS t(account_id, capability, exchanges, tokens, day);
        CREATE TABLE devices AS FROM (VALUES ('B1', DATE '2026-03-03'), ('A1', DATE '2026-03-03'))
          AS t(account_id, day)
    """)
    return made


RINGS = pd.DataFrame({"ring_id": ["R-B", "R-A"], "probability": [0.5, 0.9]})
MEMBERS = pd.DataFrame(
    [("R-A", "A1", 1.0), ("R-A", "A2", 0.5), ("R-B", "B1", 0.8)], columns=["ring_id", "account_id", "probability"]
)


def test_every_figure_is_that_of_the_members_in_the_window(connection: duckdb.DuckDBPyConnection) -> None:
    found = harm(connection, FEEDS, RINGS, MEMBERS, TUESDAY, WEIGHTS).set_index("ring_id")

    assert list(found.index) == ["R-A", "R-B"]
    a = found.loc["R-A"].to_dict()
    assert a["capabilities"] == {"code": [0.75, 0.3], "chat": [0.25, 0.7]}
    assert a["spend"] == {"EUR": 10.0, "USD": 5.0}
    counts = {"exchanges": 40, "tokens": 400, "active_today": 2, "declines": 1, "refunds": 0, "chargebacks": 1}
    counts |= {"paid": 1, "aged": 1, "enterprise": 2}
    assert {name: a[name] for name in counts} == counts
    assert a["honest_expected"] == pytest.approx(0.1 + 0.55)
    assert a["stake"] == pytest.approx(4 + 15 + 5)
    assert a["expected_harm"] == pytest.approx(0.9 * 24)
    b = found.loc["R-B"].to_dict()
    assert (b["exchanges"], b["spend"], b["capabilities"], b["active_today"], b["paid"]) == (0, {}, {}, 1, 0)
    assert b["aged"] == 0  # a year old to the day


def test_a_feed_that_is_missing_leaves_its_figures_out(connection: duckdb.DuckDBPyConnection) -> None:
    found = harm(connection, ("accounts",), RINGS, MEMBERS, TUESDAY, WEIGHTS)

    assert found[["exchanges", "tokens", "chargebacks", "active_today"]].isna().all(axis=None)
    assert found["spend"].tolist() == [{}, {}]
    assert found["expected_harm"].tolist() == [0, 0]
    assert found["enterprise"].tolist() == [2, 0]
