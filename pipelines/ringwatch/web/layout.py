"""Where the nodes of a ring's picture stand, so that they stand there again tomorrow.

Members are put down one after the other, oldest first, on a grid of hexagons: each on the free place that is nearest to
the members with which it shared most when it came. Who comes later moves nobody who was there. Identifiers stand
between the first members that used them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

STEP = 100.0
# Free places that are looked at beside those taken, members that say where an identifier stands, and what being far
# from the middle costs beside being far from those one shares with.
MARGIN, FIRST, OUTWARD = 14, 5, 0.05
Place = tuple[float, float]


@dataclass(frozen=True)
class Shared:
    """What one node of the members uses: since when, as a number of a day, and how much it says."""

    identifier: str
    first: int
    weight: float


def places(
    members: Sequence[tuple[str, int]], uses: Mapping[str, Sequence[Shared]]
) -> tuple[dict[str, Place], dict[str, Place]]:
    """Return where members (name and number of the day they came, oldest first) and identifiers stand."""
    of_members = _members(members, uses)
    return of_members, _identifiers(members, uses, of_members)


def _members(members: Sequence[tuple[str, int]], uses: Mapping[str, Sequence[Shared]]) -> dict[str, Place]:
    grid = np.array(list(_spiral(len(members) + MARGIN)))
    free = np.ones(len(grid), dtype=bool)
    placed: dict[str, Place] = {}
    users: dict[str, list[tuple[int, int]]] = {}
    for number, (name, came) in enumerate(members):
        within = np.flatnonzero(free[: number + MARGIN])
        cost = OUTWARD * (grid[within] ** 2).sum(axis=1)
        for x, y, weight in _pulls(uses.get(name, ()), came, users, placed, members):
            cost += weight * ((grid[within] - (x, y)) ** 2).sum(axis=1)
        chosen = within[int(np.argmin(cost.round(6)))]
        free[chosen] = False
        placed[name] = (float(grid[chosen][0]), float(grid[chosen][1]))
        for use in uses.get(name, ()):
            users.setdefault(use.identifier, []).append((number, use.first))
    return placed


def _pulls(
    own: Iterable[Shared],
    came: int,
    users: Mapping[str, list[tuple[int, int]]],
    placed: Mapping[str, Place],
    members: Sequence[tuple[str, int]],
) -> Iterator[tuple[float, float, float]]:
    """Yield the members that were there, with what was shared with each up to that day."""
    pulls: dict[int, float] = {}
    for use in own:
        if use.first <= came:
            for number, first in users.get(use.identifier, ()):
                if first <= came:
                    pulls[number] = pulls.get(number, 0.0) + use.weight
    for number in sorted(pulls):
        yield *placed[members[number][0]], pulls[number]


def _identifiers(
    members: Sequence[tuple[str, int]], uses: Mapping[str, Sequence[Shared]], of_members: Mapping[str, Place]
) -> dict[str, Place]:
    """Each on the nearest free corner between hexagons, those of the oldest members first."""
    first: dict[str, list[Place]] = {}
    order: dict[str, tuple[int, str]] = {}
    for number, (name, _) in enumerate(members):
        for use in sorted(uses.get(name, ()), key=lambda use: use.identifier):
            order.setdefault(use.identifier, (number, use.identifier))
            first.setdefault(use.identifier, []).append(of_members[name])
    corners = np.array(list(_corners(len(members) + MARGIN + len(order))))
    free = np.ones(len(corners), dtype=bool)
    placed = {}
    for identifier in sorted(order, key=order.__getitem__):
        middle = np.mean(first[identifier][:FIRST], axis=0)
        distance = ((corners - middle) ** 2).sum(axis=1).round(6)
        distance[~free] = np.inf
        chosen = int(np.argmin(distance))
        free[chosen] = False
        placed[identifier] = (float(corners[chosen][0]), float(corners[chosen][1]))
    return placed


def _spiral(count: int) -> Iterator[Place]:
    """Yield the middle of so many hexagons, from the centre outwards."""
    around = math.ceil(math.sqrt(count)) + 1
    cells = [
        (STEP * (q + r / 2), STEP * r * math.sqrt(3) / 2)
        for q in range(-around, around + 1)
        for r in range(-around, around + 1)
    ]
    yield from sorted(cells, key=lambda at: (round(at[0] ** 2 + at[1] ** 2, 3), round(math.atan2(at[1], at[0]), 6)))[
        :count
    ]


def _corners(count: int) -> Iterator[Place]:
    """Yield two corners of so many hexagons."""
    for x, y in _spiral(count):
        yield x, y + STEP / math.sqrt(3)
        yield x, y - STEP / math.sqrt(3)
