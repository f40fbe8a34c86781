"""What a user would find in an afternoon: rules of one line on the clean days of a source, each at its best limits.

A rule calls each component of at least `smallest` accounts a ring, where accounts are joined

- by an identifier of a kind (device, payment, mailbox, ...) that so many accounts share, no more and no fewer,
- or by dealing with the same account (to it, from it), which so many do,
- or by dealing with each other (transfer, referral), when both do with at most so many.

The limits are chosen with the truth in hand, which no user has: the rule is given the benefit of every doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.days.history import open_history, window_start
from ringwatch.days.in_use import feeds_in_use
from ringwatch.evaluate.metrics import OPERATOR, Agreement, ring_agreement
from ringwatch.model import ACCOUNT, Feed, Relationship
from ringwatch.night import Night

# Accounts that share a thing which joins them: at least, and at most (None: however many).
LEAST, MOST = (2, 3, 4, 5, 10, 20), (2, 3, 5, 10, 20, 50, 100, None)
# Kinds that are tried together, too: what was paid with or worked on, how somebody is reached, who is behind a device
# or at the end of the money.
COMBINED = (("device", "payment"), ("mailbox", "phone"), ("device", "to the same account: transfer"))


@dataclass(frozen=True)
class Rule:
    """what: kinds of things that join accounts; least, most: accounts that share one, most is None for any number."""

    what: str
    least: int
    most: int | None
    accounts: Agreement
    rings: Agreement

    @property
    def name(self) -> str:
        if self.most is None:
            return self.what if self.least == LEAST[0] else f"{self.what}, by {self.least} and more"
        fewer = {LEAST[0]: "up to ", self.most: ""}.get(self.least, f"{self.least} to ")
        return f"{self.what}, by {fewer}{self.most}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        agreements = {"accounts": self.accounts, "rings": self.rings}
        return {"what": self.what, "least": self.least, "most": self.most} | {
            unit: asdict(found) | {"precision": found.precision, "recall": found.recall, "f1": found.f1}
            for unit, found in agreements.items()
        }


@dataclass(frozen=True)
class _Ties:
    """What joins accounts, by kind. uses: account, thing (numbers), shared (accounts on that thing); dealings: kinds of
    which a thing is a pair that deals with each other.
    """

    accounts: pd.Series
    uses: dict[str, pd.DataFrame]
    dealings: frozenset[str]


@dataclass(frozen=True)
class _Known:
    """The truth by number of account: labelled and mine (label 1); smallest: accounts of a ring."""

    labelled: np.ndarray
    mine: np.ndarray
    smallest: int


def best_rules(night: Night, members: pd.DataFrame, labelled: pd.Series, smallest: int) -> tuple[Rule, ...]:
    """Return each rule at its best limits, the best rule first: by F1 of accounts, then by precision.

    members: account_id, operator_id, kind of the accounts with label 1; labelled: ids of all accounts that have a
    label; smallest: accounts of a ring. Accounts without a label join others, and count for nothing.
    """
    ties = _read(night)
    known = _Known(
        ties.accounts.isin(labelled).to_numpy(), ties.accounts.isin(members["account_id"]).to_numpy(), smallest
    )
    kinds = [*((kind,) for kind in ties.uses), *(kinds for kinds in COMBINED if set(kinds) <= ties.uses.keys())]
    found = [_best(ties, chosen, known, members) for chosen in kinds]
    return tuple(sorted(found, key=lambda rule: (*(-part for part in _worth(rule.accounts)), rule.name)))


def _best(ties: _Ties, kinds: Sequence[str], known: _Known, members: pd.DataFrame) -> Rule:
    uses = [ties.uses[kind] for kind in kinds]
    fewest = LEAST[:1] if ties.dealings.intersection(kinds) else LEAST
    grid = [(least, most) for most in MOST for least in fewest if most is None or least <= most]
    tried = {limits: _rings(uses, len(ties.accounts), *limits, known) for limits in grid}
    least, most = max(grid, key=lambda limits: _worth(_agreement(tried[limits], known, len(members))))
    ring = tried[least, most]
    rings = pd.DataFrame({"ring_id": ring, "account_id": ties.accounts, "kind": OPERATOR})[ring >= 0]
    accounts = _agreement(ring, known, len(members))
    return Rule(" or ".join(kinds), least, most, accounts, ring_agreement(rings, members, known.smallest))


def _worth(found: Agreement) -> tuple[float, float]:
    return found.f1 or 0.0, found.precision or 0.0


def _agreement(ring: np.ndarray, known: _Known, actual: int) -> Agreement:
    return Agreement(int((ring >= 0).sum()), actual, int(((ring >= 0) & known.mine).sum()))


def _rings(uses: Sequence[pd.DataFrame], accounts: int, least: int, most: int | None, known: _Known) -> np.ndarray:
    """Return the ring of each labelled account that things of `least` to `most` accounts join; -1: none."""
    ends, first = [], accounts
    for use in uses:
        kept = use[use["shared"].between(least, np.inf if most is None else most)]
        ends.append((kept["account"].to_numpy(), kept["thing"].to_numpy() + first))
        first += int(use["thing"].max()) + 1 if len(use) else 0
    account, thing = (np.concatenate(side) for side in zip(*ends, strict=True))
    matrix = coo_array((np.ones(len(account)), (account, thing)), shape=(first, first))
    component = connected_components(matrix, directed=False)[1][:accounts]
    joined = np.bincount(component, minlength=component.max(initial=0) + 1)[component] >= known.smallest
    return np.where(joined & known.labelled, component, -1)


def _read(night: Night) -> _Ties:
    """Return what joins accounts in the window of the night."""
    used = feeds_in_use(night).used
    with open_history(night, window_start(night), night.day) as connection:
        connection.execute("CREATE TEMP TABLE known AS SELECT DISTINCT account_id FROM accounts")
        accounts = connection.sql("SELECT account_id FROM known ORDER BY account_id").to_df()["account_id"]
        relationships = list(night.model.relationships(used))
        uses = {kind: _numbered(use, accounts) for kind, use in _uses(connection, relationships)}
    dealings = (r.evidence.facet for _, _, r in relationships if r.to.label == ACCOUNT)
    return _Ties(accounts, uses, frozenset(dealings))


def _uses(
    connection: duckdb.DuckDBPyConnection, relationships: Sequence[tuple[Feed, str, Relationship]]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each kind of tie with account_id, thing, shared, where any is shared."""
    for feed, _, relationship in relationships:
        for kind, select in _selects(feed, relationship):
            found = connection.sql(select).to_df()
            if len(found):
                yield kind, found


