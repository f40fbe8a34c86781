"""A new review store for each test, on SQLite and on a real Postgres."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

from ringwatch.store.store import Store

settings.register_profile(
    "review", max_examples=40, deadline=None
)  # the time of one example says nothing on a busy machine
settings.load_profile("review")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "review.db"
    Store.open(path).close()
    return path


@pytest.fixture(scope="session")
def postgres_server(postgres: str) -> Iterator[sa.Engine]:
    server = sa.create_engine(sa.make_url(postgres), isolation_level="AUTOCOMMIT")
    yield server
    server.dispose()


@pytest.fixture(scope="session")
def migrated_database(postgres_server: sa.Engine) -> Iterator[str]:
    with _database(postgres_server, "template1") as url:
        Store.open(url.render_as_string(hide_password=False)).close()
        yield str(url.database)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database that is empty, or has the schema already where the test asks for a store."""
    migrated = "store" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "review.db"
        if migrated:
            shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("migrated_database") if migrated else "template1"
    with _database(request.getfixturevalue("postgres_server"), template) as url:
        yield url.render_as_string(hide_password=False)


@contextmanager
def _database(server: sa.Engine, template: str) -> Iterator[sa.URL]:
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        yield server.url.set(database=name)
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    opened = Store.open(address)
    yield opened
    opened.close()
