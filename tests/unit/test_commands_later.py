"""Commands that are loaded when they are given: what stands for them says what they say."""

import inspect

import pytest
from typer.testing import CliRunner

from ringwatch.cli import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_all_commands_says_what_each_says_of_itself(name: str) -> None:
    stand_in, command = COMMANDS[name].stand_in(name), COMMANDS[name].load(name)

    first, *_ = inspect.cleandoc(command.help or "").split("\n\n")
    assert stand_in.help == first.replace("\n", " ")
    assert command.name == name


def test_a_command_that_is_misspelt_is_found() -> None:
    ended = CliRunner().invoke(app, ["ring", "list"])

    assert ended.exit_code == 2
    assert "Did you mean 'rings'" in ended.output


@pytest.mark.parametrize(
    ("words", "completed"), [("ringwatch ri", {"rings"}), ("ringwatch rings ", {"list", "show", "watch"})]
)
def test_a_shell_completes_commands_and_what_is_in_them(words: str, completed: set[str]) -> None:
    asked = {"_RINGWATCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}

    ended = CliRunner().invoke(app, [], prog_name="ringwatch", env=asked)

    assert completed <= set(ended.output.split())