def _selects(feed: Feed, relationship: Relationship) -> Iterator[tuple[str, str]]:
    facet, column = relationship.evidence.facet, relationship.to.source
    rows = (
        f"SELECT DISTINCT account_id, {column} AS thing FROM {feed.feed} "
        f"WHERE account_id IN (FROM known) AND {column} IS NOT NULL AND {column} <> account_id"
    )
    if relationship.to.label != ACCOUNT:
        yield facet, _SHARED.format(rows=rows)
        return
    known = f"SELECT * FROM ({rows}) WHERE thing IN (FROM known)"
    yield facet, _DIRECT.format(rows=known)
    yield f"to the same account: {facet}", _SHARED.format(rows=rows)
    yield (
        f"from the same account: {facet}",
        _SHARED.format(rows=f"SELECT thing AS account_id, account_id AS thing FROM ({known})"),
    )


def _numbered(use: pd.DataFrame, accounts: pd.Series) -> pd.DataFrame:
    account = pd.Index(accounts).get_indexer(use["account_id"])
    return pd.DataFrame({"account": account, "thing": pd.factorize(use["thing"])[0], "shared": use["shared"]})


# Accounts on the same thing, and how many they are.
_SHARED = """
SELECT account_id, thing, count(*) OVER (PARTITION BY thing) AS shared FROM ({rows}) QUALIFY shared > 1
"""

# Accounts that deal with each other: the thing is the pair, and as many share it as the busier of the two deals with,
# though at least two.
_DIRECT = """
WITH pair AS (SELECT DISTINCT least(account_id, thing) AS a, greatest(account_id, thing) AS b FROM ({rows})),
ends AS (
  SELECT a AS account_id, a || ' ' || b AS thing FROM pair UNION ALL SELECT b AS account_id, a || ' ' || b FROM pair
)
SELECT account_id, thing, greatest(2, max(partners) OVER (PARTITION BY thing)) AS shared
FROM (SELECT *, count(*) OVER (PARTITION BY account_id) AS partners FROM ends)
"""
