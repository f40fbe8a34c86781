"""Accounts whose first money came from one payer on the day on which they were opened: one more kind of cell.

Who is only paid has done nothing, and anybody may send money to anybody. But nobody can make strangers open accounts
on the same day and live from the same purse from their first hour on. So accounts count as funded together when they
were opened on one day, when what each received first came from the same account within HOURS of its opening, and when
that is far more than chance: by the rule of `cells.py`, with the accounts that the payer paid at all as one side, and
all that were opened on that day as the other. An exchange that pays its customers day after day funds nobody so.

The tables of `sharing` in; more rows of `identifier` and `sighting`, with the facet `funding`, out.
"""

from __future__ import annotations

from datetime import date

import duckdb

from ringwatch.model import ACCOUNT, Model
from ringwatch.window.cells import EXPECTED, FAR_MORE, LEAST, WORTH

# Hours between an account's opening and the first money that funded it.
HOURS = 24
# Share of all accounts above which a payer is the service itself, which pays everybody.
WIDEST = 0.5

_FOUND = """
CREATE TEMP TABLE funded AS
WITH paid AS (
  SELECT {payee} AS payee, account_id AS payer, {at} AS moment FROM {feed}
  WHERE {payee} <> account_id AND CAST({at} AS DATE) BETWEEN $since AND $until
), first AS (
  SELECT payee, arg_min(payer, (moment, payer)) AS payer, min(moment) AS moment FROM paid GROUP BY payee
), opened AS (
  SELECT account_id, min(created_at) AS created_at FROM accounts GROUP BY account_id
), begun AS (
  SELECT account.account, payer, account.created
  FROM first JOIN account ON account.account_id = payee JOIN opened ON opened.account_id = payee
  WHERE abs(date_diff('hour', created_at, moment)) <= {hours}
), busy AS (
  SELECT payer, count(DISTINCT payee) AS payees FROM paid JOIN account ON account_id = payee GROUP BY payer
), young AS (
  SELECT created, count(*) AS opened FROM account GROUP BY created
), counted AS (
  SELECT payer, created, count(*) AS c, any_value(payees) AS n1, any_value(opened) AS n2, min(account) AS place
  FROM begun JOIN busy USING (payer) JOIN young USING (created) GROUP BY payer, created HAVING c >= {least}
), compared AS (
  SELECT *, {expected} AS e FROM counted
  WHERE n1 <= {widest} * (SELECT count(*) FROM account)
), kept AS (
  SELECT payer, created, c, CAST((SELECT count(*) FROM identifier) + row_number() OVER (ORDER BY place) AS INTEGER)
    AS identifier
  FROM compared WHERE {far_more}
)
SELECT identifier, account, payer, created, c FROM kept JOIN begun USING (payer, created) ORDER BY identifier, account
"""

_IDENTIFIER = f"""
INSERT INTO identifier
SELECT DISTINCT identifier, facet.facet, payer || ' on ' || CAST($since + CAST(created AS INTEGER) AS DATE), c,
  c > facet.hub_limit, {WORTH}
FROM funded, facet WHERE facet.facet = $facet ORDER BY identifier
"""

_SIGHTING = """
INSERT INTO sighting SELECT account, identifier, repeat('0', $days)::BIT, NULL, NULL, 0 FROM funded ORDER BY ALL
"""


def add(connection: duckdb.DuckDBPyConnection, model: Model, feeds: tuple[str, ...], since: date, until: date) -> None:
    """Add the accounts that were funded together to the tables of `sharing` on `connection`."""
    for feed, _, relationship in model.relationships(feeds):
        if relationship.to.label == ACCOUNT and relationship.seen:
            found = _FOUND.format(
                feed=feed.feed,
                payee=relationship.to.source,
                at=relationship.seen[0],
                hours=HOURS,
                widest=WIDEST,
                least=LEAST,
                expected=EXPECTED,
                far_more=FAR_MORE,
            )
            connection.execute(found, {"since": since, "until": until})
            connection.execute(_IDENTIFIER, {"since": since, "facet": model.defaults.funding.facet})
            connection.execute(_SIGHTING, {"days": (until - since).days + 1})
            connection.execute("DROP TABLE funded")
