"""What accounts are known by that means the same at another provider, within the window: marks of six kinds.

Accounts, payment tokens, mailboxes and phone numbers are each provider's own and are not among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ringwatch.days import history
from ringwatch.model import ACCOUNT_KEY, Model
from ringwatch.window.dealings import HOURS, has
from ringwatch.window.said import network_of

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from ringwatch.night import Night

# Feed, column and value of each kind.
KINDS = {
    "address": ("ips", "ip", "ip"),
    "card_prefix": ("payments", "bin", "bin"),
    "device": ("devices", "device", "device"),
    "mail_domain": ("accounts", "email_domain", "CASE WHEN email_domain NOT IN (FROM free) THEN email_domain END"),
    "network": ("ips", "ip", network_of("ip")),
    "template": ("usage", "template", "template"),
}

_MARKS = f"""
WITH mark AS (
  SELECT DISTINCT {ACCOUNT_KEY}, {{value}} AS value FROM {{feed}}
), counted AS (
  SELECT value, count(*) AS accounts FROM mark WHERE coalesce(value, '') <> '' GROUP BY value
)
SELECT {ACCOUNT_KEY}, '{{kind}}' AS kind, value, accounts
FROM mark SEMI JOIN member USING ({ACCOUNT_KEY}) JOIN counted USING (value)
"""

_HOURS = f"""
SELECT {ACCOUNT_KEY}, bit_or(active_hours) AS hours
FROM usage SEMI JOIN member USING ({ACCOUNT_KEY}) WHERE active_hours > 0 GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Marks:
    """values: account_id, kind, value, accounts (that have it); hours: mask of active hours by account; population:
    accounts that are known.
    """

    values: pd.DataFrame
    hours: dict[str, int]
    population: int


def marks(night: Night, members: Iterable[str]) -> Marks:
    """Return the marks of `members` in the window of the night, sorted."""
    with history.open_history(night, history.window_start(night), night.day) as connection:
        connection.register("member", pa.table({ACCOUNT_KEY: pa.array(sorted(set(members)), pa.string())}))
        connection.register("free", pa.table({"domain": pa.array(night.model.free_mail, pa.string())}))
        (population,) = connection.execute(f"SELECT count(DISTINCT {ACCOUNT_KEY}) FROM accounts").fetchall()[0]
        hours = dict(connection.execute(_HOURS).fetchall()) if has(night.model, *HOURS) else {}
        return Marks(_values(connection, night.model), hours, population)


def _values(connection: duckdb.DuckDBPyConnection, model: Model) -> pd.DataFrame:
    queries = [
        f"FROM ({_MARKS.format(kind=kind, feed=feed, value=value)})"
        for kind, (feed, column, value) in KINDS.items()
        if has(model, feed, (column,))
    ]
    none = f"SELECT '' AS {ACCOUNT_KEY}, '' AS kind, '' AS value, 0 AS accounts WHERE false"
    found: pd.DataFrame = connection.sql(f"{' UNION ALL '.join([*queries, none])} ORDER BY ALL").df()
    return found
