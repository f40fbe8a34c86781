"""The statements of the product, word for word the same work, in the two forms in which a driver can be given rows."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.door.rows import Target
from ringwatch.model import ACCOUNT, ACCOUNT_KEY

TIMES = ("created_at", "first_seen", "last_seen")
DATES = ("updated_on",)


def for_dicts(target: Target) -> str:
    """Statement for the parameter `rows`: a list of dicts."""
    return _statement(target, "UNWIND $rows AS row", lambda name: f"row.{name}")


def for_columns(target: Target) -> str:
    """Statement for one list parameter a column."""
    return _statement(target, f"UNWIND range(0, size(${target.source}) - 1) AS i", lambda name: f"${name}[i]")


def constraints(targets: list[Target]) -> list[str]:
    nodes = [target for target in targets if target.label is None]
    return [f"CREATE CONSTRAINT FOR (n:{node.name}) REQUIRE n.{node.key} IS UNIQUE" for node in nodes]


def _statement(target: Target, unwind: str, value: Callable[[str], str]) -> str:
    node = f"{target.label or target.name} {{{target.key}: {value(target.source)}}}"
    if target.label is None:
        found = [f"MERGE (n:{node})"]
    else:
        account = f"{ACCOUNT} {{{ACCOUNT_KEY}: {value(ACCOUNT_KEY)}}}"
        found = [f"MATCH (a:{account})", f"MATCH (x:{node})", f"MERGE (a)-[n:{target.name}]->(x)"]
    properties = ", ".join(f"n.{name} = {_typed(name, value(name))}" for name in target.properties)
    return "\n".join([unwind, *found, f"SET {properties}"])


def _typed(name: str, value: str) -> str:
    """Times and days are sent as text: a driver packs that many times faster."""
    if name in TIMES:
        return f"localdatetime({value})"
    return f"date({value})" if name in DATES else value
