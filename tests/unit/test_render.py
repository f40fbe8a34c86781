"""The generated files: equal to what the model renders, for any model, and only they are written or removed."""

import re
import shutil
from pathlib import Path

import pytest

from ringwatch import browser, render
from ringwatch.model import load_model
from ringwatch.resources import ROOT, SCHEMAS

ADDRESSES = Path(__file__).parents[1] / "data" / "addresses.yml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the shipped model, a further feed, and what both render."""
    shutil.copytree(SCHEMAS, tmp_path / "schemas")
    shutil.copy(ADDRESSES, tmp_path / "schemas")
    assert render.main(["--root", str(tmp_path)]) == 0
    return tmp_path


def parameters(statement: str) -> tuple[set[str], set[str]]:
    """Names that the header of a statement explains, and those that the statement uses."""
    body = "\n".join(line for line in statement.splitlines() if not line.startswith("//"))
    return set(re.findall(r"^// :param (\w+) => \S", statement, re.M)), set(re.findall(r"\$(\w+)", body))


def test_the_committed_files_are_what_the_model_renders() -> None:
    assert render.differing(load_model(), ROOT) == []


def test_each_statement_explains_the_parameters_it_uses() -> None:
    statements = [text for name, text in render.render(load_model()).items() if name.endswith(".cypher")]
    assert len(statements) > 20
    for statement in statements:
        explained, used = parameters(statement)
        assert explained == used, statement


def test_a_further_feed_gets_its_statements_and_its_page_in_the_dictionary(root: Path) -> None:
    names = {"write_identifiers_shipping_address", "write_relationships_shipped_to", "delete_relationships_shipped_to"}
    assert names <= {path.stem for path in (root / "cypher" / "load").iterdir()}
    constraint = (root / "cypher" / "schema" / "constrain_shipping_address.cypher").read_text(encoding="utf-8")
    assert "FOR (n:ShippingAddress) REQUIRE n.address IS UNIQUE" in constraint
    dictionary = (root / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert "Account -- SHIPPED_TO --> ShippingAddress" in dictionary
    assert "| address | SHIPPED_TO | 7 | 60 | 9 | no |" in dictionary


def test_a_question_names_identifiers_as_the_model_does(root: Path) -> None:
    assert browser.identifiers() == load_model().identifiers()
    assert browser.identifiers(root) == load_model(root / "schemas").identifiers()


def test_check_names_what_differs_and_leaves_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert render.main(["--root", str(root), "--check"]) == 0
    changed = root / "cypher" / "load" / "write_accounts.cypher"
    changed.write_text("MATCH (n) RETURN n", encoding="utf-8")
    capsys.readouterr()
    assert render.main(["--root", str(root), "--check"]) == 1
    assert capsys.readouterr().out.split(":")[0] == "cypher/load/write_accounts.cypher"
    assert changed.read_text(encoding="utf-8") == "MATCH (n) RETURN n"


def test_what_a_feed_no_longer_makes_is_removed_and_what_people_wrote_stays(root: Path) -> None:
    own = root / "cypher" / "load" / "count_parcels.cypher"
    own.write_text("// How many parcels are there?\nMATCH (p:Parcel) RETURN count(p) AS parcels", encoding="utf-8")
    (root / "schemas" / "addresses.yml").unlink()
    load_model.cache_clear()
    assert render.main(["--root", str(root), "--check"]) == 1
    assert render.main(["--root", str(root)]) == 0
    assert not [path for path in root.rglob("*shipp*") if path.suffix == ".cypher"]
    assert own.is_file()


@pytest.mark.parametrize("wrong", ["last_seen", "'a town'"])
def test_a_property_that_a_statement_cannot_take_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    path = root / "schemas" / "addresses.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("{town: town}", f"{{{wrong}: town}}"), encoding="utf-8")
    load_model.cache_clear()
    with pytest.raises(SystemExit) as stopped:
        render.main(["--root", str(root)])
    assert stopped.value.code == 2
    assert f"{path}:" in capsys.readouterr().err
