"""`ringwatch config show`: every setting, its value and where it comes from."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from ringwatch.cli.output import Json, console, print_json, table
from ringwatch.masking import mask
from ringwatch.settings import Settings, load_settings, sources

app = typer.Typer(no_args_is_help=True, help="The settings.")


@app.command()
def show(as_json: Json = False) -> None:
    """Show each setting with its value, its source and what it means; secrets are hidden."""
    settings = load_settings()
    origin = sources(settings)
    shown = [
        (name, _text(getattr(settings, name)), origin[name], field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        print_json({name: {"value": value, "source": source} for name, value, source, _ in shown})
        return
    console.print(table("Settings", ("setting", "value", "source", "meaning"), shown))


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(_declared(value))
    return mask("" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value))


def _declared(tables: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield a line for each value in tables within tables, as ringwatch.toml could have it."""
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _declared(value, f"{above}{name}.")
        else:
            yield f"{above}{name} = {value}"
