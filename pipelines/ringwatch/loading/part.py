"""The part of a state that a graph of flagged neighbourhoods holds: the same tables, fewer rows.

In: a state, the members of rings, and what the window says of what they use (`window/around.py`). Out: the accounts

- that are members,
- that use an identifier which a member uses and which is no hub,
- that a member deals with directly, unless it deals so with more than MOST_DEALINGS,
- that a member is linked to;

the identifiers that members use; and all that the state says between these. Of a hub its crowd stays out, and of what
the window has not counted (nobody was seen on it, or reviewers allowed it) when more than `hub_limit` have used it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.loading.tables import Table, tables
from ringwatch.model import ACCOUNT, ACCOUNT_KEY, Model

# Accounts with which a member deals in one way (it pays them, they pay it), up to which they are its neighbours.
MOST_DEALINGS = 1_000

_MEMBER = f"CREATE TABLE member AS FROM asked SEMI JOIN says_{ACCOUNT} USING ({ACCOUNT_KEY})"

_USED = "CREATE TABLE used_{label} AS SELECT DISTINCT {far} AS name FROM ({uses}) SEMI JOIN member USING ({account})"

_USERS = """
CREATE TABLE open_{label} AS
WITH users AS (
  SELECT {far} AS name, count(DISTINCT {account}) AS users FROM ({uses}) WHERE {far} IN (FROM used_{label}) GROUP BY ALL
)
SELECT name FROM users LEFT JOIN (FROM counted WHERE label = '{label}') ON identifier = CAST(name AS VARCHAR)
WHERE NOT coalesce(hub, false)
  AND CASE WHEN coalesce(accounts, 0) = 0 THEN users ELSE accounts END <= {hub_limit}
"""

_NEIGHBOUR = "SELECT {account} FROM ({uses}) WHERE {far} IN (FROM open_{label})"

_DEALT = """
SELECT {other} AS {account} FROM says_{name} WHERE {member} IN (FROM member)
QUALIFY count(*) OVER (PARTITION BY {member}) <= {most}
"""

_THERE = f"""
CREATE TABLE there AS
SELECT DISTINCT {ACCOUNT_KEY} FROM (FROM member UNION ALL FROM linked {{others}})
SEMI JOIN says_{ACCOUNT} USING ({ACCOUNT_KEY})
"""


def accounts(state: Path) -> int:
    """Return how many accounts a state says are known."""
    said = pq.read_table(state / f"{ACCOUNT}.parquet", columns=["updated_on"])["updated_on"]
    return int(len(said) - said.null_count)


def begin(connection: duckdb.DuckDBPyConnection, model: Model, state: Path, members: Iterable[str]) -> pa.Table:
    """Show the state on the connection; return label, identifier (as text) of all that `members` use in it."""
    for table in tables(model):
        duck.read_parquet(connection, state / f"{table.name}.parquet").create_view(f"state_{table.name}")
        columns = ", ".join(table.columns)
        connection.execute(
            f"CREATE VIEW says_{table.name} AS SELECT {columns} FROM state_{table.name} WHERE updated_on IS NOT NULL"
        )
    connection.register("asked", pa.table({ACCOUNT_KEY: pa.array(sorted(set(members)), pa.string())}))
    connection.execute(_MEMBER)
    used = ["SELECT NULL::VARCHAR AS label, NULL::VARCHAR AS identifier WHERE false"]
    for label in model.identifiers():
        connection.execute(_USED.format(**_of(model, label)))
        used.append(f"SELECT '{label}' AS label, CAST(name AS VARCHAR) AS identifier FROM used_{label}")
    return connection.sql(f"{' UNION ALL '.join(used)} ORDER BY ALL").to_arrow_table()


def choose(connection: duckdb.DuckDBPyConnection, model: Model, counted: pa.Table, linked: pa.Table) -> pa.Table:
    """Return account_id of the accounts of the part, after `begin`.

    counted: label, identifier, accounts, hub of what was asked for; linked: account_id of whom members are linked to.
    """
    connection.register("counted", counted)
    connection.register("linked", linked)
    for label in model.identifiers():
        connection.execute(_USERS.format(**_of(model, label), hub_limit=_hub_limit(model, label)))
    others = [_NEIGHBOUR.format(**_of(model, label)) for label in model.identifiers()]
    others += [query for table in tables(model) if table.far == ACCOUNT for query in _dealt(table)]
    connection.execute(_THERE.format(others="".join(f" UNION ALL {query}" for query in others)))
    return connection.sql("FROM there ORDER BY ALL").to_arrow_table()


def write(connection: duckdb.DuckDBPyConnection, model: Model, folder: Path) -> None:
    """Write the tables of the part into a folder, after `choose`."""
    for table in tables(model):
        inside = " AND ".join(
            f"{key} IN (FROM {chosen})" for key, chosen in zip(table.keys, _chosen(table), strict=True)
        )
        rows = connection.sql(f"FROM says_{table.name} WHERE {inside} ORDER BY {', '.join(table.keys)}")
        rows.write_parquet(str(folder / f"{table.name}.parquet"), compression="zstd")


def _chosen(table: Table) -> list[str]:
    """The table of what is chosen for each key."""
    if table.far is None:
        return ["there" if table.name == ACCOUNT else f"used_{table.name}"]
    return ["there", "there" if table.far == ACCOUNT else f"used_{table.far}"]


def _of(model: Model, label: str) -> dict[str, str]:
    """How a query names the identifiers of a label, and who uses them."""
    to_it = [table for table in tables(model) if table.far == label]
    account, far = to_it[0].keys
    uses = " UNION ALL ".join(f"SELECT {account}, {list(one.keys)[1]} AS {far} FROM says_{one.name}" for one in to_it)
    return {"label": label, "account": account, "far": far, "uses": uses}


def _hub_limit(model: Model, label: str) -> int:
    return max(r.evidence.hub_limit for _, _, r in model.relationships() if r.to.label == label)


def _dealt(table: Table) -> Iterator[str]:
    account, far = table.keys
    for member, other in ((account, far), (far, account)):
        yield _DEALT.format(account=account, name=table.name, member=member, other=other, most=MOST_DEALINGS)
