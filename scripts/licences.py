"""Lists the licences of what ringwatch needs to run, and fails on one that pyproject.toml does not allow.

    python scripts/licences.py

In: `[tool.licences]` of pyproject.toml, and what the installed distributions say of themselves. Looked at are the
dependencies and the extras `postgres` and `spark`, with all that they need in turn; not the tools of developers, nor
Airflow, which a deployment brings or not.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("postgres", "spark")
LONGEST_NAME = 60  # a field that is longer holds the text of a licence, not its name


def main() -> None:
    """Print the packages by licence; exit with 1 when one of them may not be used."""
    described = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    rules = described["tool"]["licences"]
    found = {name: licence(package, rules["names"]) for name, package in sorted(needed(described["project"]).items())}
    for each in sorted(set(found.values())):
        print(f"{each}: {', '.join(name for name, its in found.items() if its == each)}")  # noqa: T201
    if wrong := list(unexpected(found, rules)):
        sys.exit("\n".join(["licences that [tool.licences] in pyproject.toml does not allow:", *wrong]))


def needed(project: dict[str, Any]) -> dict[str, Distribution]:
    """Return by name the distributions that the project needs to run here, in turn."""
    waiting = [Requirement(line) for line in project["dependencies"]]
    waiting += [Requirement(line) for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    found: dict[str, Distribution] = {}
    seen = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, *sorted(wanted.extras)) not in seen:
            seen.add((name, *sorted(wanted.extras)))
            found[name] = installed(name)
            waiting += applying(found[name], wanted.extras)
    return found


def installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed, so its licence cannot be looked at; run `make setup`")


def applying(package: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """Yield what the package needs on this machine with these extras."""
    for line in package.requires or []:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield requirement


def licence(package: Distribution, names: dict[str, str]) -> str:
    """Return the SPDX expression of a package: its own, else what `names` calls its short text or its classifiers."""
    said = package.metadata
    expression, short = (str(next(iter(said.get_all(field, [])), "")) for field in ("License-Expression", "License"))
    if expression:
        return expression
    if short and "\n" not in short and len(short) <= LONGEST_NAME:
        return names.get(short, short)
    classifiers = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith("License")]
    return " AND ".join(names.get(name, name) for name in classifiers) or "unknown"


def unexpected(found: dict[str, str], rules: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each package whose licence is not allowed, nor named for that package alone."""
    for name, its in found.items():
        if not is_allowed(its, set(rules["allowed"])) and rules["packages"].get(name) != its:
            yield f"  {name}: {its}"


def is_allowed(expression: str, allowed: set[str]) -> bool:
    """Whether one of the alternatives of an SPDX expression is allowed in all its parts; with brackets it is not."""
    return any(all(part in allowed for part in one.split(" AND ")) for one in expression.split(" OR "))


if __name__ == "__main__":
    main()
