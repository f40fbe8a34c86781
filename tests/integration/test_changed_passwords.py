"""Passwords that are changed while the deployment stands, as docs/deploy.md says it, on real servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest
import sqlalchemy as sa

from ringwatch import server
from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.server.external import external_connection
from ringwatch.settings import Settings, load_settings
from ringwatch.store.store import Store

pytestmark = pytest.mark.integration

OLD, NEW = "the-old-word-of-all", "the-new-word-of-all"
Given = Callable[..., Settings]


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Given:
    """Write secrets as files, as the stack has them, and return the settings that they make."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("RINGWATCH_SETTINGS_DIR", str(folder))

    def write(**secrets: str) -> Settings:
        for name, value in secrets.items():
            (folder / name).write_text(value)
        return load_settings(home=tmp_path / "var")

    return write


@pytest.fixture
def changed(neo4j_server: server.Connection) -> Iterator[Callable[[], None]]:
    """Change the password of the running Neo4j to the new one; afterwards it is as before."""

    def change(old: str, new: str) -> None:
        with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=(neo4j_server.user, old)) as driver:
            driver.execute_query(
                "ALTER CURRENT USER SET PASSWORD FROM $old TO $new", old=old, new=new, database_="system"
            )

    yield lambda: change(neo4j_server.password, NEW)
    change(NEW, neo4j_server.password)


def test_a_changed_password_of_neo4j_is_taken_from_its_file(
    neo4j_server: server.Connection, changed: Callable[[], None], given: Given
) -> None:
    settings = given(neo4j_uri=neo4j_server.uri, neo4j_password=neo4j_server.password)
    external_connection(settings)

    changed()

    with pytest.raises(InfrastructureError, match="refused the login: check NEO4J_USER and NEO4J_PASSWORD") as refused:
        external_connection(settings)
    assert neo4j_server.password not in str(refused.value)
    graph = Graph(external_connection(given(neo4j_password=NEW)))
    assert graph.read("RETURN 1 AS one") == [{"one": 1}]
    graph.close()


@pytest.fixture
def role(postgres: str) -> Iterator[tuple[Callable[[str], str], Callable[[], None]]]:
    """A role with a database of its own: its address by password, and what changes that to the new one."""
    url = sa.make_url(postgres)
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE rotating LOGIN PASSWORD '{OLD}'")
        connection.exec_driver_sql("CREATE DATABASE rotating OWNER rotating")
        yield (
            lambda password: url.set(username="rotating", password=password, database="rotating").render_as_string(
                hide_password=False
            ),
            lambda: connection.exec_driver_sql(f"ALTER ROLE rotating PASSWORD '{NEW}'"),
        )
        connection.exec_driver_sql("DROP DATABASE rotating WITH (FORCE)")
        connection.exec_driver_sql("DROP ROLE rotating")
    admin.dispose()


def test_a_changed_password_of_postgres_is_taken_from_its_file_and_disturbs_nobody_who_works(
    role: tuple[Callable[[str], str], Callable[[], None]], given: Given
) -> None:
    address, change = role
    at_work = Store.open(given(ringwatch_store_url=address(OLD)).store_address)
    days = at_work.published.days()

    change()

    assert at_work.published.days() == days
    at_work.close()
    with pytest.raises(InfrastructureError, match="the review store") as refused:
        Store.open(given().store_address)
    assert OLD not in str(refused.value)
    store = Store.open(given(ringwatch_store_url=address(NEW)).store_address)
    assert store.published.days() == days
    store.close()
