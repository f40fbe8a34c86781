"""Comparisons as Markdown for people, and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from benchmarks.door.comparison import Comparison, Ratio
from benchmarks.door.figures import Figures

_FIGURES = ("contender", "rows", "seconds", "rows/s", "client CPU s", "server CPU s", "peak MB", "libraries MB")


def markdown_machine(on: dict[str, str]) -> str:
    return "\n".join([*table(("machine", ""), on.items()), ""])


def markdown(one: Comparison) -> str:
    lines = [f"### {one.title}, {one.accounts:,} accounts", "", *table(_FIGURES, map(_cells, one.figures)), ""]
    return "\n".join([*lines, *ratios_table(one.ratios), *(f"- {note}" for note in one.notes), ""])


def markdown_growth(growth: tuple[Ratio, ...]) -> str:
    return "\n".join(["### Growth", "", *ratios_table(growth)])


def plain(on: dict[str, str], comparisons: list[Comparison], growth: tuple[Ratio, ...]) -> dict[str, Any]:
    """Return all of it as values of JSON."""
    return {
        "machine": on,
        "comparisons": [
            asdict(one)
            | {
                "figures": [asdict(each) | {"rows_per_second": each.rows_per_second} for each in one.figures],
                "ratios": _plain_ratios(one.ratios),
            }
            for one in comparisons
        ],
        "growth": _plain_ratios(growth),
    }


def _cells(one: Figures) -> tuple[str, ...]:
    return (
        one.contender,
        f"{one.done.rows:,}",
        f"{one.seconds:.1f}",
        f"{one.rows_per_second:,.0f}",
        f"{one.cpu_seconds:.1f}",
        f"{one.server_cpu_seconds:.1f}",
        f"{one.peak_mb:,.0f}",
        f"{one.libraries_mb:,.0f}",
    )


def ratios_table(ratios: Iterable[Ratio]) -> list[str]:
    rows = [(ratio.what, f"{ratio.value:.2f}", _target(ratio), _verdict(ratio)) for ratio in ratios]
    return [*table(("ratio", "", "target", "reached"), rows), ""] if rows else []


def _target(ratio: Ratio) -> str:
    if ratio.at_least is not None:
        return f"at least {ratio.at_least:g}"
    return "" if ratio.at_most is None else f"at most {ratio.at_most:g}"


def _verdict(ratio: Ratio) -> str:
    return "" if ratio.reached is None else "yes" if ratio.reached else "**no**"


def _plain_ratios(ratios: Iterable[Ratio]) -> list[dict[str, Any]]:
    return [asdict(ratio) | {"reached": ratio.reached} for ratio in ratios]


def table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
