"""What is at stake in the rings of a night. In: clean files of the window as DuckDB views. Out: a row a ring.

exchanges, tokens   what they used in the window, and in `capabilities` the share of each capability in their exchanges,
                    beside its share in everybody's
active_today        members that were seen on the day itself
spend               settled payments in the window, by currency; declines, refunds, chargebacks: how many
honest_expected     members that are expected to be honest: the sum of 1 - P(ring) P(member)
paid, aged,         members that paid in the window, that are older than a year, and that belong to an organisation:
enterprise          whom it would hit if all were acted on
stake               the figures that the setting harm_weights names, times their weights, added up
expected_harm       probability of the ring times stake

A figure of a feed that the deployment lacks is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import duckdb

COUNTS = ("exchanges", "tokens", "active_today", "declines", "refunds", "chargebacks", "paid", "aged", "enterprise")
AGED_DAYS = 365

_USAGE = """
SELECT ring_id, sum(exchanges) AS exchanges, sum(tokens) AS tokens
FROM usage JOIN ring_account USING (account_id) GROUP BY ALL
"""
_CAPABILITIES = """
WITH everybody AS (
  SELECT capability, sum(exchanges) / (SELECT sum(exchanges) FROM usage) AS usual FROM usage GROUP BY ALL
), theirs AS (
  SELECT ring_id, capability, sum(exchanges) AS exchanges FROM usage JOIN ring_account USING (account_id) GROUP BY ALL
)
SELECT ring_id, capability, exchanges / nullif(sum(exchanges) OVER (PARTITION BY ring_id), 0) AS share, usual
FROM theirs JOIN everybody USING (capability) ORDER BY ring_id, share DESC, capability
"""
_PAYMENTS = """
SELECT ring_id, count(*) FILTER (outcome = 'declined') AS declines, count(*) FILTER (outcome = 'refunded') AS refunds,
  count(*) FILTER (outcome = 'chargeback') AS chargebacks,
  count(DISTINCT account_id) FILTER (coalesce(outcome, 'settled') = 'settled' AND amount > 0) AS paid
FROM payments JOIN ring_account USING (account_id) GROUP BY ALL
"""
_SPEND = """
SELECT ring_id, coalesce(currency, 'unknown') AS currency, sum(amount) AS amount
FROM payments JOIN ring_account USING (account_id)
WHERE coalesce(outcome, 'settled') = 'settled' AND amount > 0 GROUP BY ALL ORDER BY ALL
"""
_ACCOUNTS = """
WITH newest AS (FROM accounts QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY day DESC) = 1),
opened AS (SELECT account_id, min(created_at) AS created FROM accounts GROUP BY ALL)
SELECT ring_id, count(*) FILTER (date_diff('day', CAST(created AS DATE), $day) > $aged) AS aged,
  count(*) FILTER (organisation IS NOT NULL) AS enterprise
FROM ring_account JOIN newest USING (account_id) JOIN opened USING (account_id) GROUP BY ALL
"""
# What each question asks of a feed; a model of one's own may lack some of it.
_ASKED = {
    _USAGE: ("usage", {"exchanges", "tokens"}),
    _PAYMENTS: ("payments", {"outcome", "amount"}),
    _ACCOUNTS: ("accounts", {"created_at", "organisation"}),
    _CAPABILITIES: ("usage", {"capability", "exchanges"}),
    _SPEND: ("payments", {"amount", "currency", "outcome"}),
}


def harm(
    connection: duckdb.DuckDBPyConnection,
    feeds: Collection[str],
    rings: pd.DataFrame,
    members: pd.DataFrame,
    day: date,
    weights: Mapping[str, float],
) -> pd.DataFrame:
    """Return a row for each of `rings` (ring_id, probability), by ring_id, with the columns of `ring_harm` but the day.

    `members`: ring_id, account_id, probability; `connection`: a view for each of the `feeds`, of the window.
    """
    connection.register("ring_account", members[["ring_id", "account_id"]])
    found = rings[["ring_id", "probability"]].set_index("ring_id", drop=False).sort_index()
    for query in (_USAGE, _PAYMENTS, _ACCOUNTS):
        found = found.join(_counts(connection, feeds, query, day, found.index))
    found["active_today"] = _active(connection, feeds, day, found.index)
    for name, query in (("spend", _SPEND), ("capabilities", _CAPABILITIES)):
        found[name] = pd.Series(_by_ring(_rows(connection, feeds, query), found.index), found.index)
    found["honest_expected"] = _honest(found["probability"], members)
    found["stake"] = [_stake({str(name): value for name, value in row.items()}, weights) for row in _dicts(found)]
    found["expected_harm"] = found["probability"].astype(float) * found["stake"]
    return found.reindex(columns=[*COLUMNS]).reset_index(drop=True)


COLUMNS = ("ring_id", *COUNTS, "spend", "capabilities", "honest_expected", "stake", "expected_harm")


def _can_be_asked(connection: duckdb.DuckDBPyConnection, feeds: Collection[str], query: str) -> bool:
    feed, columns = _ASKED[query]
    return feed in feeds and columns <= set(connection.table(feed).columns)


def _counts(
    connection: duckdb.DuckDBPyConnection, feeds: Collection[str], query: str, day: date, rings: pd.Index
) -> pd.DataFrame:
    """Counts by ring_id: 0 for a ring without a row, nothing where the question cannot be asked."""
    if not _can_be_asked(connection, feeds, query):
        return pd.DataFrame(index=rings)
    known = {"day": day, "aged": AGED_DAYS} if query == _ACCOUNTS else {}
    counts = connection.execute(query, known).df().set_index("ring_id")
    return counts.reindex(rings).fillna(0).astype("int64")


def _rows(connection: duckdb.DuckDBPyConnection, feeds: Collection[str], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall() if _can_be_asked(connection, feeds, query) else []


def _by_ring(rows: list[tuple[Any, ...]], rings: pd.Index) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {str(ring_id): {} for ring_id in rings}
    for ring_id, name, *values in rows:
        numbers = [round(float(value or 0), 6) for value in values]
        found[ring_id][name] = numbers[0] if len(numbers) == 1 else numbers
    return [found[str(ring_id)] for ring_id in rings]


def _active(connection: duckdb.DuckDBPyConnection, feeds: Collection[str], day: date, rings: pd.Index) -> Any:
    """Members that have a row of the day in a feed that says what accounts do."""
    doing = sorted(feed for feed in feeds if feed != "accounts" and "account_id" in connection.table(feed).columns)
    if not doing:
        return None
    seen = " UNION ".join(f"SELECT account_id FROM {feed} WHERE day = $day" for feed in doing)
    query = f"SELECT ring_id, count(*) AS n FROM ring_account SEMI JOIN ({seen}) USING (account_id) GROUP BY ALL"
    counts = connection.execute(query, {"day": day}).df().set_index("ring_id")["n"]
    return counts.reindex(rings).fillna(0).astype("int64")


def _honest(probability: pd.Series, members: pd.DataFrame) -> pd.Series:
    honest = 1 - members["probability"].astype(float) * members["ring_id"].map(probability).astype(float)
    return honest.groupby(members["ring_id"]).sum().reindex(probability.index).fillna(0.0)


def _dicts(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return frame.to_dict("records")


def _stake(row: Mapping[str, Any], weights: Mapping[str, float]) -> float:
    figures = {name: row.get(name) for name in weights} | {"spend": sum(row["spend"].values())}
    known = {name: value for name, value in figures.items() if pd.notna(value)}
    return float(sum(weights.get(name, 0) * value for name, value in known.items()))
