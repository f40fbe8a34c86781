"""Which licences `make check` lets through."""

from email.message import Message
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

NAMES = {"BSD License": "BSD-3-Clause", "Apache 2.0": "Apache-2.0"}
BSD = "License :: OSI Approved :: BSD License"
GPL = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
RULES = {"allowed": ["MIT", "BSD-3-Clause", "Apache-2.0"], "packages": {"java": "GPL-2.0-only"}}


@pytest.fixture
def licences(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts")
    import licences

    return licences


def package(text: str = "", **fields: str) -> Any:
    """A distribution whose metadata have these fields, `_` for `-`, and perhaps several classifiers."""
    metadata = Message()
    for name, value in fields.items():
        metadata[name.replace("_", "-")] = value
    for line in text.splitlines():
        metadata["Classifier"] = line
    return SimpleNamespace(metadata=metadata)


@pytest.mark.parametrize(
    ("described", "its"),
    [
        (package(License_Expression="MIT"), "MIT"),
        (package(BSD, License_Expression="MIT"), "MIT"),
        (package(License="Apache 2.0"), "Apache-2.0"),
        (package(BSD, License="Copyright (c) 2001\nRedistribution"), "BSD-3-Clause"),
        (package(GPL), "GNU General Public License v3 (GPLv3)"),
        (package("Topic :: Database"), "unknown"),
    ],
)
def test_the_licence_is_what_a_package_says_most_exactly(licences: ModuleType, described: Any, its: str) -> None:
    assert licences.licence(described, NAMES) == its


@pytest.mark.parametrize(
    ("its", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("unknown", False),
    ],
)
def test_a_licence_is_allowed_in_all_parts_of_one_alternative(licences: ModuleType, its: str, allowed: bool) -> None:
    assert list(licences.unexpected({"thing": its}, RULES)) == ([] if allowed else [f"  thing: {its}"])


def test_an_exception_holds_for_its_package_and_its_licence_only(licences: ModuleType) -> None:
    found = {"java": "GPL-2.0-only", "other": "GPL-2.0-only"}

    assert list(licences.unexpected(found, RULES)) == ["  other: GPL-2.0-only"]
    assert list(licences.unexpected({"java": "AGPL-3.0-only"}, RULES)) == ["  java: AGPL-3.0-only"]


def test_what_dependencies_need_in_turn_is_looked_at(licences: ModuleType) -> None:
    project = {"dependencies": ["jinja2"], "optional-dependencies": {"postgres": ["psycopg"], "spark": ["py4j"]}}

    assert {"jinja2", "markupsafe", "psycopg", "py4j"} <= licences.needed(project).keys()
