"""The report of an examination: what came of its trials in; JSON, Markdown and one self-contained HTML page out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ringwatch.evaluate.examination import Examination
from ringwatch.evaluate.figures import Section
from ringwatch.evaluate.goals import goals
from ringwatch.evaluate.sections import sections
from ringwatch.templating import environment

NAMES = ("evaluation.json", "evaluation.md", "evaluation.html")


def write_report(folder: Path, title: str, summary: str, examination: Examination) -> list[Path]:
    """Write the report of an examination on simulated worlds to `folder` and return the paths of its files."""
    return write(folder, summary, sections(examination), as_dict(title, examination))


def write(folder: Path, summary: str, parts: Sequence[Section], values: Mapping[str, Any]) -> list[Path]:
    """Write `values` (plain, with a title) as JSON, the sections as Markdown and HTML; return the paths."""
    shown = {"title": values["title"], "summary": summary, "sections": parts}
    texts = (
        json.dumps(values, indent=2) + "\n",
        _render("evaluation.md.j2", **shown),
        _render("evaluation.html.j2", **shown),
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in NAMES]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def as_dict(title: str, examination: Examination) -> dict[str, Any]:
    """Plain values, ready for JSON: goals, every trial with what was found, and those that failed."""
    marks = [asdict(goal) | {"met": goal.met} for goal in goals(examination.outcomes)]
    trials = [outcome.as_dict() for outcome in examination.outcomes]
    failed = [failure.as_dict() for failure in examination.failures]
    return {"title": title, "goals": marks, "trials": trials, "failed": failed}


def _render(name: str, **values: Any) -> str:
    return environment("ringwatch.evaluate").get_template(name).render(**values).rstrip() + "\n"
