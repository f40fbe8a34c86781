"""Where accounts are at home: the tables of `sharing` in; four more, that know places from people, out.

whereabouts  identifier, networks (entropy in bits of the networks that its accounts mostly come from), lasts (share of
             all days seen on which it was), place (of addresses; None for what is no address)
stay         account, place (where it spends most of its days), network (identifier of the one it mostly comes from)
opening      network, created, opened (accounts of the network opened within TERM_DAYS of that day), accounts (in all)
employed     account, domain (identifier of its mail domain, where that is an organisation's), long_lived (it was
             opened LONG_LIVED_DAYS and more before the last day), colleagues (such accounts of the domain in all)

The kind of network that a feed gives decides for vpn, hosting, carrier (mobile) and campus (education). Elsewhere an
address is

    office or campus   when half of its accounts and three at least have one organisation or mail domain of its own, an
                       academic one for a campus; when many live there and come on working days alone; or when its
                       network is a business's and it is no cafe
    cafe               when most of three or more accounts are there on one of their days only, and nobody lives there
    home               when it has few accounts
    carrier            when it has many: a line that a provider gives to strangers

A mail domain is an organisation's when it is no provider's that anybody may use (`free_mail` in the model), and half of
its accounts share their network with another of them: addresses of throwaway mail are scattered like their users.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from ringwatch.model import Model

PLACES = ("home", "office", "campus", "carrier", "vpn", "hosting", "cafe")
# Days around an account's opening in which others of its place make a term or a company's start with it.
TERM_DAYS = 3
LONG_LIVED_DAYS = 60
# Most accounts of a home; fewest that make an office, and share of them that one organisation then has.
HOME, OFFICE, SAME = 8, 3, 0.5
# Share of accounts that only pass by from which an address is a cafe; share of their days that are working days, and
# number of such days, from which those who live at an address work there.
PASSING, WORKING, WORKING_DAYS = 0.8, 0.9, 15
# Tenure from which an account lives at an address.
LIVES = 0.5

_STAY = """
CREATE TABLE stay AS
WITH spent AS (
  SELECT account, place, sum(greatest(bit_count(days), 1)) AS days
  FROM sighting JOIN whereabouts USING (identifier) WHERE place IS NOT NULL GROUP BY ALL
)
SELECT account, place, network
FROM (SELECT account, arg_max(place, (spent.days, place)) AS place FROM spent GROUP BY account)
FULL JOIN main_network USING (account) ORDER BY account
"""

_MAIN_NETWORK = """
CREATE TEMP TABLE main_network AS
SELECT account, arg_max(identifier, (bit_count(days), -accounts, identifier)) AS network
FROM sighting JOIN identifier USING (identifier) WHERE facet = 'network' GROUP BY account
"""

_EMPLOYED = """
CREATE TABLE employed AS
WITH of_domain AS (
  SELECT account, identifier AS domain, name, network, created <= $last - $long_lived_days AS long_lived,
    count(*) OVER (PARTITION BY identifier, network) AS together
  FROM identifier JOIN sighting USING (identifier) JOIN account USING (account) LEFT JOIN main_network USING (account)
  WHERE facet = 'domain' AND NOT list_contains($free_mail, name)
), met AS (
  SELECT account, domain, long_lived, count(*) OVER here AS accounts, count(network) OVER here AS located,
    count(*) FILTER (network IS NOT NULL AND together > 1) OVER here AS gathered,
    count(*) FILTER (long_lived) OVER here AS colleagues
  FROM of_domain WINDOW here AS (PARTITION BY domain)
)
SELECT account, domain, coalesce(long_lived, false) AS long_lived, colleagues FROM met
WHERE accounts >= $office AND gathered >= $same * located ORDER BY account
"""

_WHEREABOUTS = """
CREATE TABLE whereabouts AS
WITH spread AS (
  SELECT identifier, round(log2(sum(accounts)) - sum(accounts * log2(accounts)) / sum(accounts), 6) AS networks
  FROM (SELECT identifier, network, count(*) AS accounts FROM sighting JOIN main_network USING (account) GROUP BY ALL)
  GROUP BY identifier
), seen AS (
  SELECT identifier, bit_count(bit_or(days)) / greatest((SELECT bit_count(bit_or(days)) FROM sighting), 1) AS lasts
  FROM sighting GROUP BY identifier
)
SELECT identifier, coalesce(networks, 0) AS networks, round(lasts, 6) AS lasts, place
FROM seen LEFT JOIN spread USING (identifier) LEFT JOIN address USING (identifier) ORDER BY identifier
"""

_WORKS_FOR = """
CREATE TEMP TABLE works_for AS
SELECT account, arg_max(name, (facet = 'organisation', identifier)) AS employer,
  bool_or(facet = 'domain' AND regexp_matches(name, '[.](edu|ac)([.][a-z]{2})?$')) AS academic
