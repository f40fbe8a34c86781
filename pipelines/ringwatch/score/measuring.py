"""What the accounts of a group have in common, and what sets them apart: groups in, measures by member and facet out.

A group is rows of candidate and account_id; who used what comes from `sharing`. Each measure leaves the group itself
out of what is usual, so that a large ring does not make its own habits look common.

An identifier with c members among its d accounts, in a group of n of the N accounts of the window, has the rarity

    log2((c / n) / ((d - c + 0.5) / (N - n + 1)))    bits, 0 to 14, where c is at least 2

and the containment c / d. Their product, the rarity as a share of 14 bits, is its strength. On identifiers with
residents only visitors count, and only when there are two of them. What an outsider can bring about ties no member that
was there by itself: evidence is imposed on who is, or may be, at home there (`homes.py`), on the owner of a device
only when most of the others mostly use theirs, and on an account by those who deal with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from ringwatch.score import surroundings

MOST_BITS = 14.0
# The facet of composite cells (`cells.py`).
CELL = "cell"
# Tenure from which an account lives at an address, and below which it only visits.
RESIDENT, VISITOR = 0.5, 0.3
# Bits of an identifier that ties a member to the others on it.
LEAST_TIE = 2.0


@dataclass(frozen=True)
class Measures:
    """What was found of each group.

    members: candidate, account_id, facet, n (size of the group), bits and strength (of its strongest identifier),
        total (bits of all it shares), contained (c / d of the strongest), own_act (bits that nobody imposed), visited
        (members that live elsewhere come to its home), own (its main one is used by no other member), lives
        (it is at home on this line, see `homes.py`), alone (and no other member is at home there), neighbour (its main
        one is another member's, too, and it stays on it), identifier and name (the strongest),
        fleeting (share of its days on
        identifiers seen on one day only), cap_bits
    facets: candidate, facet, and the means over all n members: bits, total, contained, covered (with a bit or more),
        own, neighbour, fleeting; spread (effective identifiers per member), home (share of members that live on the one
        most of them live on), top (share of all days on the most used one); identifiers, accounts (on these in all),
        others (of them outside), expected (members that would be on them by chance), members (covered), networks and
        lasts (entropy of the networks, and share of all days, from and on which their strongest identifiers were seen)
    groups: candidate, n, born (median absolute deviation of the days on which accounts were opened, log2 of 1 + days),
        opened (days between the first opening and the last),
        dealt (share of members that invited or paid one and the same member), closed (share of the bits of all links
        of members that lead to members), and what `surroundings.measure` found
    ties: candidate, account_id, identifier, imposed, personal (neither an address nor a cell), bits (14 c / d at most):
        what ties a member with LEAST_TIE bits before that limit, and what it shares that was imposed on it
    alike: candidate, account_id, alike and apart (likeness to the nearest member, and to the nearest account outside;
        their means are in groups, too), aside (days between its opening and the median of the group, log2 of 1 + days),
        guest (share of its days that it spends at homes of others; NaN where no address is known)
    wording: what those do who share an identifier, by facet, as the model says it
    seen: the facets in which any account of the window was seen
    """

    members: pd.DataFrame
    facets: pd.DataFrame
    groups: pd.DataFrame
    ties: pd.DataFrame
    alike: pd.DataFrame
    wording: dict[str, str]
    seen: frozenset[str]


def measure(
    connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame, without: pd.DataFrame | None = None
) -> Measures:
    """Measure `groups` (candidate, account_id) on a connection of `sharing.open_sharing`.

    `without` (candidate, facet, name) is left out, as if its accounts had never used it.
    """
    connection.register("candidates", groups[["candidate", "account_id"]])
    connection.register("struck", _NOTHING if without is None else without[["candidate", "facet", "name"]])
    for statement in (_GROUPED, _USED, _MEMBER):
        connection.execute(statement)
    members, facets, plain, ties, alike = (
        connection.sql(query).df() for query in (_MEMBERS, _FACETS, _GROUPS, _TIES, _ALIKE)
    )
    around = surroundings.measure(connection).join(alike.groupby("candidate")[["alike", "apart"]].mean().round(6))
    every = plain.merge(around, left_on="candidate", right_index=True, how="left")
    wording = dict(connection.sql("SELECT facet, wording FROM facet").fetchall())
    seen = frozenset(facet for (facet,) in connection.sql(_SEEN).fetchall())
    return Measures(members, facets, every, ties, alike, wording, seen)


_SEEN = "SELECT facet FROM usual"

_NOTHING = pd.DataFrame({"candidate": [], "facet": [], "name": []}, dtype="str")

_GROUPED = """
CREATE OR REPLACE TEMP TABLE grouped AS
SELECT candidate, account, account_id, created, hour, count(*) OVER (PARTITION BY candidate) AS n
FROM candidates JOIN account USING (account_id)
"""

_USED = f"""
CREATE OR REPLACE TEMP TABLE used AS
WITH seen AS (
  SELECT candidate, account, facet, identifier, tenure, greatest(bit_count(days), 1) AS days, n, accounts AS d,
    residents, label = 'Account' AND name = account_id AS itself, abode.account IS NOT NULL AS lives, line,
    count(*) OVER here AS c, count(*) FILTER (tenure < {VISITOR}) OVER here AS visitors,
    count(abode.account) OVER here AS living, outsider AND residents AND hardly_seen AS hardly_seen
  FROM grouped JOIN sighting USING (account) JOIN identifier USING (identifier) JOIN facet USING (facet)
  LEFT JOIN abode USING (account, identifier) LEFT JOIN guest USING (account)
  ANTI JOIN struck USING (candidate, facet, name)
  WINDOW here AS (PARTITION BY candidate, identifier)
), judged AS (
  SELECT *, n * (d - c + 0.5) / ((SELECT accounts FROM figure) - n + 1) AS expected,
    c > 1 AND (NOT residents OR facet = 'network' OR (visitors > 1 AND tenure < {VISITOR})) AS counts,
    coalesce(itself OR hardly_seen, false) OR (lives AND (line OR (living - 1) * 2 < c - 1)) AS imposed,
    lives AND line AND c > living AS visited
  FROM seen
)
SELECT * EXCLUDE (counts, living, visitors, lives, itself, line, visited), lives AND line AS at_home, living,
  visited AND log2(c / expected) >= {LEAST_TIE} AS visited,
  CASE WHEN counts THEN greatest(0, least({MOST_BITS}, log2(c / expected))) ELSE 0 END AS bits
FROM judged
"""

# Main is the identifier that an account used on most days; between equals, the one that fewest accounts use.
_MEMBER = f"""
CREATE OR REPLACE TEMP TABLE member AS
SELECT candidate, account, facet, any_value(n) AS n, max(bits) AS bits, sum(bits) AS total,
  max(bits / {MOST_BITS} * c / d) AS strength,
  CASE WHEN max(bits) > 0 THEN arg_max(c / d, (bits * c / d, identifier)) ELSE 0 END AS contained,
  max(CASE WHEN imposed THEN 0 ELSE least(bits, {MOST_BITS} * c / d) END) AS own_act,
  bool_or(visited) AS visited, arg_max(identifier, (bits * c / d, identifier)) AS identifier,
  arg_max(c, main) = 1 AS own, arg_max(tenure, main) AS main_tenure,
  bool_or(at_home) AS lives, coalesce(max(living) FILTER (at_home) = 1, false) AS alone,
  any_value(residents) AND arg_max(c, main) > 1 AND arg_max(tenure, main) >= {RESIDENT} AS neighbour,
  arg_max(identifier, main) AS main,
  sum(days) FILTER (days = 1 AND d <= 24) / sum(days) AS fleeting
FROM (SELECT *, {{'days': days, 'rare': -d, 'identifier': identifier}} AS main FROM used)
GROUP BY candidate, account, facet
"""

_MEMBERS = """
SELECT candidate, account_id, facet, member.n, member.bits, total, strength, contained, own_act, visited, own,
  lives, alone, neighbour, identifier, name, coalesce(fleeting, 0) AS fleeting, cap_bits
FROM member JOIN account USING (account) JOIN identifier USING (facet, identifier) JOIN facet USING (facet)
ORDER BY candidate, account_id, facet
"""

# Sums are rounded: threads add in any order, and the same night must give the same bytes.
_FACETS = f"""
WITH plain AS (
  SELECT candidate, facet, any_value(n) AS n, sum(bits) / any_value(n) AS bits, sum(total) / any_value(n) AS total,
    sum(contained) / any_value(n) AS contained, sum(strength) / any_value(n) AS strength,
    count(*) FILTER (bits >= 1) / any_value(n) AS covered, count(*) FILTER (bits >= 1) AS members,
    count(*) FILTER (own) / any_value(n) AS own, count(*) FILTER (neighbour) / any_value(n) AS neighbour,
    coalesce(sum(fleeting), 0) / count(*) AS fleeting, count(*) AS seen,
    avg(networks) FILTER (bits >= 1) AS networks, avg(lasts) FILTER (bits >= 1) AS lasts
  FROM member LEFT JOIN whereabouts USING (identifier) GROUP BY candidate, facet
), spread AS (
  SELECT candidate, facet, exp(ln(sum(days)) - sum(days * ln(days)) / sum(days)) AS effective,
    max(days) / sum(days) AS top
  FROM (SELECT candidate, facet, identifier, sum(days) AS days FROM used GROUP BY ALL) GROUP BY candidate, facet
), home AS (
  SELECT candidate, facet, max(living) AS living FROM (
    SELECT candidate, facet, main, count(*) AS living FROM member WHERE main_tenure >= {RESIDENT} GROUP BY ALL
  ) GROUP BY candidate, facet
), example AS (
  SELECT candidate, facet, list(name ORDER BY members DESC, identifier) AS identifiers, sum(d) AS accounts,
    sum(d - c) AS others, sum(expected) AS expected
  FROM (
    SELECT candidate, facet, identifier, count(*) AS members FROM member WHERE bits >= 1 GROUP BY ALL
  ) JOIN (SELECT DISTINCT candidate, identifier, c, d, expected FROM used) USING (candidate, identifier)
  JOIN (SELECT identifier, name FROM identifier) USING (identifier) GROUP BY candidate, facet
)
SELECT candidate, facet, n, round(bits, 9) AS bits, round(total, 9) AS total, round(contained, 9) AS contained,
  round(strength, 9) AS strength, covered, own, neighbour, round(fleeting, 9) AS fleeting, members,
  round(effective / seen, 9) AS spread, round(top, 9) AS top, coalesce(living, 0) / n AS home, seen,
  coalesce(identifiers, []) AS identifiers, coalesce(accounts, 0) AS accounts,
  coalesce(others, 0) AS others,
  round(coalesce(least(expected, n), 0), 9) AS expected, round(networks, 9) AS networks, round(lasts, 9) AS lasts
FROM plain JOIN spread USING (candidate, facet) LEFT JOIN home USING (candidate, facet)
LEFT JOIN example USING (candidate, facet) ORDER BY candidate, facet
"""

_TIES = f"""
SELECT candidate, account_id, identifier, imposed, NOT facet.residents AND facet <> '{CELL}' AS personal,
  least(used.bits, {MOST_BITS} * c / d) AS bits
FROM used JOIN account USING (account) JOIN facet USING (facet)
WHERE cap_bits > 0 AND (used.bits >= {LEAST_TIE} OR (imposed AND c > 1)) ORDER BY ALL
"""

_ALIKE = """
WITH touching AS (
  SELECT candidate, account, target AS other, likeness FROM grouped JOIN link ON source = account
  UNION ALL
  SELECT candidate, account, source AS other, likeness FROM grouped JOIN link ON target = account
), nearest AS (
  SELECT touching.candidate, touching.account, max(likeness) FILTER (inside.account IS NOT NULL) AS alike,
    max(likeness) FILTER (inside.account IS NULL) AS apart
  FROM touching LEFT JOIN grouped inside ON inside.candidate = touching.candidate AND inside.account = other
  GROUP BY touching.candidate, touching.account
)
SELECT candidate, account_id, coalesce(alike, 0) AS alike, coalesce(apart, 0) AS apart,
  coalesce(round(log2(1 + abs(created - median(created) OVER (PARTITION BY candidate))), 6), 0) AS aside, share AS guest
FROM grouped LEFT JOIN nearest USING (candidate, account) LEFT JOIN guest USING (account) ORDER BY candidate, account_id
"""

_GROUPS = """
WITH towards AS (
  SELECT candidate, target, count(DISTINCT source) AS sources
  FROM dealing JOIN grouped giver ON giver.account = source JOIN grouped taker USING (candidate)
  WHERE taker.account = target GROUP BY candidate, target
), touching AS (
  SELECT candidate, account, target AS other, bits FROM grouped JOIN link ON source = account
  UNION ALL
  SELECT candidate, account, source AS other, bits FROM grouped JOIN link ON target = account
), closed AS (
  SELECT touching.candidate, sum(touching.bits) FILTER (inside.account IS NOT NULL) / sum(touching.bits) AS closed,
    count(inside.account) / 2 AS inner_links
  FROM touching LEFT JOIN grouped inside ON inside.candidate = touching.candidate AND inside.account = other
  GROUP BY touching.candidate
)
SELECT candidate, any_value(n) AS n, round(log2(1 + mad(created)), 9) AS born,
  max(created) - min(created) AS opened,
  round(log2((1 + mad(hour)) / (1 + (SELECT hours FROM figure))), 9) AS together,
  coalesce(any_value(inner_links), 0) / (any_value(n) * (any_value(n) - 1) / 2) AS dense,
  coalesce(any_value(sources), 0) / any_value(n) AS dealt, coalesce(round(any_value(closed), 9), 0) AS closed
FROM grouped LEFT JOIN (SELECT candidate, max(sources) AS sources FROM towards GROUP BY candidate) USING (candidate)
LEFT JOIN closed USING (candidate)
GROUP BY candidate ORDER BY candidate
"""
