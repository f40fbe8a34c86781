"""What the feeds say of each account: the model in; statements (`statements.py`) on its feeds out.

facet       facet, label, and the model's evidence: what accounts can have in common
activity    account_id, facet, name, day (since the window began): who was seen with what; no name where an account was
            there all the same
lasting     account_id, facet, name: what the newest rows of each account say
dealt_with  account_id, facet, name (of another account): who invited or paid whom
place_kind  name (of an address), kind (of its network), rows that say so
paid        payee, payer, moment: who paid whom
opened      account_id, opened

A relationship between accounts counts as an identifier, the far account, which that account uses itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace

import pandas as pd

from ringwatch.model import ACCOUNT, ACCOUNT_FEED, Evidence, Feed, Model, Relationship, Trait
from ringwatch.window.statements import Read, Statement, statement

_KEY = "account_id"
_OPENED = "CAST(created_at AS DATE)"

_ACTIVE = """
SELECT DISTINCT account_id, facet, name, date_diff('day', $since, day) AS day FROM ({rows})
WHERE day BETWEEN $since AND $until
"""

_DEALT_WITH = """
SELECT DISTINCT account_id, facet, name FROM ({rows})
WHERE name <> account_id AND (day IS NULL OR day BETWEEN $since AND $until)
"""


def statements(model: Model, feeds: tuple[str, ...]) -> Iterator[Statement]:
    """Yield what makes the tables above, but for `facet`, from the views of `feeds`."""
    yield statement("known")
    yield statement("opened")
    yield from _who_and_what(model, feeds)
    yield _of_each(model, feeds, "place_kind", _place_kind(model, feeds))
    yield _of_each(model, feeds, "paid", _paid(model, feeds))


def _who_and_what(model: Model, feeds: tuple[str, ...]) -> Iterator[Statement]:
    relationships, traits = [(feed, r) for feed, _, r in model.relationships(feeds)], list(model.traits(feeds))
    active = [_rows(feed, r) for feed, r in relationships if not r.lasting]
    active += [_trait_rows(feed, trait) for feed, trait in traits if not feed.lasts]
    active.append(f"SELECT account_id, NULL AS facet, NULL AS name, {_OPENED} AS day FROM {ACCOUNT_FEED}")
    lasting = [_lasting_rows(feed, r) for feed, r in relationships if r.lasting]
    lasting += [_lasting_trait_rows(feed, trait) for feed, trait in traits if feed.lasts]
    dealings = [_dealings(feed, r) for feed, r in relationships if r.to.label == ACCOUNT]
    # Who is paid is seen, too, and so are rows of others among those of one account.
    yield replace(_of_each(model, feeds, "activity", _ACTIVE.format(rows=_union(active))), scatters=True)
    lasts = _of_each(model, feeds, "lasting", _union(lasting or [_nobody("facet", "name")]))
    yield replace(lasts, scatters=True)
    rows = _union(dealings or [_nobody("facet", "name", day="DATE")])
    yield _of_each(model, feeds, "dealt_with", _DEALT_WITH.format(rows=rows))


def _of_each(model: Model, feeds: tuple[str, ...], table: str, select: str) -> Statement:
    """Return a statement about each account, that reads the rows of all feeds and which far accounts are known."""
    far = [(feed.feed, r.to.source) for feed, _, r in model.relationships(feeds) if r.to.label == ACCOUNT]
    rows = [Read(f"{feed}_{part}", _KEY) for feed in feeds for part in ("clean", "held")]
    known = [Read("known", _KEY, f"{feed}_{part}", column) for feed, column in far for part in ("clean", "held")]
    return Statement(_KEY, (*rows, *known), table, select)


def _place_kind(model: Model, feeds: tuple[str, ...]) -> str:
    found = [(feed.feed, r) for feed, _, r in model.relationships(feeds) if r.place][:1]
    named = [f"SELECT {r.to.source} AS name, {r.place} AS kind FROM {feed}" for feed, r in found]
    rows = named[0] if named else _nobody("kind", key="name")
    return f"SELECT name, kind, count(*) AS rows FROM ({rows}) WHERE name IS NOT NULL GROUP BY ALL"


def _paid(model: Model, feeds: tuple[str, ...]) -> str:
    paid = [
        f"SELECT {r.to.source} AS payee, account_id AS payer, {r.seen[0]} AS moment FROM {feed.feed}"
        for feed, _, r in model.relationships(feeds)
        if r.to.label == ACCOUNT and r.seen
    ]
    rows = _union(paid or [_nobody("payer", key="payee", moment="TIMESTAMP")])
    return f"FROM ({rows}) WHERE payee <> payer AND CAST(moment AS DATE) BETWEEN $since AND $until"


def _nobody(*texts: str, key: str = _KEY, **others: str) -> str:
    """SELECT of no rows, with a column of text for each name."""
    columns = [(name, "TEXT") for name in (key, *texts)] + list(others.items())
    return f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in columns)} WHERE false"


def facets(model: Model, feeds: tuple[str, ...]) -> pd.DataFrame:
    """Return the table `facet`."""
    rows = [_facet(r.evidence, r.to.label) for _, _, r in model.relationships(feeds)]
    rows += [_facet(trait.evidence, None) for _, trait in model.traits(feeds)]
    return pd.DataFrame([*rows, _facet(model.defaults.cell, None), _facet(model.defaults.funding, None)])


def _facet(evidence: Evidence, label: str | None) -> dict[str, object]:
    return asdict(evidence) | {"label": label}


def free(model: Model, feeds: tuple[str, ...]) -> list[str]:
    """Return the facets of free text, in which a word may stand for nothing: kinds of identifier, and traits."""
    kinds = [facet for sources in model.kinds(feeds).values() for *_, facet in sources]
    traits = [t.evidence.facet for feed, t in model.traits(feeds) if feed.kept[t.column].is_free and not t.network]
    return [*kinds, *traits]


def _rows(feed: Feed, relationship: Relationship) -> str:
    """SELECT of account_id, facet, name, day: once for the first and once for the last time of each row.

    Where the identifier is missing the account was there all the same.
    """
    return _both_ends(relationship, f"{_days(relationship.seen)} AS day FROM {feed.feed}")


def _days(seen: tuple[str, str] | None) -> str:
    first, last = seen or ("day", "day")
    return f"CAST({first} AS DATE)" if first == last else f"unnest([CAST({first} AS DATE), CAST({last} AS DATE)])"


def _lasting_rows(feed: Feed, relationship: Relationship) -> str:
    """SELECT of account_id, facet, name: what the newest rows of each account say."""
    rows = _both_ends(relationship, f"day FROM {_newest(feed)}")
    return f"SELECT account_id, facet, name FROM ({rows}) WHERE name IS NOT NULL"


def _newest(feed: Feed) -> str:
    return f"(FROM {feed.feed} QUALIFY day = max(day) OVER (PARTITION BY account_id))"


def _both_ends(relationship: Relationship, rest: str) -> str:
    """SELECT for the account and, when the far end is a known account, for that one, too."""
    facet, column = f"'{relationship.evidence.facet}' AS facet", relationship.to.source
    if relationship.to.label != ACCOUNT:
        return f"SELECT account_id, {facet}, {column} AS name, {rest}"
    known = f"{column} IN (FROM known) AND {column} <> account_id"
    return (
        f"SELECT account_id, {facet}, CASE WHEN {known} THEN {column} END AS name, {rest} "
        f"UNION ALL SELECT {column} AS account_id, {facet}, {column} AS name, {rest} WHERE {known}"
    )


def _trait_rows(feed: Feed, trait: Trait) -> str:
    """SELECT of account_id, facet, name, day of a trait, at the times of the feed's first relationship."""
    seen = next((r.seen for r in feed.relationships.values() if r.seen), None)
    return f"SELECT account_id, {_trait(trait)}, {_days(seen)} AS day FROM {feed.feed} WHERE name IS NOT NULL"


