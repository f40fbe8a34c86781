"""What is dragged into Neo4j Browser: each question as a file, the style of the graph, and a page that says how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ringwatch import browser, investigate
from ringwatch.errors import InfrastructureError

STYLE, GUIDE = "ringwatch.grass", "guide.html"
TEMPLATE = Path(__file__).parent / "templates" / "query_pack.html.j2"


def write(folder: Path, kinds: Mapping[str, str]) -> list[Path]:
    """Write the pack into `folder` and return its files; `kinds` has the property that names each kind of identifier.

    A question asks for the values that differ from time to time, such as `$ring_id`; the others are in its text.
    Raises InfrastructureError when the folder cannot be written.
    """
    texts = {query.name: _ready(query, kinds) for query in investigate.queries()}
    files = {f"{name}.cypher": text + "\n" for name, text in texts.items()}
    files |= {STYLE: browser.grass(browser.style(kinds)), GUIDE: _guide(texts)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error.strerror}") from None
    return [folder / name for name in files]


def _ready(query: investigate.Query, kinds: Mapping[str, str]) -> str:
    examples = investigate.examples(query, lambda: kinds)
    fixed = {name: value for name, value in examples.items() if name not in query.needed}
    return investigate.filled_in(query, fixed)


def _guide(texts: Mapping[str, str]) -> str:
    from jinja2 import Environment, StrictUndefined

    template = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return template.from_string(TEMPLATE.read_text("utf-8")).render(
        questions=[(query, texts[query.name]) for query in investigate.queries()], style=STYLE
    )
