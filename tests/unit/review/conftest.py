"""A new review store for each test, on SQLite and on a real Postgres."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

from ringwatch.store.store import Store

settings.register_profile(
    "review", max_examples=40, deadline=None
)  # the time of one example says nothing on a busy machine
settings.load_profile("review")

GIVEN = os.environ.get("RINGWATCH_TEST_POSTGRES_URL")
SKIPPED = (
    "no Postgres: set RINGWATCH_TEST_POSTGRES_URL, or install its server "
    "(Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17)"
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """SQLAlchemy address of a Postgres on which schemas may be made."""
    if GIVEN:
        yield GIVEN
        return
    binaries = _postgres_binaries()
    if binaries is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(SKIPPED)
    yield from _run_postgres(binaries)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'review.db'}"
        return
    url = sa.make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    schema = f"test_{uuid.uuid4().hex}"
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
        yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    server.dispose()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    opened = Store.open(address)
    yield opened
    opened.close()


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def _run_postgres(binaries: Path) -> Iterator[str]:
    """A server of its own, loopback only, as user postgres where root is refused."""
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="ringwatch-postgres-"))
    password = uuid.uuid4().hex
    (folder / "password").write_text(password)
    if user:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(folder / "password", "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = ["-D", str(folder / "data")]
    server = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **user}
    superuser = ["-U", "ringwatch", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}"]
    subprocess.run([binaries / "initdb", *data, *superuser, "-E", "UTF8", "--no-sync"], check=True, **quiet)
    subprocess.run([binaries / "pg_ctl", *data, "-w", "-l", folder / "log", "-o", server, "start"], check=True, **quiet)
    try:
        yield f"postgresql+psycopg://ringwatch:{password}@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([binaries / "pg_ctl", *data, "-m", "immediate", "stop"], check=True, **quiet)
        shutil.rmtree(folder)
