"""How the report writes what was measured: figures in, cells and tables of text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringwatch.evaluate import ContextHarm, Evaluation

FOUND = (
    "account P",
    "account R",
    "F1",
    "ring P",
    "ring R",
    "pair F1",
    "P of 20",
    "honest per 100k",
    "false cases",
    "ECE",
)


@dataclass(frozen=True)
class Table:
    """words: how many columns, from the left, hold words; the others hold figures."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


@dataclass(frozen=True)
class Section:
    """A part of the report; text says how to read it."""

    title: str
    text: str
    tables: tuple[Table, ...]
    chart: str | None = None


def found_cells(found: Evaluation) -> tuple[str, ...]:
    """The cells of FOUND."""
    return (
        share(found.accounts.precision),
        share(found.accounts.recall),
        number(found.accounts.f1, 3),
        share(found.rings.precision),
        share(found.rings.recall),
        number(found.pairs.f1),
        share(found.reviewed.precision),
        f"{found.false_positives_per_100k:,.0f}",
        f"{found.false_cases:,}",
        number(found.calibration.error, 3),
    )


def harm_table(name: str, rows: Sequence[ContextHarm]) -> Table:
    cells = tuple((row.context, f"{row.accounts:,}", f"{row.flagged:,}", f"{row.per_100k:,.0f}") for row in rows)
    return Table((name, "accounts", "accused", "per 100,000"), cells)


def surest(found: Evaluation) -> str:
    return number(max((case.probability for case in found.cases), default=None))


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def dollars(value: float, sign: str = "") -> str:
    return f"{sign}$ {value:,.2f}"


def more_dollars(value: float) -> str:
    """Return how many dollars more, or less."""
    return dollars(abs(value), "-" if value < 0 else "+")


def number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
