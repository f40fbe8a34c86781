"""Commands that are loaded when they are given: until then a name and a line of help stand for each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Later:
    """A command that is not loaded yet.

    found: its module in `cli` and what it is called there, a function or a group of commands; helped: its first
    paragraph of help; given: what the function must be called with to make the command; panel: heading in the help.
    """

    found: str
    helped: str
    given: tuple[str, ...] = ()
    panel: str | None = None

    def load(self, name: str) -> Any:
        """Import the command and return it as the command line has it."""
        module, _, attribute = self.found.partition(":")
        found = getattr(import_module(f"ringwatch.cli.{module}"), attribute)
        parent = typer.Typer(add_completion=False)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=name)
        else:
            parent.command(name)(found(*self.given) if self.given else found)
        return typer.main.get_group(parent).commands[name]

    def stand_in(self, name: str) -> TyperCommand:
        """Return what help and completion need to know."""
        return TyperCommand(name, help=self.helped, rich_help_panel=self.panel)


class LaterGroup(TyperGroup):
    """A group whose commands are in `later`; `commands` has what stands for them."""

    later: dict[str, Later]

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.commands = {name: command.stand_in(name) for name, command in self.later.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.later[name].load(name) if name and command else None, rest