def _lasting_trait_rows(feed: Feed, trait: Trait) -> str:
    return f"SELECT account_id, {_trait(trait)} FROM {_newest(feed)} WHERE name IS NOT NULL"


def _trait(trait: Trait) -> str:
    """Facet and name; the network of an address is its /24, or the /48 of an IPv6 one."""
    name = network_of(trait.column) if trait.network else trait.column
    return f"'{trait.evidence.facet}' AS facet, {name} AS name"


def network_of(address: str) -> str:
    """Expression of the network of a column of addresses: the /24, or the /48 of an IPv6 one."""
    return (
        f"CASE WHEN contains({address}, ':') THEN array_to_string(split({address}, ':')[1:3], ':') "
        f"ELSE regexp_extract({address}, '^(.*)\\.', 1) END"
    )


def _dealings(feed: Feed, relationship: Relationship) -> str:
    day = "NULL::DATE" if relationship.lasting else f"CAST({(relationship.seen or ('day', 'day'))[0]} AS DATE)"
    rows = _newest(feed) if relationship.lasting else feed.feed
    facet = relationship.evidence.facet
    return f"SELECT account_id, '{facet}' AS facet, {relationship.to.source} AS name, {day} AS day FROM {rows}"


def _union(selects: Iterable[str]) -> str:
    return " UNION ALL ".join(selects)