FROM sighting JOIN identifier USING (identifier) LEFT JOIN employed USING (account)
WHERE facet = 'organisation' OR identifier = domain GROUP BY account
"""

_ADDRESS = """
CREATE TEMP TABLE address AS
WITH kind AS (
  SELECT name, arg_max(kind, (rows, kind)) AS kind
  FROM (SELECT {key} AS name, {kind} AS kind, count(*) AS rows FROM {feed} WHERE {key} IS NOT NULL GROUP BY ALL)
  GROUP BY name
), there AS (
  SELECT identifier, name, accounts, account, bit_count(days) AS days, bit_count(days & $working::BIT) AS working,
    bit_count(days) = 1 AND active_days > 1 AS passes, tenure >= $lives AS lives
  FROM identifier JOIN sighting USING (identifier) JOIN account USING (account) WHERE facet = $facet
), staff AS (
  SELECT identifier, max(staff) AS staff, arg_max(academic, (staff, academic)) AS academic
  FROM (
    SELECT identifier, employer, bool_or(academic) AS academic, count(*) AS staff
    FROM there JOIN works_for USING (account) GROUP BY identifier, employer
  ) GROUP BY identifier
), judged AS (
  SELECT identifier, any_value(kind) AS kind, any_value(accounts) AS accounts,
    coalesce(any_value(staff), 0) AS staff, coalesce(any_value(academic), false) AS academic,
    count(*) FILTER (passes) >= $passing * count(*) AND NOT bool_or(lives) AND count(*) >= $office AS cafe,
    count(*) FILTER (lives) >= $office AND sum(working) FILTER (lives) >= $working_days
      AND sum(working) FILTER (lives) >= $working_share * sum(days) FILTER (lives) AS at_work
  FROM there LEFT JOIN kind USING (name) LEFT JOIN staff USING (identifier) GROUP BY identifier
)
SELECT identifier, CASE
  WHEN kind IN ('vpn', 'hosting') THEN kind
  WHEN kind = 'mobile' THEN 'carrier'
  WHEN kind = 'education' THEN 'campus'
  WHEN staff >= $office AND staff >= $same * accounts THEN CASE WHEN academic THEN 'campus' ELSE 'office' END
  WHEN cafe THEN 'cafe'
  WHEN at_work OR kind = 'business' THEN 'office'
  WHEN accounts <= $home THEN 'home'
  ELSE 'carrier' END AS place
FROM judged
"""

_NOWHERE = "CREATE TEMP TABLE address AS SELECT 0 AS identifier, '' AS place WHERE false"

_OPENING = """
CREATE TABLE opening AS
SELECT network, created,
  CAST(sum(count(*)) OVER (
    PARTITION BY network ORDER BY created RANGE BETWEEN {term_days} PRECEDING AND {term_days} FOLLOWING
  ) AS BIGINT) AS opened,
  CAST(sum(count(*)) OVER (PARTITION BY network) AS BIGINT) AS accounts
FROM stay JOIN account USING (account) WHERE network IS NOT NULL AND created IS NOT NULL
GROUP BY network, created ORDER BY network, created
"""


def add(connection: duckdb.DuckDBPyConnection, model: Model, feeds: tuple[str, ...], since: date, until: date) -> None:
    """Add the tables above to those of `sharing` on `connection`, before there are cells."""
    last = (until - since).days
    same = {"office": OFFICE, "same": SAME}
    connection.execute(_MAIN_NETWORK)
    mail = {"free_mail": list(model.free_mail), "last": last, "long_lived_days": LONG_LIVED_DAYS}
    connection.execute(_EMPLOYED, mail | same)
    connection.execute(_WORKS_FOR)
    _add_addresses(connection, model, feeds, _working_days(since, until), same)
    for statement in (_WHEREABOUTS, _STAY, _OPENING.format(term_days=TERM_DAYS)):
        connection.execute(statement)
    connection.execute("DROP TABLE address; DROP TABLE works_for; DROP TABLE main_network")


def _add_addresses(
    connection: duckdb.DuckDBPyConnection, model: Model, feeds: tuple[str, ...], working: str, same: dict[str, float]
) -> None:
    """Say of each address of the relationship that names its kind of network what place it is."""
    found = next(((feed.feed, r) for feed, _, r in model.relationships(feeds) if r.place), None)
    if found is None:
        connection.execute(_NOWHERE)
        return
    feed, relationship = found
    query = _ADDRESS.format(feed=feed, key=relationship.to.source, kind=relationship.place)
    limits = {"passing": PASSING, "home": HOME, "lives": LIVES, "working_days": WORKING_DAYS, "working_share": WORKING}
    connection.execute(query, same | limits | {"working": working, "facet": relationship.evidence.facet})


def _working_days(since: date, until: date) -> str:
    """A bit for each day of the window: 1 from Monday to Friday."""
    days = (since + timedelta(days=i) for i in range((until - since).days + 1))
    return "".join("1" if day.weekday() < 5 else "0" for day in days)
