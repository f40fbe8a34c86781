"""The growth watch: accounts that use what a ring's members use, and are in no ring.

What accounts share (`sharing.py`) and the members of rings in; accounts, each with the ring it is most like, out. They
are for people to look at, where rings may grow next: being like a ring flags nobody.
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch.search.engine import Engine
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

    uses: as `pairs.uses`; members: ring_id, account_id of the rings that are watched; left_out: as in `shard.LeftOut`.
    similarity: the highest weighted Jaccard index of what the account and a member use; members: of that ring, with
    whom it shares an identifier, the strongest of which are named.
    """
    accounts = pairs.accounts(connection)
    ring = accounts.map(members.set_index("account_id")["ring_id"]).dropna()
    around = near(uses, ring.index, accounts.index.max())
    alike = engine.alike(around[around["weight"] > left_out], CUTOFF)
    alike["similarity"] = alike["similarity"].astype(float).round(6)
    best = alike.sort_values(["similarity", "target", "source"], ascending=[False, True, True])
    best = best.drop_duplicates("target", ignore_index=True)
    best = best.assign(account_id=best["target"].map(accounts), ring_id=best["source"].map(ring))
    named: pd.DataFrame = best.merge(_shared(connection, best, members), on="account_id")[WATCH.names]
    return named


def near(uses: pd.DataFrame, members: pd.Index, last: int) -> pd.DataFrame:
    """Return source, target (beyond the `last` account), weight, label of all that members and those who share anything
    with them use.
    """
    member = uses["account"].isin(members)
    theirs = uses.loc[member, "identifier"]
    touched = uses["account"].isin(uses.loc[uses["identifier"].isin(theirs), "account"])
    found = uses[touched]
    return pd.DataFrame(
        {
            "source": found["account"],
            "target": last + found["identifier"],
            "weight": found["bits"],
            "label": member[touched].map({True: "Member", False: "Other"}),
        }
    )


def _shared(connection: duckdb.DuckDBPyConnection, best: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    connection.register("found", best[["account_id", "ring_id"]].astype("str"))
    connection.register("member", members[["account_id", "ring_id"]].astype("str"))
    found: pd.DataFrame = connection.sql(_SHARED).df()
    return found
