"""How Neo4j Browser draws the graph: members by role, identifiers by kind, hubs small and grey.

Browser applies the rules whose labels a node has, one after the other, so that what comes later wins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

from ringwatch.resources import CYPHER

Style = dict[str, dict[str, str]]

_KEY = re.compile(r"^FOR \(n:(\w+)\) REQUIRE n\.(\w+) IS UNIQUE$", re.MULTILINE)

# Colours that people who see few colours can tell apart (Okabe and Ito 2008, "Color universal design").
_KINDS = ("#56B4E9", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#E69F00")
_EDGE = {"color": "#A5ABB6", "border-color": "#9AA1AC", "shaft-width": "1px", "font-size": "8px", "padding": "3px"}
_EDGE |= {"text-color-external": "#4D5156", "text-color-internal": "#FFFFFF", "caption": "<type>"}


def identifiers(own: Path | None = None) -> dict[str, str]:
    """Return the property that names each kind of identifier; `own` is the folder of a deployment's own model."""
    folder = (own / "cypher" if own else CYPHER) / "schema"
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("constrain_*.cypher")))
    return {label: key for text in texts for label, key in _KEY.findall(text) if label != "Account"}


def style(kinds: Mapping[str, str]) -> Style:
    """Return properties by selector: `node.Device`; `kinds` has the property that names each kind of identifier."""
    drawn = {"node": _node("#A5ABB6", "40px", "<id>"), "relationship": _EDGE}
    drawn["node.Account"] = _node("#D9D9D9", "40px", "{account_id}")
    drawn |= {
        f"node.{kind}": _node(color, "40px", f"{{{key}}}")
        for (kind, key), color in zip(kinds.items(), cycle(_KINDS), strict=False)
    }
    drawn["node.Fringe"] = _node("#F2B489", "50px", "{account_id}")
    drawn["node.Core"] = _node("#D55E00", "50px", "{account_id}")
    drawn["node.Ring"] = _node("#000000", "80px", "{ring_id}")
    drawn["node.Hub"] = {"color": "#BDBDBD", "border-color": "#8C8C8C", "diameter": "20px"}
    drawn["relationship.MEMBER_OF"] = {**_EDGE, "shaft-width": "2px", "caption": "{probability}"}
    drawn["relationship.LINKED_TO"] = {**_EDGE, "color": "#E3E6EA", "caption": "{bits}"}
    drawn["relationship.PAID"] = {**_EDGE, "color": "#D55E00", "caption": "{amount} {currency}"}
    return drawn


def grass(drawn: Style) -> str:
    """Return the style as a file that is dragged into Browser."""
    blocks = (
        f"{selector} {{\n" + "".join(f"  {name}: {_quoted(value)};\n" for name, value in rules.items()) + "}\n"
        for selector, rules in drawn.items()
    )
    return "\n".join(blocks)


def on_connect(drawn: Style) -> str:
    """Return what Browser does when it connects: it takes the style, and draws no relationships but those asked for."""
    return f"style {json.dumps(drawn, separators=(',', ':'))};config autoComplete: false"


def _node(color: str, diameter: str, caption: str) -> dict[str, str]:
    text = "#000000" if sum(int(color[at : at + 2], 16) for at in (1, 3, 5)) > 330 else "#FFFFFF"
    drawn = {"diameter": diameter, "color": color, "border-color": "#5C5C5C", "border-width": "2px"}
    return drawn | {"text-color-internal": text, "font-size": "10px", "caption": caption}


def _quoted(value: str) -> str:
    return f'"{value}"' if "{" in value or "<" in value else value
