"""What the members of rings did in the window, for who looks at them: when they were active, and whom they paid.

In: clean files of the window. Nothing of this is evidence. A model without the columns has no such rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ringwatch.days import history
from ringwatch.model import ACCOUNT_KEY, Model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from ringwatch.night import Night

HOURS = ("usage", ("active_hours",))
PAYMENTS = ("payments", ("counterparty_account_id", "amount", "currency", "outcome", "paid_at"))

# A mask of hours for each weekday, Monday first.
_HOURS = f"""
WITH of_weekday AS (
  SELECT {ACCOUNT_KEY}, isodow(day) AS weekday, bit_or(active_hours) AS hours
  FROM usage SEMI JOIN member USING ({ACCOUNT_KEY}) WHERE active_hours IS NOT NULL GROUP BY ALL
)
SELECT {ACCOUNT_KEY}, list_transform(range(1, 8), lambda d: coalesce(map_from_entries(list((weekday, hours)))[d], 0))
  AS active_hours
FROM of_weekday GROUP BY {ACCOUNT_KEY} ORDER BY {ACCOUNT_KEY}
"""

# What was refunded, charged back or declined is no money that went anywhere.
_PAYMENTS = f"""
SELECT {ACCOUNT_KEY} AS source, counterparty_account_id AS target, coalesce(currency, 'unknown') AS currency,
  CAST(sum(CAST(amount AS DECIMAL(38, 6))) AS DOUBLE) AS amount, count(*) AS payments,
  min(paid_at) AS first_paid, max(paid_at) AS last_paid
FROM payments
WHERE counterparty_account_id <> {ACCOUNT_KEY} AND coalesce(outcome, 'settled') = 'settled'
  AND ({ACCOUNT_KEY} IN (FROM member) OR counterparty_account_id IN (FROM member))
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Dealings:
    """active_hours: for each account 7 masks of hours (bit h: hour h, UTC), Monday first; payments: source, target,
    currency, amount, payments, first_paid, last_paid.
    """

    active_hours: dict[str, list[int]]
    payments: pd.DataFrame


def dealings(night: Night, members: Iterable[str]) -> Dealings:
    """Return what `members` did in the window of the night, sorted."""
    with history.open_history(night, history.window_start(night), night.day) as connection:
        connection.register("member", pa.table({ACCOUNT_KEY: pa.array(sorted(members), pa.string())}))
        return Dealings(_hours(connection, night.model), _payments(connection, night.model))


def _hours(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[str, list[int]]:
    return dict(connection.execute(_HOURS).fetchall()) if has(model, *HOURS) else {}


def _payments(connection: duckdb.DuckDBPyConnection, model: Model) -> pd.DataFrame:
    query = _PAYMENTS if has(model, *PAYMENTS) else "SELECT NULL AS source WHERE false"
    found: pd.DataFrame = connection.sql(query).df()
    return found


def has(model: Model, feed: str, columns: Iterable[str]) -> bool:
    """Whether the model has a feed with these columns."""
    return feed in model.feeds and all(name in model.feeds[feed].kept for name in columns)
