"""What the window says of some accounts and what they use: the tables of `sharing` in, what the graph shows of it out.

It asks for account, identifier, facet, whereabouts and link, which may be tables or views.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from ringwatch import duck
from ringwatch.window import pairs

_OF_NAMES = {
    "facet": "FROM facet",
    "identifier": """
      SELECT identifier.* FROM identifier JOIN facet USING (facet)
      SEMI JOIN asked ON (facet.label, identifier.name) = (asked.label, asked.identifier)
    """,
    "whereabouts": """
      SELECT whereabouts.* FROM whereabouts SEMI JOIN (
        SELECT identifier.identifier FROM identifier JOIN facet USING (facet)
        SEMI JOIN asked ON (facet.label, identifier.name) = (asked.label, asked.identifier)
      ) USING (identifier)
    """,
}

_MINE = "(SELECT account FROM account SEMI JOIN asked USING (account_id))"

_OF_ACCOUNTS = {
    "account": "FROM account SEMI JOIN asked USING (account_id)",
    "link": f"FROM link WHERE source IN {_MINE} AND target IN {_MINE}",
}

_LINKED = f"""
SELECT DISTINCT account_id FROM account SEMI JOIN (
  SELECT unnest([source, target]) AS account FROM link
  WHERE bits >= $min_bits AND (source IN {_MINE} OR target IN {_MINE})
) USING (account) ORDER BY account_id
"""


def identifiers(connection: duckdb.DuckDBPyConnection, asked: pa.Table, account_label: str) -> pa.Table:
    """Return `pairs.identifiers` of those that are `asked` for: label, identifier."""
    with _narrowed(connection, asked, _OF_NAMES) as few:
        return pairs.identifiers(few, account_label)


def links(connection: duckdb.DuckDBPyConnection, asked: pa.Table, min_bits: float) -> pa.Table:
    """Return `pairs.links` between the accounts that are `asked` for: account_id."""
    with _narrowed(connection, asked, _OF_ACCOUNTS) as few:
        return pairs.links(few, min_bits)


def linked(connection: duckdb.DuckDBPyConnection, asked: pa.Table, min_bits: float) -> pa.Table:
    """Return account_id of the accounts that are linked to one of those `asked` for (account_id), these included."""
    connection.register("asked", asked)
    return connection.sql(_LINKED, params={"min_bits": min_bits}).to_arrow_table()


@contextmanager
def _narrowed(
    connection: duckdb.DuckDBPyConnection, asked: pa.Table, queries: dict[str, str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database in memory that has what the queries leave of tables."""
    connection.register("asked", asked)
    with duck.connect() as few:
        for name, query in queries.items():
            few.register(name, connection.sql(query).to_arrow_table())
        yield few
