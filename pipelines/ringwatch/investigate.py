"""Questions for investigators: files of `cypher/investigate/` and values in; answers, and links to Neo4j Browser, out.

A file begins with comments: the question, what it returns, and an example of each parameter, whose form is its type
(`// :param ring_id => 'R-1'`). Parameters called `limit` have their example as default; `keys`, the property that names
each kind of identifier, is as the statements made from the model say: a question need not read the model itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ringwatch.errors import UsageError
from ringwatch.resources import CYPHER, cypher
from ringwatch.server import Connection

if TYPE_CHECKING:
    from ringwatch.graph import Graph

# Returns the property that names each kind of identifier.
Keys = Callable[[], Mapping[str, str]]

# What must be there for a question to have an answer, by the name of the parameter.
_KNOWN = {"ring_id": "ring", "account_id": "account", "first": "account", "second": "account"}
_UNKNOWN = {
    "ring": "there is no ring {} in the graph, which has those of the newest night; see `ringwatch rings list`, and "
    "`ringwatch rings show {}` for one of before",
    "account": "there is no account {} in the graph; `ringwatch accounts show {}` says what is known of it",
}

_PARAMETER = re.compile(r"^// :param (\w+) => (.+)$", re.MULTILINE)


def _written(text: str) -> str:
    text.encode()  # bytes that are no UTF-8 come in as what cannot be sent
    return text


def _counted(text: str) -> int:
    """A number of rows, as large as Cypher has it."""
    if not 1 <= (number := int(text)) < 2**63:
        raise ValueError
    return number


_KINDS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    (r"'.*'", "text", _written),
    (r"-?\d+", "a whole number from 1 on", _counted),
    (r"-?\d+\.\d+", "a number", float),
    (r"date\(.*\)", "a day like 2026-03-06", date.fromisoformat),
)


@dataclass(frozen=True)
class Query:
    """One question. parameters: name and example, as in the file, of those that are asked for."""

    name: str
    question: str
    returns: str
    parameters: dict[str, str]
    text: str

    @property
    def example(self) -> str:
        """A command that runs it."""
        needed = "".join(f" --param {name}={_bare(example)}" for name, example in self.needed.items())
        return f"ringwatch query run {self.name}{needed}"

    @property
    def needed(self) -> dict[str, str]:
        return {name: example for name, example in self.parameters.items() if name != "limit"}


def queries() -> list[Query]:
    """Return all questions, by name."""
    return [find(path.stem) for path in sorted((CYPHER / "investigate").glob("*.cypher"))]


def find(name: str) -> Query:
    """Return the question `name`. Raises UsageError that suggests one when there is none."""
    names = sorted(path.stem for path in (CYPHER / "investigate").glob("*.cypher"))
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"; do you mean {near[0]}?" if near else "; see `ringwatch query list`"
        raise UsageError(f"there is no query {name}{hint}")
    text = cypher(f"investigate/{name}")
    first, second = (line.removeprefix("// ") for line in text.splitlines()[:2])
    parameters = {name: example for name, example in _PARAMETER.findall(text) if name != "keys"}
    return Query(name, first, second.removeprefix("Returns: "), parameters, text)


def values(query: Query, given: Mapping[str, str], keys: Keys) -> dict[str, Any]:
    """Return all parameters of `query`, `given` as text, typed; `keys` is asked only by a query that needs it.

    Raises UsageError for one that is missing, unknown or of another type.
    """
    unknown = sorted(set(given) - set(query.parameters))
    if unknown:
        raise UsageError(f"{query.name} has no parameter {unknown[0]}; it has {', '.join(query.parameters) or 'none'}")
    missing = [name for name in query.needed if name not in given]
    if missing:
        raise UsageError(f"{query.name} needs {' and '.join(missing)}, for example: {query.example}")
    texts = {name: given.get(name, _bare(example)) for name, example in query.parameters.items()}
    typed = {name: _typed(name, text, query.parameters[name]) for name, text in texts.items()}
    return typed | ({"keys": keys()} if "$keys" in query.text else {})


def examples(query: Query, keys: Keys) -> dict[str, Any]:
    """Return the parameters of `query` as its file shows them, for a person to replace."""
    return values(query, {name: _bare(example) for name, example in query.parameters.items()}, keys)


def check_known(graph: Graph, parameters: Mapping[str, Any]) -> None:
    """Raise UsageError when a ring or account that was asked about is not in the graph."""
    for name, value in parameters.items():
        if name in _KNOWN and not graph.read(cypher(f"investigate/known/{_KNOWN[name]}"), id=value)[0]["known"]:
            raise UsageError(_UNKNOWN[_KNOWN[name]].replace("{}", value))


def browser_link(connection: Connection, query: Query, parameters: Mapping[str, Any]) -> str | None:
    """Return the link that opens Neo4j Browser with the question in its editor, ready to run.

    A link carries no parameters, so they are literals in its text. None where the address of Browser is not known, or
    where a value holds a backslash.
    """
    if connection.browser_url is None or not all(map(_fits_into_a_link, parameters.values())):
        return None
    return f"{connection.browser_url}&cmd=edit&arg={quote(filled_in(query, parameters), safe='')}"


def filled_in(query: Query, parameters: Mapping[str, Any]) -> str:
    """Return the question as one text, values in their places, without `&` and `#`, at which Browser would cut it.

    A parameter without a value stays one.
    """
    statement = "\n".join(line for line in query.text.splitlines() if not line.startswith("//"))
    filled = re.sub(
        r"\$(\w+)", lambda found: _literal(parameters[found[1]]) if found[1] in parameters else found[0], statement
    )
    return f"// {query.question}\n{filled}"


def _literal(value: Any) -> str:
    """A value as Cypher. Text may hold no backslash: see `_fits_into_a_link`."""
    if isinstance(value, str):
        return "'" + "".join(_ESCAPED.get(letter, letter) for letter in value) + "'"
    if isinstance(value, date):
        return f"date('{value.isoformat()}')"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_literal(part)}" for name, part in value.items()) + "}"
    return repr(value)


_ESCAPED = {"'": "\\'", "&": "\\u0026", "#": "\\u0023", "\n": "\\n", "\r": "\\r"}


def _fits_into_a_link(value: Any) -> bool:
    """Cypher reads \\uXXXX before it looks for the end of a text, so that no way of writing a backslash is safe."""
    return "\\" not in value if isinstance(value, str) else True


def _typed(name: str, text: str, example: str) -> Any:
    kind, read = next((kind, read) for form, kind, read in _KINDS if re.fullmatch(form, example))
    try:
        return read(text)
    except ValueError:
        raise UsageError(f"{name} must be {kind}, not {text!r}") from None


def _bare(example: str) -> str:
    """The example as a person would type it."""
    return re.sub(r"^(?:date\()?'(.*)'\)?$", r"\1", example)
