"""What a script would do with the same clean days: which identifiers a few accounts share, pairs of accounts by what
these are worth, components of the pairs. One SQL text, run by DuckDB or by Spark.

No cells, places, homes or dealings, no likeness, no node similarity, no score: the least that finding groups takes.
"""

from __future__ import annotations

from pathlib import Path

# Columns by which accounts share, of each feed.
_SHARED = {
    "accounts": ("mailbox", "phone"),
    "devices": ("device",),
    "ips": ("ip",),
    "payments": ("instrument",),
    "usage": ("template",),
}
# More accounts than this share nothing that says anything; pairs of fewer bits are none.
_MOST, _LEAST = 50, 6

_USE = "SELECT DISTINCT '{column}' AS kind, {column} AS identifier, account_id FROM {feed} WHERE {column} IS NOT NULL"
_USES = " UNION ALL ".join(
    _USE.format(feed=feed, column=column) for feed, columns in _SHARED.items() for column in columns
)
_WORTH = f"""
SELECT kind, identifier, log2((SELECT count(DISTINCT account_id) FROM accounts) / count(*)) AS bits
FROM uses GROUP BY kind, identifier HAVING count(*) BETWEEN 2 AND {_MOST}
"""
_PAIRS = f"""
SELECT a.account_id AS source, b.account_id AS target, round(sum(bits), 6) AS bits
FROM worth JOIN uses a USING (kind, identifier) JOIN uses b USING (kind, identifier)
WHERE a.account_id < b.account_id
GROUP BY a.account_id, b.account_id HAVING round(sum(bits), 6) >= {_LEAST}
"""
FEEDS = tuple(_SHARED)
# Each is made from feeds and those before it.
TABLES = {"uses": _USES, "worth": _WORTH, "pairs": _PAIRS}


def files(home: str, feed: str, day: str) -> list[str]:
    """Return the clean files of a feed up to a day."""
    days = (folder for folder in Path(home, "days").iterdir() if folder.name <= day)
    return sorted(str(folder / "clean" / f"{feed}.parquet") for folder in days)
