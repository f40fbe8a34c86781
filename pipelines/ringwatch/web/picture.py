"""The picture of a ring: its members by role, what they share by facet and rarity, and what is other than yesterday.

In: members, traces, evidence. Out: nodes and lines with their places, which `picture.svg.j2` draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ringwatch.web.layout import Place, Shared, places
from ringwatch.web.traces import Thing, Traces

# Members that are drawn one by one; of more, those with the same strongest identifier become one node.
MOST_MEMBERS = 80
MOST_GROUPS, MOST_THINGS = 40, 40
ALONE = ""
_MARGIN, _LEAST = 70, 360
# Facets that have a form and a colour of their own; all others share one.
FACETS = ("payment", "device", "ip", "mailbox", "phone", "template")


@dataclass(frozen=True)
class Node:
    """A member, or several alike; or an identifier. change: `new`, `left` or none; label: what is written beside it."""

    kind: str
    x: float
    y: float
    radius: float
    title: str
    label: str
    look: str
    change: str = ""
    count: int = 1
    weak: bool = False


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    look: str
    width: float


@dataclass(frozen=True)
class Picture:
    """box: what of the plane is seen (x, y, width, height)."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    box: tuple[float, float, float, float]
    facets: tuple[str, ...]
    grouped: bool
    hidden_things: int

    @property
    def view(self) -> str:
        return " ".join(f"{part:.0f}" for part in self.box)


@dataclass(frozen=True)
class _Group:
    """Members that are drawn as one; since: the day the first of them came."""

    name: str
    members: tuple[dict[str, Any], ...]
    since: date


def picture(
    day: date,
    members: Sequence[Mapping[str, Any]],
    left: Sequence[Mapping[str, Any]],
    traces: Traces,
    weakest: Iterable[str],
    names: Mapping[tuple[str, str], str],
) -> Picture:
    """Return the picture of a ring on a day.

    members: account_id, probability, role, since; left: account_id, since of those who were in it yesterday;
    weakest: identifiers of its weakest bridge; names: what an identifier (facet, name) is called here.
    """
    things = traces.things[:MOST_THINGS]
    everybody = [dict(member) for member in members]
    everybody += [{**gone, "probability": 0.0, "role": "left"} for gone in left]
    groups = _groups(everybody, things, day)
    stand, at = places([(group.name, _number(group.since, traces)) for group in groups], _uses(groups, things))
    weak = set(weakest)
    nodes = [_thing(thing, at[_key(thing)], traces, names, thing.name in weak) for thing in things if _key(thing) in at]
    nodes += [_member(group, stand[group.name], day) for group in groups]
    lines = [*_lines(groups, things, stand, at, traces), *_dealt(groups, traces, stand)]
    facets = tuple(sorted({thing.facet for thing in things}, key=_facet_order))
    hidden = traces.more_things + len(traces.things) - len(things)
    return Picture(tuple(nodes), tuple(lines), _box(nodes), facets, len(groups) < len(everybody), hidden)


def _key(thing: Thing) -> str:
    return f"{thing.facet}:{thing.name}"


def _facet_order(facet: str) -> tuple[int, str]:
    return (FACETS.index(facet) if facet in FACETS else len(FACETS)), facet


def _groups(members: Sequence[dict[str, Any]], things: Sequence[Thing], day: date) -> list[_Group]:
    """One group a member, or, of many, one for each strongest identifier; the oldest first."""
    gathered: dict[str, list[dict[str, Any]]] = {}
    strongest = _strongest(things) if len(members) > MOST_MEMBERS else None
    for member in members:
        account = member["account_id"]
        name = account if strongest is None else strongest.get(account, ALONE)
        gathered.setdefault(name, []).append(member)
    if len(gathered) > MOST_GROUPS and strongest is not None:
        small = sorted(gathered, key=lambda name: (-len(gathered[name]), name))[MOST_GROUPS:]
        for name in small:
            gathered.setdefault(ALONE, []).extend(gathered.pop(name) if name != ALONE else [])
    made = [_Group(name, tuple(some), min(one["since"] or date.min for one in some)) for name, some in gathered.items()]
    return sorted(made, key=lambda group: (group.since if group.since > date.min else day, group.name))


