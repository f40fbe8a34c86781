"""Collectors: likely groups in; the accounts to which their members pass their money on, out.

Who is only paid has done nothing, and anybody may send a stranger money, so being paid ties nobody to a group
(`membership.py`) and says nothing of it. But an account that most members of a likely ring pay, and hardly anybody
else, is where the ring's money goes: to frame somebody so, an operator would have to give its money away. A merchant, a
landlord or an exchange is paid by many others. Such accounts join a ring once it is judged: what it is rests on those
who acted.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

# The facet in which money moves from account to account.
MONEY = "transfer"
# Members who pay the account, the share of the members that they are, and the share of all who pay it, at least.
PAYERS, MOST_MEMBERS, MOST_PAYERS = 3, 0.5, 0.5

_FOUND = f"""
WITH inside AS (
  SELECT candidate, account, count(*) OVER (PARTITION BY candidate) AS n FROM likely JOIN account USING (account_id)
), paid AS (
  SELECT candidate, target, any_value(n) AS n, count(DISTINCT source) AS members
  FROM inside JOIN dealing ON source = account WHERE facet = '{MONEY}' GROUP BY ALL
), busy AS (
  SELECT target, count(DISTINCT source) AS payers FROM dealing WHERE facet = '{MONEY}' GROUP BY target
)
SELECT candidate, account_id, members, n, payers - members AS others
FROM paid JOIN busy USING (target) JOIN account ON account = target
ANTI JOIN (SELECT account FROM inside) own ON own.account = target
WHERE members >= greatest({PAYERS}, {MOST_MEMBERS} * n, {MOST_PAYERS} * payers)
QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY members DESC, candidate) = 1
ORDER BY candidate, account_id
"""


def collecting(connection: duckdb.DuckDBPyConnection, likely: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id, members (that pay it), n (all members), others (who pay it, too) of accounts, in
    none of the groups, that collect from one of `likely` (candidate, account_id; disjoint).

    `connection` is one of `sharing.open_sharing`. Who collects from several groups belongs to the one of which most
    members pay it.
    """
    connection.register("likely", likely[["candidate", "account_id"]])
    found: pd.DataFrame = connection.sql(_FOUND).df()
    connection.unregister("likely")
    return found


def members(found: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id, probability, role of the collectors that were `found`.

    If the group is a ring, a collector belongs to it as surely as who pays it is a member: the share of them, by
    Laplace's rule of succession.
    """
    share = (found["members"] + 1) / (found["members"] + found["others"] + 2)
    return found[["candidate", "account_id"]].assign(probability=share.astype(float).round(6), role="fringe")


def checks(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each group with collectors that were `found`, columns as in `tables.EVIDENCE`, and head."""
    first = found.sort_values(["candidate", "members", "account_id"], ascending=[True, False, True])
    rows = first.groupby("candidate").agg(
        accounts=("account_id", list), members=("members", "max"), n=("n", "first"), others=("others", "first")
    )
    texts = [_said(*row) for row in rows.itertuples(index=False, name=None)]
    return pd.DataFrame(
        {
            "candidate": rows.index,
            "facet": MONEY,
            "reason": "collector",
            "direction": "check",
            "observed": rows["members"].to_numpy(dtype=float),
            "expected": 0.0,
            "bits": 0.0,
            "members": rows["members"].to_numpy(),
            "identifiers": [[f"{MONEY}: {name}" for name in names] for names in rows["accounts"]],
            "text": texts,
            "head": texts,
        }
    )


def _said(accounts: list[str], members: int, n: int, others: int) -> str:
    by = f"{members:,} of the other {n:,} members pay it" if members < n else f"all other {n:,} members pay it"
    else_ = f"{others:,} others do" if others > 1 else "one other account does" if others else "nobody else does"
    more = len(accounts) - 1
    first = f"One member is there because {by} and {else_}"
    if not more:
        return first
    return f"{first}; {more:,} more {'are' if more > 1 else 'is'} there for the same reason"


def sizes(groups: pd.Series, found: pd.DataFrame) -> np.ndarray:
    """Return how many collectors were `found` of each of `groups` (names)."""
    counted: np.ndarray = groups.map(found.groupby("candidate").size()).fillna(0).to_numpy(dtype=int)
    return counted
