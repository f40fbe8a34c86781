"""What a comparison found: figures of its contenders, and ratios with the targets they are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.door.figures import Figures


@dataclass(frozen=True)
class Ratio:
    """How one thing compares with another; `at_least` or `at_most` is the target, where there is one."""

    what: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most


@dataclass(frozen=True)
class Comparison:
    """Contenders that did the same job on `accounts` accounts; `notes` say where their jobs differ."""

    title: str
    accounts: int
    figures: tuple[Figures, ...]
    ratios: tuple[Ratio, ...] = ()
    notes: tuple[str, ...] = field(default=())


# Tells people what is being measured.
Tell = Callable[[str], None]


def must_agree(what: str, counts: dict[str, dict[str, int]]) -> None:
    """Raise RuntimeError when contenders did not do the same: their figures would mean nothing."""
    first, *others = counts
    for other in others:
        names = counts[first].keys() | counts[other].keys()
        differing = {
            name: (counts[first].get(name), counts[other].get(name))
            for name in sorted(names)
            if counts[first].get(name) != counts[other].get(name)
        }
        if differing:
            raise RuntimeError(f"{what}: {first} and {other} did not do the same: {differing}")
