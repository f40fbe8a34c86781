"""YAML read by libyaml, twenty times as fast as by ruamel.yaml, with the same values: text in, plain values out.

For what is read at each start. It refuses more than it need (keys that come back after a merge): who has to say what is
wrong with a text, and where, reads it again with ruamel.yaml, which knows its lines.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

Unreadable = yaml.YAMLError

# What a plain scalar is in YAML 1.2 as ruamel.yaml reads it; PyYAML's own rules, of 1.1, take `no` for false.
_KINDS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:[0-9_]+|0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+)", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "null": (r"~|null|Null|NULL|", "~nN"),
    "merge": (r"<<", "<"),
}


class _Loader(yaml.CSafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)  # type: ignore[no-untyped-call]
        if len(found) < len(node.value):
            raise Unreadable("a key is there twice")
        return found


def _number(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")  # type: ignore[no-untyped-call]
    return int(text, 0 if text.lstrip("-+")[1:2] in ("b", "o", "x") else 10)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in every if tag.endswith(":timestamp")]
    for first, every in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for _kind, (_pattern, _first) in _KINDS.items():
    _begin = [*_first, ""] if _kind == "null" else list(_first)
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), _begin)  # type: ignore[no-untyped-call]
_Loader.add_constructor("tag:yaml.org,2002:int", _number)  # type: ignore[no-untyped-call]


def load(text: str) -> Any:
    """Return the values of a document. Raises Unreadable when it is none, or has a key twice."""
    return yaml.load(text, _Loader)  # type: ignore[no-untyped-call]  # noqa: S506  # a safe loader
