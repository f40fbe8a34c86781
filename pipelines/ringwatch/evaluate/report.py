"""The report of an examination: outcomes in; JSON, Markdown and one self-contained HTML page out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ringwatch.evaluate.examination import Outcome
from ringwatch.evaluate.goals import goals
from ringwatch.evaluate.sections import sections

NAMES = ("evaluation.json", "evaluation.md", "evaluation.html")


def write_report(folder: Path, title: str, summary: str, outcomes: Sequence[Outcome]) -> list[Path]:
    """Write the report's files to `folder` and return their paths."""
    parts = sections(outcomes)
    texts = (
        json.dumps(as_dict(title, outcomes), indent=2) + "\n",
        _render("evaluation.md.j2", title=title, summary=summary, sections=parts),
        _render("evaluation.html.j2", title=title, summary=summary, sections=parts),
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in NAMES]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def as_dict(title: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Plain values, ready for JSON: goals, and every trial with what was found."""
    marks = [asdict(goal) | {"met": goal.met} for goal in goals(outcomes)]
    return {"title": title, "goals": marks, "trials": [outcome.as_dict() for outcome in outcomes]}


def _render(name: str, **values: Any) -> str:
    environment = Environment(
        loader=PackageLoader("ringwatch.evaluate"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**values).rstrip() + "\n"
