"""The growth watch: accounts that use what a ring's members use, and are in no ring.

What accounts share (`sharing.py`) and the members of rings in; accounts, each with the ring it is most like, out. They
are for people to look at, where rings may grow next: being like a ring flags nobody.
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch.search import budget
from ringwatch.search.engine import Engine
from ringwatch.settings import Settings
from ringwatch.window import pairs

WATCH = pa.schema(
    [
        ("account_id", pa.string()),
        ("ring_id", pa.string()),
        ("similarity", pa.float64()),
        ("members", pa.int64()),
        ("identifiers", pa.list_(pa.string())),
    ]
)
# Weighted Jaccard from which an account is like a member.
CUTOFF = 0.3

_SHARED = """
SELECT found.account_id, count(DISTINCT member.account_id) AS members,
  list_transform(
    list_slice(list_sort(list(DISTINCT {'weak': -bits, 'at': identifier, 'name': facet || ': ' || name})), 1, 5),
    lambda one: one.name
  ) AS identifiers
FROM found JOIN account mine USING (account_id) JOIN sighting used ON used.account = mine.account
JOIN identifier USING (identifier) JOIN sighting theirs USING (identifier)
JOIN account them ON them.account = theirs.account
JOIN member ON member.account_id = them.account_id AND member.ring_id = found.ring_id
WHERE identifier.bits > 0 GROUP BY found.account_id
"""


def look(
    connection: duckdb.DuckDBPyConnection,
    engine: Engine,
    uses: pd.DataFrame,
    members: pd.DataFrame,
    left_out: float,
) -> pd.DataFrame:
    """Return columns as in WATCH, the most alike first.

    uses: as `pairs.uses`; members: ring_id, account_id of the rings that are watched; left_out: `compared_from` of the
    whole night. similarity: the highest weighted Jaccard index of what the account and a member use; members: of that
    ring, with whom it shares an identifier, the strongest of which are named.
    """
    accounts = pairs.accounts(connection)
    ring = accounts.map(members.set_index("account_id")["ring_id"]).dropna()
    near = _near(uses, ring.index, accounts.index.max())
    alike = engine.alike(near[near["weight"] > left_out], CUTOFF)
    alike["similarity"] = alike["similarity"].astype(float).round(6)
    best = alike.sort_values(["similarity", "target", "source"], ascending=[False, True, True])
    best = best.drop_duplicates("target", ignore_index=True)
    best = best.assign(account_id=best["target"].map(accounts), ring_id=best["source"].map(ring))
    named: pd.DataFrame = best.merge(_shared(connection, best, members), on="account_id")[WATCH.names]
    return named


def compared_from(uses: pd.DataFrame, accounts: pd.Series, members: pd.DataFrame, settings: Settings) -> float:
    """Return the bits of the weakest identifiers that are left out, to stay within the pair budget of `settings`."""
    ring = accounts.index[accounts.isin(members["account_id"])]
    return budget.least_bits_with_members(_near(uses, ring, accounts.index.max()), settings.similarity_pair_budget)


def _near(uses: pd.DataFrame, members: pd.Index, last: int) -> pd.DataFrame:
    """Return source, target (beyond the `last` account), weight, label of all that members and those who share anything
    with them use.
    """
    member = uses["account"].isin(members)
    theirs = uses.loc[member, "identifier"]
    near = uses["account"].isin(uses.loc[uses["identifier"].isin(theirs), "account"])
    found = uses[near]
    return pd.DataFrame(
        {
            "source": found["account"],
            "target": last + found["identifier"],
            "weight": found["bits"],
            "label": member[near].map({True: "Member", False: "Other"}),
        }
    )


def _shared(connection: duckdb.DuckDBPyConnection, best: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    connection.register("found", best[["account_id", "ring_id"]].astype("str"))
    connection.register("member", members[["account_id", "ring_id"]].astype("str"))
    found: pd.DataFrame = connection.sql(_SHARED).df()
    return found
