"""The files for Neo4j Browser."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringwatch import browser, investigate, query_pack
from ringwatch.cli import app
from ringwatch.model import load_model


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    query_pack.write(tmp_path, load_model().identifiers())
    return tmp_path


def test_every_question_is_a_file_that_asks_only_for_what_differs_from_time_to_time(pack: Path) -> None:
    for query in investigate.queries():
        text = (pack / f"{query.name}.cypher").read_text(encoding="utf-8")
        assert text.startswith(f"// {query.question}\n"), query.name  # Browser names it so
        assert set(re.findall(r"\$(\w+)", text)) == set(query.needed), query.name


def test_the_style_names_every_node_by_its_key_and_never_by_a_date(pack: Path) -> None:
    style = (pack / query_pack.STYLE).read_text(encoding="utf-8")

    for label, key in {**load_model().identifiers(), "Account": "account_id", "Ring": "ring_id"}.items():
        rules = re.search(rf"^node\.{label} \{{\n(.*?)^\}}", style, re.DOTALL | re.MULTILINE)
        assert rules, label
        assert f'caption: "{{{key}}}"' in rules[1], label
    assert "updated_on" not in style


def test_hubs_are_smaller_and_paler_than_what_they_are_hubs_of() -> None:
    drawn = browser.style({"Device": "device"})

    assert list(drawn).index("node.Hub") > list(drawn).index("node.Device")  # Browser lets the later rule win
    assert int(drawn["node.Hub"]["diameter"].removesuffix("px")) < int(drawn["node.Device"]["diameter"][:-2])


def test_the_guide_shows_every_question_with_its_parameters_and_loads_nothing_from_elsewhere(pack: Path) -> None:
    guide = (pack / query_pack.GUIDE).read_text(encoding="utf-8")

    assert all(f'id="{query.name}"' in guide for query in investigate.queries())
    assert ":param ring_id =&gt; &#39;R-7F3K2A&#39;" in guide
    assert not re.search(r"(?:src|href)=\"(?!#)", guide)


def test_a_kind_of_ones_own_model_is_drawn_too(tmp_path: Path) -> None:
    schema = tmp_path / "cypher" / "schema"
    schema.mkdir(parents=True)
    (schema / "constrain_address.cypher").write_text("FOR (n:Address) REQUIRE n.address IS UNIQUE\n")

    assert browser.style(browser.identifiers(tmp_path))["node.Address"]["caption"] == "{address}"


def test_the_command_says_where_to_begin(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["query", "pack", "--out", str(tmp_path / "pack"), "--json"])

    assert ended.exit_code == 0, ended.output
    assert query_pack.GUIDE in json.loads(ended.stdout)["files"]
    (tmp_path / "file").write_text("in the way")
    assert CliRunner().invoke(app, ["query", "pack", "--out", str(tmp_path / "file")]).exit_code == 4
