"""Answers of the graph as a table shows them and as JSON has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neo4j.graph import Node, Path

# The key of what is no identifier, by label.
_NAMED_BY = {"Account": "account_id", "Ring": "ring_id"}


def cell(value: Any, keys: Callable[[], Mapping[str, str]]) -> Any:
    """Return what a table shows: things of the graph by their `keys`, paths as they go."""
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, Path):
        return _way(value, keys())
    if isinstance(value, Node):
        return _name(value, keys())
    if isinstance(value, Relationship):
        return value.type
    if isinstance(value, list | tuple):
        return ", ".join("" if part is None else str(cell(part, keys)) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if value is None or isinstance(value, int | float | str) else _text(value)


def plain(value: Any) -> Any:
    """Return the value as JSON has it: times and days as text, nodes with their label, paths as nodes and types."""
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, Path):
        parts = [part for pair in zip(value.nodes, value.relationships, strict=False) for part in pair]
        return [plain(part) for part in (*parts, value.nodes[-1])]
    if isinstance(value, Relationship):
        return value.type
    if isinstance(value, Node):
        return {"label": _label(value)} | {name: plain(part) for name, part in sorted(value.items())}
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _way(path: Path, keys: Mapping[str, str]) -> str:
    """The path as one reads it: `A-1 -USED_DEVICE-> d1 <-USED_DEVICE- A-2`."""
    told = _name(path.start_node, keys) if path.start_node else ""
    for node, step in zip(path.nodes[1:], path.relationships, strict=True):
        forwards = step.end_node == node
        told += f" -{step.type}-> " if forwards else f" <-{step.type}- "
        told += _name(node, keys)
    return told


def _name(node: Node, keys: Mapping[str, str]) -> str:
    """What names the node: the value of its key."""
    key = (_NAMED_BY | dict(keys)).get(_label(node))
    return str(node[key]) if key and key in node else _label(node)


def _label(node: Node) -> str:
    return next(iter(sorted(node.labels)), "")


def _text(value: Any) -> str:
    """Times without fractions of a second, as they are in feeds."""
    return str(value).partition(".")[0].replace("T", " ")
