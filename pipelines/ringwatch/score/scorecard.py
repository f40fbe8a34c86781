"""A scorecard: features of groups in, bits for and against each, and their sum, the log2 odds, out.

It is a JSON file in `scorecards/`, made by `ringwatch train`, with how it was made. One serves all deployments: it has
learnt from worlds and sources that lack feeds. A deployment may have cards for its own sets of feeds beside it. Each
holds a sheet of bits, `flag`, whether most of a group is under one control; and trees for `member`, whether a member of
a ring belongs to it, and for `shape`, how far it is one ring and all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ringwatch.errors import UsageError
from ringwatch.score.depth import NO_SOURCES, Sources
from ringwatch.score.trees import Trees, read_trees

FOLDER = Path(__file__).parent / "scorecards"
VERSION = 7
# Parts of a card that are trees.
TREES = ("member", "shape")
# Parts that take a line, since nobody reads them.
ON_A_LINE = (*TREES, "sources")


@dataclass(frozen=True)
class Sheet:
    """base: the bits that a group starts with; usual: by feature, its mean in groups without ring; trees: their steps
    add to the bits of what they ask.
    """

    base: float
    usual: Mapping[str, float]
    trees: Trees

    def bits(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return the bits of each group (row) and feature; those of `trees.UNKNOWN` are for what nobody can say."""
        return self.trees.bits(values).sort_index(axis=1)

    def total(self, values: pd.DataFrame) -> pd.Series:
        """Return the log2 odds of each group, which are what its bits add up to."""
        return (self.base + self.trees.total(values)).round(6)


@dataclass(frozen=True)
class Scorecard:
    """feeds: what it is for; prior: log2 odds of a ring among the groups that were picked when it was made;
    reliability: of these groups, in order of their odds, (log2 odds, groups, rings) in parts of like size; sources:
    what groups were like in what it was made from.
    """

    version: int
    made: Mapping[str, Any]
    feeds: tuple[str, ...]
    flag: Sheet
    shape: Trees
    member: Trees
    prior: float
    reliability: tuple[tuple[float, int, int], ...]
    sources: Sources = NO_SOURCES

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def write(card: Scorecard, folder: Path) -> Path:
    """Write a card to the folder, under the name of its feeds."""
    path = folder / _name(card.feeds)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(card), encoding="utf-8")
    return path


def _text(card: Scorecard) -> str:
    """JSON for people to read, but for what takes a line."""
    parts = card.as_dict()
    told = {name: json.dumps(part, indent=None if name in ON_A_LINE else 1) for name, part in sorted(parts.items())}
    return "{\n" + ",\n".join(f'"{name}": {text}' for name, text in told.items()) + "\n}\n"


def load(feeds: Iterable[str], folder: Path = FOLDER) -> Scorecard:
    """Return the card that knows most of `feeds`. Raises UsageError when there is none."""
    path = _nearest(feeds, folder)
    if path is None:
        raise UsageError(f"{folder} has no scorecard for {', '.join(feeds)}; make one with `ringwatch train`")
    made = json.loads(path.read_text(encoding="utf-8"))
    if made["version"] != VERSION:
        raise UsageError(f"{path} is of version {made['version']}, not {VERSION}; make it again with `ringwatch train`")
    reliability = tuple((odds, groups, rings) for odds, groups, rings in made["reliability"])
    parts: dict[str, Any] = {"flag": _sheet(made["flag"])} | {name: read_trees(made[name]) for name in TREES}
    parts |= {"feeds": tuple(made["feeds"]), "reliability": reliability, "sources": _sources(made["sources"])}
    return Scorecard(**(made | parts))


def known_feeds(feeds: Collection[str], folder: Path = FOLDER) -> tuple[str, ...]:
    """Return which of `feeds` the card knows that `load` returns, sorted; none when there is no card."""
    path = _nearest(feeds, folder)
    return tuple(sorted({*feeds} & {*path.stem.split("+")})) if path else ()


def _nearest(feeds: Iterable[str], folder: Path) -> Path | None:
    """The card that knows most of the feeds, and of these the one that knows fewest others."""
    cards = {frozenset(path.stem.split("+")): path for path in sorted(folder.glob("*.json"))}
    there = set(feeds)
    return cards[max(cards, key=lambda known: (len(known & there), -len(known), sorted(known)))] if cards else None


def _sheet(made: Mapping[str, Any]) -> Sheet:
    return Sheet(made["base"], dict(sorted(made["usual"].items())), read_trees(made["trees"]))


def _sources(made: Mapping[str, Any]) -> Sources:
    known = {source: {n: tuple(ends) for n, ends in of.items()} for source, of in made["quantiles"].items()}
    return Sources(made["limit"], known)


def _name(feeds: Iterable[str]) -> str:
    return "+".join(sorted(feeds)) + ".json"