def _strongest(things: Sequence[Thing]) -> dict[str, str]:
    """The identifier by which each account is grouped: the first in the order of what they say."""
    found: dict[str, str] = {}
    for thing in things:
        for account in thing.users:
            found.setdefault(account, _key(thing))
    return found


def _uses(groups: Sequence[_Group], things: Sequence[Thing]) -> dict[str, list[Shared]]:
    """What each group uses, since when; identifiers that say nothing pull a little, too."""
    found: dict[str, list[Shared]] = {}
    for group in groups:
        for thing in things:
            firsts = [thing.users[m["account_id"]] for m in group.members if m["account_id"] in thing.users]
            if firsts:
                weight = 0.1 if thing.hub else 1.0
                found.setdefault(group.name, []).append(Shared(_key(thing), min(firsts), weight))
    return found


def _number(since: date, traces: Traces) -> int:
    """The day as its number in the window; who came before it came with its first day."""
    return max((since - traces.since).days, 0) if since > date.min else traces.days


def _member(group: _Group, at: Place, day: date) -> Node:
    some = group.members
    first = some[0]
    if len(some) > 1:
        new = sum(member["since"] == day for member in some)
        title = f"{len(some):,} members" + (f", {new:,} of them new" if new else "")
        return Node(
            "group", *at, 10 + 5 * math.sqrt(len(some)) ** 0.9, title, f"{len(some):,}", "group", count=len(some)
        )
    change = "left" if first["role"] == "left" else "new" if first["since"] == day else ""
    said = (
        "left since the night before"
        if change == "left"
        else f"{first['role']}, belongs with {first['probability']:.0%}"
    )
    title = f"{first['account_id']}: {said}" + (", new tonight" if change == "new" else "")
    radius = 21 if first["role"] == "core" else 16
    return Node("member", *at, radius, title, first["account_id"], first["role"], change)


def _thing(thing: Thing, at: Place, traces: Traces, names: Mapping[tuple[str, str], str], weak: bool) -> Node:
    """Rare identifiers are large, hubs small."""
    radius = 9.0 if thing.hub else 11 + 5 * min(max(thing.bits, 0) / 8, 1)
    name = names[thing.facet, thing.name]
    title = f"{name}: {thing.members:,} members, {thing.accounts:,} accounts in all"
    change = "new" if thing.first == traces.days - 1 else ""
    look = "hub" if thing.hub else thing.facet if thing.facet in FACETS else "other"
    return Node("thing", *at, radius, title + (" (weakest point)" if weak else ""), name, look, change, weak=weak)


def _lines(
    groups: Sequence[_Group],
    things: Sequence[Thing],
    stand: Mapping[str, Place],
    at: Mapping[str, Place],
    traces: Traces,
) -> Iterable[Line]:
    for thing in things:
        for group in groups:
            firsts = [thing.users[m["account_id"]] for m in group.members if m["account_id"] in thing.users]
            if firsts:
                look = "hub" if thing.hub else "new" if min(firsts) == traces.days - 1 else "use"
                width = 1 + 4 * len(firsts) / len(group.members) if len(group.members) > 1 else 1.5
                yield Line(*stand[group.name], *at[_key(thing)], look, width)


def _dealt(groups: Sequence[_Group], traces: Traces, stand: Mapping[str, Place]) -> Iterable[Line]:
    of = {member["account_id"]: group.name for group in groups for member in group.members}
    pairs = {tuple(sorted((of[a], of[b]))) for a, b, _ in traces.dealings if a in of and b in of and of[a] != of[b]}
    for one, other in sorted(pairs):
        yield Line(*stand[one], *stand[other], "deal", 1.5)


def _box(nodes: Sequence[Node]) -> tuple[float, float, float, float]:
    if not nodes:
        return 0, 0, _LEAST, _LEAST
    left, right = min(n.x - n.radius for n in nodes) - _MARGIN, max(n.x + n.radius for n in nodes) + _MARGIN
    top, bottom = min(n.y - n.radius for n in nodes) - _MARGIN / 2, max(n.y + n.radius for n in nodes) + _MARGIN / 2
    width, height = max(right - left, _LEAST), max(bottom - top, _LEAST * 0.6)
    return left - (width - right + left) / 2, top - (height - bottom + top) / 2, width, height
