"""Charts as SVG: figures in, text out. Coordinates are worked out here, drawn in `templates/charts.svg.j2`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringwatch.evaluate.calibration import Calibration
from ringwatch.templating import environment

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 12, 44


@dataclass(frozen=True)
class Bar:
    """A figure with a name; low and high: its interval; mark: where it should be."""

    name: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    mark: float | None = None


@dataclass(frozen=True)
class Point:
    """A place in a chart of two axes, with the label drawn beside it."""

    x: float
    y: float
    label: str


def reliability_chart(found: Calibration) -> str:
    """Return predicted against observed, with intervals; dots grow with the number of cases."""
    points = [
        {
            "x": _x(some.probability, 1),
            "y": _y(some.observed, 1),
            "low": _y(some.low, 1),
            "high": _y(some.high, 1),
            "radius": 3 + 2 * math.log10(some.cases),
            "cases": some.cases,
        }
        for some in found.bins
    ]
    return _draw("reliability", points=points, xs=_ticks(_x, 1, 0.2), ys=_ticks(_y, 1, 0.2), bottom=_y(0, 1), top=TOP)


def bar_chart(bars: Sequence[Bar], most: float) -> str:
    """Return one bar a row, from 0 to `most`."""
    row, left = 26, 150
    scale = (WIDTH - left - 90) / most if most else 0.0
    drawn = [
        {
            "name": bar.name,
            "text": bar.text,
            "y": 8 + i * row,
            "width": bar.value * scale,
            "low": None if bar.low is None else left + bar.low * scale,
            "high": None if bar.high is None else left + min(bar.high, most) * scale,
            "mark": None if bar.mark is None else left + bar.mark * scale,
        }
        for i, bar in enumerate(bars)
    ]
    return _draw("bars", bars=drawn, left=left, height=16 + len(bars) * row)


def cost_chart(points: Sequence[Point]) -> str:
    """Return points over dollars (x) and share (y), and the line of those that no cheaper one outdoes."""
    low, high, step = _span([point.x for point in points])

    def across(dollars: float) -> float:
        return _x(dollars - low, high - low)

    drawn = [{"x": across(point.x), "y": _y(point.y, 1), "label": point.label} for point in points]
    frontier = [
        point
        for point in sorted(points, key=lambda p: (p.x, -p.y))
        if all(o.y < point.y for o in points if o.x < point.x)
    ]
    line = " ".join(f"{across(point.x):.1f},{_y(point.y, 1):.1f}" for point in frontier)
    xs = [(across(i * step), f"{i * step:g}") for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return _draw("cost", points=drawn, line=line, xs=xs, ys=_ticks(_y, 1, 0.2), bottom=_y(0, 1))


def _span(values: Sequence[float]) -> tuple[float, float, float]:
    """Return low and high of an axis that shows the values with some room beside them, and a round step for it."""
    low, high = min(values), max(values)
    room = 0.1 * (high - low) or 0.1 * high or 1.0
    rough = (high - low + 2 * room) / 4
    magnitude: float = 10.0 ** math.floor(math.log10(rough))
    step = magnitude * max(factor for factor in (1, 2, 5) if factor * magnitude <= rough)
    return low - room, high + room, step


def _x(value: float, most: float) -> float:
    return LEFT + value / most * (WIDTH - LEFT - RIGHT)


def _y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)


def _ticks(place: Callable[[float, float], float], most: float, step: float) -> list[tuple[float, str]]:
    return [(place(i * step, most), f"{i * step:g}") for i in range(int(most / step + 1e-9) + 1)]


def _draw(name: str, **values: object) -> str:
    template = environment("ringwatch.evaluate").get_template("charts.svg.j2")
    module = template.make_module({"width": WIDTH, "chart_height": HEIGHT, "left_edge": LEFT})
    return str(getattr(module, name)(**values)).strip()
