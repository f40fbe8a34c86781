"""The runbook has what the program sends people to, and its commands are ones that there are."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringwatch import symptoms
from ringwatch.cli import COMMANDS, app

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
SYMPTOMS = RUNBOOK.partition("## By symptom")[2].partition("\n## ")[0]
COMMAND = re.compile(r"`(?:[A-Z_]+=\S+ )*ringwatch ([a-z][^`]*)`")


def anchors(text: str) -> set[str]:
    """Anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("symptom", symptoms.ALL, ids=lambda symptom: symptom.anchor)
def test_each_symptom_of_the_program_has_its_heading_with_a_first_step(symptom: symptoms.Symptom) -> None:
    heading = symptom.anchor.replace("-", " ").capitalize()
    section = SYMPTOMS.partition(f"### {heading}\n")[2].partition("\n### ")[0]

    assert "**Symptom.**" in section
    assert "**First step.**" in section
    assert symptom.anchor in anchors(RUNBOOK)


def test_each_heading_of_a_symptom_is_one_that_the_program_knows() -> None:
    assert anchors(SYMPTOMS) == {symptom.anchor for symptom in symptoms.ALL}


@pytest.mark.parametrize("page", PAGES)
def test_links_between_the_pages_lead_to_headings_that_are_there(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([\w.-]*\.md)?#([\w-]+)\)", PAGES[page]):
        assert anchor in anchors(PAGES[target or page]), (target, anchor)


def test_first_steps_and_runbook_name_commands_and_options_that_there_are() -> None:
    text = SYMPTOMS + " ".join(symptom.first_step for symptom in symptoms.ALL)
    found = {tuple(command.split()) for command in COMMAND.findall(text)}

    assert len(found) > 10
    for words in found:
        assert words[0] in COMMANDS or words[0].startswith("--"), words
        path = [word for word in words[:2] if re.fullmatch(r"[a-z][a-z-]*", word)]
        offered = " ".join(CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"}).output.split())
        missing = [word for word in words if word.startswith("--") and word not in ("--debug",) and word not in offered]
        assert missing == [], words
