"""Where the members of groups are at home, whom they work for, and whom they pay: what tells crowds from operators.

In: the table `grouped` of `measuring.py`, places (`places.py`) and dealings (`sharing.py`). Out: one row per candidate.
The group itself is left out of what its place and its mail domain are known for.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from ringwatch.window.places import PLACES, TERM_DAYS

# Long-lived accounts outside the group from which a mail domain is known as an employer's.
COLLEAGUES = 3
# Accounts of a place outside the group from which it is said when the others came.
NEIGHBOURS = 5

# Places where accounts are opened together because people come together.
_GATHERING = ("office", "campus")

_PLACES = f"""
SELECT candidate, {", ".join(f"count(*) FILTER (place = '{place}') / count(place) AS at_{place}" for place in PLACES)}
FROM grouped JOIN stay USING (account) WHERE place IS NOT NULL GROUP BY candidate
"""

_TERM = f"""
WITH inside AS (
  SELECT candidate, network, grouped.created, any_value(n) AS n,
    count(*) FILTER (place IN {_GATHERING}) AS gathered,
    sum(count(*)) OVER (
      PARTITION BY candidate, network
      ORDER BY grouped.created RANGE BETWEEN {TERM_DAYS} PRECEDING AND {TERM_DAYS} FOLLOWING
    ) AS opened,
    sum(count(*)) OVER (PARTITION BY candidate, network) AS accounts
  FROM grouped JOIN stay USING (account) WHERE network IS NOT NULL AND grouped.created IS NOT NULL
  GROUP BY candidate, network, grouped.created
)
SELECT candidate, sum(gathered * (opening.opened - inside.opened) / (opening.accounts - inside.accounts))
  FILTER (opening.accounts - inside.accounts >= {NEIGHBOURS}) / any_value(n) AS term
FROM inside JOIN opening USING (network, created) GROUP BY candidate
"""

_CORPORATE = f"""
WITH inside AS (
  SELECT candidate, any_value(n) AS n, count(*) AS members,
    any_value(colleagues) - count(*) FILTER (long_lived) AS others
  FROM grouped JOIN employed USING (account) GROUP BY candidate, domain
)
SELECT candidate, sum(members) FILTER (others >= {COLLEAGUES}) / any_value(n) AS corporate
FROM inside GROUP BY candidate
"""

# Whom members pay or invite, and who does so with them, members or not. What is struck out never happened.
_CONTACT = """
CREATE OR REPLACE TEMP TABLE contact AS
WITH touched AS (
  SELECT giver.candidate, giver.n, dealing.*, true AS gives, taker.account IS NOT NULL AS takes
  FROM dealing JOIN grouped giver ON giver.account = source LEFT JOIN grouped taker
    ON taker.account = target AND taker.candidate = giver.candidate
  UNION ALL
  SELECT taker.candidate, taker.n, dealing.*, false, true
  FROM dealing JOIN grouped taker ON taker.account = target
  WHERE NOT EXISTS (FROM grouped giver WHERE giver.account = source AND giver.candidate = taker.candidate)
)
SELECT touched.* FROM touched ANTI JOIN struck USING (candidate, facet, name)
"""

# An edge is part of a chain of three different accounts when its end goes on to another than its start, or its start
# has it from another than its end.
_DIRECTED = """
WITH sweep AS (
  SELECT candidate, facet, max(members * members / sources / n) AS sweep FROM (
    SELECT candidate, facet, target, any_value(n) AS n, count(*) AS members, any_value(sources) AS sources
    FROM contact WHERE gives GROUP BY ALL HAVING members > 1
  ) GROUP BY candidate, facet
), fan_out AS (
  SELECT candidate, facet, max(members * members / targets / n) AS fan_out FROM (
    SELECT candidate, facet, source, any_value(n) AS n, count(*) AS members, any_value(targets) AS targets
    FROM contact WHERE takes GROUP BY ALL HAVING members > 1
  ) GROUP BY candidate, facet
), inner_edge AS (
  SELECT candidate, facet, n, source, target,
    EXISTS (
      FROM contact back WHERE back.candidate = contact.candidate AND back.facet = contact.facet
        AND back.source = contact.target AND back.target = contact.source AND back.gives AND back.takes
    )::INT AS mutual
  FROM contact WHERE gives AND takes
), leaving AS (
  SELECT candidate, facet, source AS account, count(*) AS onward FROM inner_edge GROUP BY ALL
), arriving AS (
  SELECT candidate, facet, target AS account, count(*) AS inward FROM inner_edge GROUP BY ALL
), chained AS (
  SELECT e.* FROM inner_edge e
  LEFT JOIN leaving ON (leaving.candidate, leaving.facet, leaving.account) = (e.candidate, e.facet, e.target)
  LEFT JOIN arriving ON (arriving.candidate, arriving.facet, arriving.account) = (e.candidate, e.facet, e.source)
  WHERE coalesce(onward, 0) > mutual OR coalesce(inward, 0) > mutual
), inside AS (
  SELECT candidate, facet, count(DISTINCT account) / any_value(n) AS inside
  FROM (SELECT candidate, facet, n, unnest([source, target]) AS account FROM inner_edge) GROUP BY candidate, facet
), lifted AS (
  SELECT candidate, facet, log2(
    (count(*) FILTER (gives AND takes) + 0.5)
    / (count(*) FILTER (gives) * (count(*) FILTER (takes) / any_value(edges)) + 0.5)
  ) AS lift
  FROM contact JOIN usual USING (facet) GROUP BY candidate, facet
), chain AS (
  SELECT candidate, facet, count(DISTINCT account) / any_value(n) AS chain
  FROM (SELECT candidate, facet, n, unnest([source, target]) AS account FROM chained) GROUP BY candidate, facet
)
SELECT candidate, facet, coalesce(inside, 0) AS inside, lift, coalesce(sweep, 0) AS sweep,
  coalesce(fan_out, 0) AS fan_out, coalesce(chain, 0) AS chain
FROM lifted LEFT JOIN inside USING (candidate, facet) LEFT JOIN sweep USING (candidate, facet)
LEFT JOIN fan_out USING (candidate, facet) LEFT JOIN chain USING (candidate, facet)
"""


def measure(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return one row per candidate of `grouped` in which something was found, by candidate; NaN: nothing to go by.

    at_<place>: share of the members that were seen at addresses who are there most. corporate: share of all members
    whose mail domain is an organisation's with COLLEAGUES long-lived accounts outside the group. term: the share of the
    others at their network that were opened within TERM_DAYS of a member, on average of all members, 0 for those that
    are at no office or campus. <facet>_sweep: share of members that paid (invited) the same account, times the share
    they are of all who did; <facet>_fan_out: the same of those that one account paid; <facet>_chain: share of members
    on paths of three accounts that all belong to the group.
    """
    connection.execute(_CONTACT)
    directed = connection.sql(_DIRECTED).df().pivot(index="candidate", columns="facet")
    directed.columns = pd.Index([f"{facet}_{measure}" for measure, facet in directed.columns], dtype="str")
    found = [connection.sql(query).df().set_index("candidate") for query in (_PLACES, _CORPORATE, _TERM)]
    around: pd.DataFrame = pd.concat([directed, *found], axis=1).round(9).sort_index()
    return around
