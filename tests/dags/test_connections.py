"""Airflow's connections as a source of secrets for the tasks of nights."""

from pathlib import Path

import pytest

pytest.importorskip("airflow")

from ringwatch.airflow import connections
from ringwatch.errors import UsageError
from ringwatch.settings import Settings


@pytest.fixture(autouse=True)
def elsewhere(metadata: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without ringwatch.toml."""
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, **addresses: str) -> Settings:
    """The settings of a task to which Airflow's environment gives these connections."""
    for name, address in addresses.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", address)
    return connections.settings()


def test_without_connections_the_settings_are_those_of_ringwatch(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch)

    assert (settings.neo4j_uri, settings.store_url) == (None, None)


def test_connections_say_where_graph_and_store_are_and_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(
        monkeypatch,
        neo4j_default="neo4j://pipeline:s%40cret-word@graph.example:7690",
        review_db="postgres://rings:o%2Fther-word@db.example:5433/reviews?sslmode=require",
    )

    assert (settings.neo4j_uri, settings.neo4j_user) == ("bolt://graph.example:7690", "pipeline")
    assert settings.neo4j_password is not None
    assert settings.neo4j_password.get_secret_value() == "s@cret-word"
    assert settings.store_url == "postgresql+psycopg://rings:o%2Fther-word@db.example:5433/reviews?sslmode=require"


@pytest.mark.parametrize(
    ("extras", "scheme"),
    [
        ("neo4j_scheme=true", "neo4j"),
        ("certs_trusted_ca=true", "bolt+s"),
        ("neo4j_scheme=true&certs_self_signed=true", "neo4j+ssc"),
        ("encrypted=false", "bolt"),
    ],
)
def test_a_connection_to_the_graph_means_what_it_means_to_airflow(
    monkeypatch: pytest.MonkeyPatch, extras: str, scheme: str
) -> None:
    settings = given(monkeypatch, neo4j_default=f"neo4j://neo4j:long-enough@graph.example?{extras}")

    assert settings.neo4j_uri == f"{scheme}://graph.example:7687"


def test_a_setting_of_ringwatch_goes_before_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_URI", "bolt://mine.example:7687")
    monkeypatch.setenv("RINGWATCH_STORE_URL", "sqlite:///mine.db")

    settings = given(
        monkeypatch, neo4j_default="neo4j://neo4j:long-enough@other.example", review_db="postgres://other.example/db"
    )

    assert (settings.neo4j_uri, settings.store_url) == ("bolt://mine.example:7687", "sqlite:///mine.db")


@pytest.mark.parametrize(
    ("name", "address", "takes"),
    [
        ("review_db", "mysql://rings:long-enough@db.example/reviews", "postgres"),
        ("neo4j_default", "http://neo4j:long-enough@graph.example", "neo4j"),
        ("neo4j_default", "neo4j://", "neo4j"),
    ],
)
def test_a_connection_to_something_else_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str, takes: str
) -> None:
    with pytest.raises(
        UsageError, match=f"the Airflow connection {name} is of the type .* it takes {takes}"
    ) as refused:
        given(monkeypatch, **{name: address})

    assert "long-enough" not in str(refused.value)
