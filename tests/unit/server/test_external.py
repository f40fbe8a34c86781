"""Your own server, named by NEO4J_URI."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from ringwatch import server
from ringwatch.cli import app
from ringwatch.errors import InfrastructureError
from ringwatch.server import external
from ringwatch.server.connection import Connection, Versions
from ringwatch.settings import Settings

MakeSettings = Callable[..., Settings]
Answers = Callable[[str, str], None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Let the server answer with these versions of Neo4j and GDS."""

    def answer(neo4j: str, gds: str) -> None:
        monkeypatch.setattr(external, "ask_versions", lambda _: Versions(neo4j, gds))

    return answer


def test_the_named_server_is_used_and_none_is_started(make_settings: MakeSettings, answers: Answers) -> None:
    answers("5.26.22", "2.13.9")
    settings = make_settings(neo4j_uri="bolt://graph:7687", neo4j_user="reader", neo4j_password="hush")

    connection = server.ensure_running(settings)

    assert connection == Connection("bolt://graph:7687", "reader", "hush")
    assert not settings.home.exists()


@pytest.mark.parametrize(("neo4j", "gds"), [("4.4.40", "2.6.9"), ("5.26.22", "2.6.9"), ("2026.03.1", "2.13.9")])
def test_a_server_of_another_version_is_refused(
    make_settings: MakeSettings, answers: Answers, neo4j: str, gds: str
) -> None:
    answers(neo4j, gds)

    with pytest.raises(InfrastructureError, match=f"is {neo4j} with GDS {gds}; ringwatch needs Neo4j 5.26"):
        server.ensure_running(make_settings(neo4j_uri="bolt://graph:7687"))


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("bolt://127.0.0.1:1", "does not answer"),
        ("http://127.0.0.1:7474", "is not an address that can be used"),
        ("graph:7687", "is not an address that can be used"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, uri: str, told: str
) -> None:
    monkeypatch.setenv("NEO4J_URI", uri)

    done = CliRunner().invoke(app, ["server", "start"])

    assert done.exit_code == 4
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"ringwatch: Neo4j at {uri} (NEO4J_URI) {told}")


def test_the_password_is_not_shown_where_a_connection_is() -> None:
    assert "hush" not in repr(Connection("bolt://graph:7687", "neo4j", "hush"))
