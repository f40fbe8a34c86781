"""What operators pay to stay undetected: clean days, truth and accused accounts in; dollars per account out.

Counted is what a world's operators use: accounts, aged ones, phones, devices, cards, and days of addresses. Prices are
data (`prices.yml`). A way of hiding is dear when the price of one account that is *not* found rises with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from ruamel.yaml import YAML

from ringwatch.evaluate.metrics import OPERATOR
from ringwatch.evaluate.truth import Truth

PRICES = Path(__file__).with_name("prices.yml")
AGED_DAYS = 90

# Each thing an account of an operator uses, once per operator; an address once per operator and day.
_USED = f"""
WITH mine AS (SELECT account_id, operator_id FROM operated),
born AS (SELECT account_id, operator_id, min(created_at) AS created_at, max(phone) AS phone
  FROM accounts JOIN mine USING (account_id) GROUP BY ALL)
SELECT 'account' AS item, count(*) AS used FROM mine
UNION ALL SELECT 'aged_account', count(*) FROM born WHERE created_at < (SELECT min(day) FROM accounts) - {AGED_DAYS}
UNION ALL SELECT 'phone', count(DISTINCT (operator_id, phone)) FROM born WHERE phone IS NOT NULL
UNION ALL SELECT 'device', count(DISTINCT (operator_id, device)) FROM devices JOIN mine USING (account_id)
  WHERE device IS NOT NULL
UNION ALL SELECT 'card', count(DISTINCT (operator_id, instrument)) FROM payments JOIN mine USING (account_id)
  WHERE instrument IS NOT NULL
UNION ALL SELECT 'exit_day', count(DISTINCT (operator_id, ip, day)) FROM ips JOIN mine USING (account_id)
  WHERE network_kind IN ('residential', 'mobile')
UNION ALL SELECT 'server_day', count(DISTINCT (operator_id, ip, day)) FROM ips JOIN mine USING (account_id)
  WHERE network_kind IN ('hosting', 'vpn')
"""


@dataclass(frozen=True)
class Cost:
    """What the operators of one world pay; undetected: accounts that are not accused; in US dollars.

    avoided: the signal that this world's operators pay to avoid.
    """

    avoided: str
    accounts: int
    undetected: int
    dollars: float
    items: dict[str, int]

    @property
    def per_account(self) -> float:
        return self.dollars / max(1, self.accounts)

    @property
    def per_undetected(self) -> float | None:
        return self.dollars / self.undetected if self.undetected else None


def price_list(path: Path = PRICES) -> dict[str, float]:
    """Return dollars by item."""
    return {str(item): float(price) for item, price in YAML(typ="safe").load(path.read_text(encoding="utf-8")).items()}


def cost(
    connection: duckdb.DuckDBPyConnection, truth: Truth, judged: pd.DataFrame, avoided: str, prices: dict[str, float]
) -> Cost:
    """Return what operators pay in the world whose clean days `connection` shows (see `history.open_history`)."""
    operated = truth.members[truth.members["kind"] == OPERATOR]
    connection.register("operated", operated[["account_id", "operator_id"]])
    used = dict(connection.sql(_USED).fetchall())
    accused = judged.loc[judged["flagged"] & (judged["kind"] == OPERATOR), "account_id"]
    undetected = int((~operated["account_id"].isin(accused)).sum())
    dollars = sum(prices[item] * count for item, count in used.items())
    return Cost(avoided, len(operated), undetected, dollars, used)
