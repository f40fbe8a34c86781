"""What the accounts of a group have in common, and what sets them apart: groups in, measures by member and facet out.

A group is rows of candidate and account_id; who used what comes from `sharing`. Each measure leaves the group itself
out of what is usual, so that a large ring does not make its own habits look common.

An identifier with c members among its d accounts, in a group of n of the N accounts of the window, has the rarity

    log2((c / n) / ((d - c + 0.5) / (N - n + 1)))    bits, up to 14; less than 1 is nothing

and the containment c / d. Their product, the rarity as a share of 14 bits, is its strength. On identifiers with
residents only visitors count, and only when there are two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

LEAST_BITS, MOST_BITS = 1.0, 14.0
# Tenure from which an account lives at an address, and below which it only visits.
RESIDENT, VISITOR = 0.5, 0.3


@dataclass(frozen=True)
class Measures:
    """What was found of each group.

    members: candidate, account_id, facet, n (size of the group), strength (of its strongest identifier), identifier
        (that one), own (its main one is used by no other member), neighbour (it lives with another member)
    shared: candidate, facet, n, members (covered), strength (mean over all n), identifiers, accounts (on them in all),
        expected (members that would be on them by chance)
    """

    members: pd.DataFrame
    shared: pd.DataFrame


def measure(connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame) -> Measures:
    """Measure `groups` (candidate, account_id) on a connection of `sharing.open_sharing`."""
    connection.register("grouped", groups[["candidate", "account_id"]])
    connection.execute(_USED)
    connection.execute(_MEMBER)
    return Measures(connection.sql(_MEMBERS).df(), connection.sql(_SHARED).df())


_USED = f"""
CREATE OR REPLACE TEMP TABLE used AS
WITH size AS (SELECT candidate, count(*) AS n FROM grouped GROUP BY candidate),
seen AS (
  SELECT candidate, account_id, facet, identifier, tenure, len(days) AS days, n, accounts AS d, residents, own_bits,
    count(*) OVER here AS c, count(*) FILTER (tenure < {VISITOR}) OVER here AS visitors
  FROM grouped JOIN size USING (candidate) JOIN sighting USING (account_id)
  JOIN identifier USING (facet, identifier) JOIN facet USING (facet)
  WINDOW here AS (PARTITION BY candidate, facet, identifier)
), judged AS (
  SELECT *, n * (d - c + 0.5) / ((SELECT count(*) FROM account) - n + 1) AS expected,
    c > 1 AND (NOT residents OR (visitors > 1 AND tenure < {VISITOR})) AS counts
  FROM seen
)
SELECT *, CASE WHEN counts AND c >= {2**LEAST_BITS} * expected
    THEN least(1, log2(c / expected) / {MOST_BITS}) * c / d ELSE 0 END AS strength
FROM judged
"""

# Main is the identifier that an account used on most days; between equals, the one that fewest accounts use.
_MEMBER = f"""
CREATE OR REPLACE TEMP TABLE member AS
SELECT candidate, account_id, facet, any_value(n) AS n, max(strength) AS strength,
  arg_max(identifier, (strength, identifier)) AS identifier,
  any_value(own_bits) > 0 AND arg_max(c, main) = 1
    AND (NOT any_value(residents) OR arg_max(tenure, main) >= {RESIDENT}) AS own,
  any_value(residents) AND arg_max(c, main) > 1 AND arg_max(tenure, main) >= {RESIDENT} AS neighbour
FROM (SELECT *, {{'days': days, 'rare': -d, 'identifier': identifier}} AS main FROM used)
GROUP BY candidate, account_id, facet
"""

_MEMBERS = "FROM member ORDER BY candidate, account_id, facet"

# Sums are rounded: threads add in any order, and the same night must give the same bytes.
_SHARED = """
WITH strongest AS (
  SELECT candidate, facet, identifier, count(*) AS members, sum(strength) AS strength, any_value(n) AS n
  FROM member WHERE strength > 0 GROUP BY candidate, facet, identifier
), known AS (SELECT DISTINCT candidate, facet, identifier, d, expected FROM used)
SELECT candidate, facet, any_value(n) AS n, sum(members) AS members, round(sum(strength) / any_value(n), 9) AS strength,
  list(identifier ORDER BY members DESC, identifier) AS identifiers, sum(d) AS accounts,
  round(least(sum(expected), any_value(n)), 9) AS expected
FROM strongest JOIN known USING (candidate, facet, identifier)
GROUP BY candidate, facet ORDER BY candidate, facet
"""
