"""What a state holds of accounts, identifiers and relationships: one table for each label and relationship type.

Columns that begin with an underscore are what the loader knows; the others are what the graph says. Of the two, counts
and times differ: the graph hears of them once in `refresh_days`. Where `updated_on` is missing, the graph says nothing
yet: an end of the relationship, or the account, is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ringwatch.model import ACCOUNT, ACCOUNT_KEY, Feed, Model, Relationship

SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "slot": "UTINYINT",
}
SEEN = {"first_seen": "timestamp", "last_seen": "timestamp"}


@dataclass(frozen=True)
class Table:
    """A label or relationship type: its key columns, what is said of each key, what is known besides, by name and type.

    far: label of the far end of a relationship; None for nodes.
    """

    name: str
    keys: dict[str, str]
    said: dict[str, str]
    known: dict[str, str]
    far: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """What the graph says: keys and properties."""
        return self.keys | self.said

    @property
    def counted_as(self) -> str:
        """How reports name it: `accounts`, `identifiers.Device`, `relationships.USED_DEVICE`."""
        if self.far is not None:
            return f"relationships.{self.name}"
        return "accounts" if self.name == ACCOUNT else f"identifiers.{self.name}"

    @property
    def constraint(self) -> str:
        """Name of the statement that makes the key of a label unique."""
        return f"schema/constrain_{snake(self.name)}"

    def statement(self, does: str) -> str:
        """Name of the statement that does `write`, `delete` or `read` with what the table holds."""
        if self.far is not None:
            return f"load/{does}_relationships_{self.name.lower()}"
        return f"load/{does}_accounts" if self.name == ACCOUNT else f"load/{does}_identifiers_{snake(self.name)}"

    def empty(self) -> str:
        """Query of a state without rows."""
        columns = self.columns | self.known
        return f"SELECT {', '.join(f'NULL::{SQL_TYPES[kind]} AS {name}' for name, kind in columns.items())} WHERE false"


def tables(model: Model) -> list[Table]:
    """Return all tables, nodes before relationships."""
    return [accounts(model), *identifiers(model), *relationships(model)]


def accounts(model: Model) -> Table:
    nodes = [(feed, feed.node) for feed in model.feeds.values() if feed.node]
    said = {name: kind(feed, name) for feed, node in nodes for name in node.properties}
    totals = {name: kind(feed, name) for feed, node in nodes for name in node.totals}
    known = {"_since": "date", "_slot": "slot", "_first": "timestamp", "_last": "timestamp", "_day": "date"}
    known |= {f"_{name}": kind for name, kind in totals.items()}
    return Table(ACCOUNT, {ACCOUNT_KEY: "text"}, said | totals | SEEN | {"updated_on": "date"}, known)


def identifiers(model: Model) -> list[Table]:
    return [identifier(model, label) for label in model.identifiers()]


def identifier(model: Model, label: str) -> Table:
    to_it = [(feed, r.to) for feed, _, r in model.relationships() if r.to.label == label]
    key = {to.key: kind(feed, to.source) for feed, to in to_it[:1]}
    said = {name: kind(feed, column) for feed, to in to_it for name, column in to.properties.items()}
    known = {f"_{name}_at": "timestamp" for name in said}
    return Table(label, key, said | {"updated_on": "date"}, known)


def relationships(model: Model) -> list[Table]:
    return [relationship(feed, name, declared) for feed, name, declared in model.relationships()]


def relationship(feed: Feed, name: str, declared: Relationship) -> Table:
    """`_dates` has a bit for each of the last days: the lowest is the day of the state itself."""
    source = declared.to.source
    known = {"_slot": "slot", "_first": "timestamp", "_last": "timestamp", "_days": "integer", "_events": "integer"}
    known |= {"_day": "date", "_dates": "integer"}
    said = SEEN | {"days": "integer", "events": "integer", "updated_on": "date"}
    return Table(name, {ACCOUNT_KEY: "text", source: kind(feed, source)}, said, known, declared.to.label)


def kind(feed: Feed, column: str) -> str:
    """Type of a clean column: integer, number, timestamp or text."""
    declared = feed.kept[column].type
    return declared if declared in ("integer", "number", "timestamp") else "text"


def with_table(model: Model) -> Iterator[tuple[Feed, Relationship, Table]]:
    """Yield each relationship with the feed it comes from and its table."""
    for feed, name, declared in model.relationships():
        yield feed, declared, relationship(feed, name, declared)


def snake(label: str) -> str:
    """`IpAddress` becomes `ip_address`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label).lower()
