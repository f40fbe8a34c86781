"""The model rendered: in go the feeds of `schemas/`, out come the statements that load them and the data dictionary.

`python -m ringwatch.render` writes the files, `--check` names those that differ from the model and exits with 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringwatch.errors import RingwatchError
from ringwatch.loading import tables
from ringwatch.loading.tables import Table
from ringwatch.model import ACCOUNT, ACCOUNT_KEY, Column, Model, Relationship, load_model
from ringwatch.resources import ROOT

if TYPE_CHECKING:
    from jinja2 import Environment

NOTE = "Generated from schemas/ by `make generated`: change the model, not this file."
FOLDERS = ("cypher/schema", "cypher/load", "docs")
DOES = ("write", "delete", "read")

_TEMPLATES = Path(__file__).with_name("templates")
_COSTS = {"stop": "a wrong one stops the night", "quarantine": "", "note": "a wrong one is left out"}
_EXAMPLES = {
    "first_seen": "'2026-03-01T08:00:00'",
    "last_seen": "'2026-03-01T17:30:00'",
    "days": "1",
    "events": "3",
    "updated_on": "'2026-03-01'",
}


def render(model: Model) -> dict[str, str]:
    """Return the text of each generated file by its path below the root."""
    environment = _environment(model)
    statements: dict[str, str] = {}
    for table in (tables.accounts(model), *tables.identifiers(model)):
        (key,) = table.keys
        statements[table.constraint] = _text(environment, "constrain_node.cypher", label=table.name, key=key)
        for does in DOES:
            statements[table.statement(does)] = _nodes(environment, does, table)
    for _, declared, table in tables.with_table(model):
        for does in DOES:
            statements[table.statement(does)] = _relationships(environment, does, table, declared)
    relationships = list(model.relationships())
    dictionary = _text(
        environment, "data-dictionary.md", model=model, relationships=relationships, paying=_paying(model)
    )
    files = {f"cypher/{name}.cypher": text for name, text in sorted(statements.items())}
    return files | {"docs/data-dictionary.md": dictionary}


def _paying(model: Model) -> str:
    """The columns that say what was paid with."""
    found = (name for feed in model.feeds.values() for name, column in feed.columns.items() if column.pays)
    return ", ".join(dict.fromkeys(found))


def differing(model: Model, root: Path) -> list[str]:
    """Return the paths below `root` whose file is not what the model renders, sorted."""
    files = render(model)
    changed = [name for name, text in files.items() if _read(root / name) != text]
    return sorted([*changed, *_outdated(files, root)])


def write(model: Model, root: Path) -> list[str]:
    """Write the files that differ, remove generated ones that are no longer made, and return the paths of both."""
    files = render(model)
    changed = differing(model, root)
    for name in changed:
        path = root / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Write the generated files of a root folder, or with `--check` only name those that differ."""
    parser = argparse.ArgumentParser(prog="python -m ringwatch.render", description=main.__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that has schemas/; gets cypher/ and docs/")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file differs")
    options = parser.parse_args(arguments)
    try:
        model = load_model(options.root / "schemas")
    except RingwatchError as error:
        parser.exit(error.exit_code, f"{error}\n")
    changed = differing(model, options.root) if options.check else write(model, options.root)
    word = "differs from schemas/; run `make generated`" if options.check else "generated"
    sys.stdout.writelines(f"{name}: {word}\n" for name in changed)
    return 1 if options.check and changed else 0


def _nodes(environment: Environment, does: str, table: Table) -> str:
    (key,) = table.keys
    question = (
        "What is known of each account: its own newest row, its totals, and when it was active?"
        if table.name == ACCOUNT
        else f"Which {table.name} nodes are there, and what is known of each?"
    )
    properties = {name: kind for name, kind in table.said.items() if name != "updated_on"}
    return _text(
        environment, f"{does}_nodes.cypher", question=question, label=table.name, key=key, properties=properties
    )


def _relationships(environment: Environment, does: str, table: Table, declared: Relationship) -> str:
    to = declared.to
    return _text(
        environment, f"{does}_relationships.cypher", type=table.name, label=to.label, key=to.key, source=to.source
    )


def _text(environment: Environment, template: str, **values: Any) -> str:
    return environment.get_template(f"{template}.j2").render(values, note=NOTE, account_key=ACCOUNT_KEY)


def _environment(model: Model) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Cypher and Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "snake": tables.snake,
        "value": lambda name, kind: f"localdatetime(${name}[i])" if kind == "timestamp" else f"${name}[i]",
        "example": lambda name: _example(model, name),
        "rules": _rules,
        "cell": lambda text: text.replace("|", r"\|"),
        "kept": lambda column, name: ", ".join(f"{new} ({form})" for new, form in column.becomes.items()) or name,
        "number": lambda value: f"{value:g}",
    }
    return environment


def _example(model: Model, name: str) -> str:
    """Return a list of one value, as Cypher, that the parameter `name` could have."""
    if name in _EXAMPLES:
        return f"[{_EXAMPLES[name]}]"
    column = next((column for feed in model.feeds.values() for key, column in feed.kept.items() if key == name), None)
    if column and column.type == "timestamp":
        return "['2026-02-27T11:45:00']"
    if column and column.type in ("integer", "number"):
        return "[3]"
    return f"['{column.one_of[0] if column and column.one_of else name + '-1'}']"


def _rules(column: Column) -> str:
    found = {
        "one of " + ", ".join(column.one_of): column.one_of,
        f"matches `{column.pattern}`": column.pattern,
        f"at least {column.min or 0:,.15g}": column.min is not None,
        f"at most {column.max or 0:,.15g}": column.max is not None,
        f"not before {column.not_before}": column.not_before,
        _COSTS[column.severity]: column.severity != "quarantine",
    }
    return "; ".join(rule for rule, holds in found.items() if holds)


def _outdated(files: dict[str, str], root: Path) -> list[str]:
    """Return generated files below `root` that the model no longer makes."""
    paths = [path for folder in FOLDERS for path in (root / folder).glob("*.*") if path.suffix in (".cypher", ".md")]
    names = [path.relative_to(root).as_posix() for path in paths if NOTE in path.read_text(encoding="utf-8")]
    return [name for name in names if name not in files]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
