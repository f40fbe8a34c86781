"""The quick reader of YAML finds what ruamel.yaml finds."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ringwatch import quick_yaml
from ringwatch.resources import SCHEMAS


def precisely(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("path", sorted(SCHEMAS.rglob("*.y*ml")), ids=lambda path: path.name)
def test_what_is_shipped_reads_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert quick_yaml.load(text) == precisely(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("no", "no"), ("on", "on"), ("010", 10), ("0o17", 15), ("12:30", "12:30"), ("1e3", 1000.0), ("-", [None])],
)
def test_plain_words_and_numbers_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert quick_yaml.load(text) == precisely(text) == value


@given(st.text("0123456789-+._eExob~tTrRuUnN", min_size=1, max_size=6))
def test_a_plain_scalar_is_what_ruamel_takes_it_for(text: str) -> None:
    try:
        expected = precisely(f"[{text}]")
    except (YAMLError, ValueError):
        return

    assert repr(quick_yaml.load(f"[{text}]")) == repr(expected)


def test_a_key_that_is_there_twice_is_refused() -> None:
    with pytest.raises(quick_yaml.Unreadable, match="twice"):
        quick_yaml.load("a: 1\nb: 2\na: 3\n")
