import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from ringwatch.evaluate.calibration import Case, calibration
from ringwatch.evaluate.charts import LEFT, RIGHT, WIDTH, Bar, Point, bar_chart, cost_chart, reliability_chart


def elements(svg: str, tag: str, kind: str) -> list[dict[str, str]]:
    return [node.attrib for node in ElementTree.fromstring(svg).iter(tag) if node.get("class") == kind]


def test_a_probability_that_comes_true_lies_on_the_diagonal() -> None:
    cases = [Case(0.25, i < 1, True) for i in range(4)] + [Case(0.75, i < 3, True) for i in range(4)]
    svg = reliability_chart(calibration(cases))
    (ideal,) = elements(svg, "line", "ideal")
    x1, y1, x2, y2 = (float(ideal[name]) for name in ("x1", "y1", "x2", "y2"))

    for dot, share in zip(elements(svg, "circle", "dot"), (0.25, 0.75), strict=True):
        assert float(dot["cx"]) == pytest.approx(x1 + share * (x2 - x1), abs=0.2)
        assert float(dot["cy"]) == pytest.approx(y1 + share * (y2 - y1), abs=0.2)


def test_bars_are_as_long_as_their_figures() -> None:
    svg = bar_chart([Bar("a", 1.0, "100 %"), Bar("b", 0.25, "25 %", 0.1, 0.5, mark=0.95)], most=1.0)
    whole, quarter = (float(bar["width"]) for bar in elements(svg, "rect", "bar"))

    assert quarter == pytest.approx(whole / 4, abs=0.1)
    assert len(elements(svg, "line", "interval")) == len(elements(svg, "line", "mark")) == 1


def test_the_line_leaves_out_ways_that_a_cheaper_one_outdoes() -> None:
    svg = cost_chart([Point(1, 0.2, "1"), Point(2, 0.1, "2"), Point(3, 0.6, "3")])
    (line,) = elements(svg, "polyline", "frontier")
    assert len(re.findall(r"[\d.]+,[\d.]+", line["points"])) == 2


@pytest.mark.parametrize("dollars", [(7.29, 8.42, 10.23), (0.011, 0.012), (900.0, 4_100.0), (5.0,), (0.0,)])
def test_the_axis_of_dollars_shows_all_points_and_some_round_figures(dollars: tuple[float, ...]) -> None:
    svg = cost_chart([Point(x, 1.0, str(i)) for i, x in enumerate(dollars)])
    places = [float(dot["cx"]) for dot in elements(svg, "circle", "dot")]
    lines = [line for line in elements(svg, "line", "grid") if line["x1"] == line["x2"]]
    said = [node.text for node in ElementTree.fromstring(svg).iter("text") if node.get("text-anchor") == "middle"]
    figures = [float(text) for text in said[: len(lines)]]

    assert all(LEFT < place < WIDTH - RIGHT for place in places)
    assert 3 <= len(figures) <= 10
    assert {f"{figure:.0e}"[0] for figure in (b - a for a, b in pairwise(figures))} <= set("125")
    # places are as the dollars: the first point lies where the lines of two figures say
    (x0, x1), (d0, d1) = [float(line["x1"]) for line in lines[:2]], figures[:2]
    assert places[0] == pytest.approx(x0 + (dollars[0] - d0) / (d1 - d0) * (x1 - x0), abs=0.2)


def test_names_are_text_never_markup() -> None:
    svg = bar_chart([Bar("<script>", 1.0, "&")], most=1.0)
    assert "<script>" not in svg
    assert ElementTree.fromstring(svg) is not None
