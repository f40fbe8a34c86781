"""The import contract leaves nobody out, and what is made again when code changes knows all of that code."""

import tomllib
from pathlib import Path

import grimp
import pytest

from ringwatch.window import sharing

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
# What the tables follow from by their content, which the stamp has anyway, or only open and name things.
NOT_MADE_BY = {
    "ringwatch.days.durable",
    "ringwatch.days.in_use",
    "ringwatch.duck",
    "ringwatch.errors",
    "ringwatch.model",
    "ringwatch.night",
    "ringwatch.days.files",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ringwatch")


def layered() -> list[str]:
    contracts = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [name.strip() for layer in layers for name in layer.replace(":", "|").split("|")]


def test_every_module_stands_in_one_layer(graph: grimp.ImportGraph) -> None:
    packages = {"ringwatch", "ringwatch.days", "ringwatch.keys"}  # their modules stand in different layers
    modules = graph.modules - packages

    layers = {module: [name for name in layered() if f"{module}.".startswith(f"{name}.")] for module in modules}

    assert {module: found for module, found in layers.items() if len(found) != 1} == {}


def test_the_tables_of_sharing_are_made_anew_when_code_that_makes_them_changes(graph: grimp.ImportGraph) -> None:
    makes = {"ringwatch.window.sharing", "ringwatch.days.history"}
    for module in sorted(graph.find_upstream_modules("ringwatch.window.sharing")):
        if module.startswith("ringwatch.window."):
            makes.add(module)

    assert {module.__name__ for module in sharing.MADE_BY} == makes
    assert graph.find_modules_directly_imported_by("ringwatch.window.sharing") <= makes | NOT_MADE_BY
