"""Opens the review store's database, SQLite or Postgres, and brings its schema to the program's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.symptoms import LOST_STORE

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))  # alembic's own note
_BUSY_SECONDS = 30
_FORGET = "ringwatch_forgets"
_POSTGRES_LOCK = 0x52494E47  # any number of our own; one writer at a time


@dataclass(frozen=True)
class Schema:
    """The schema of a store and the newest that this program has; no revision: a database without tables."""

    revision: str | None
    newest: str

    @property
    def is_known(self) -> bool:
        return self.revision in revisions()

    @property
    def is_newest(self) -> bool:
        return self.revision == self.newest


def schema(address: str | Path) -> Schema | None:
    """Return the schema of a store as it is, without migrating it; None when its SQLite file is not there.

    Raises UsageError for an address that is none, InfrastructureError when it does not answer.
    """
    url = _url(address)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return None
    engine = _engine(url)
    try:
        with reading(engine) as connection:
            return Schema(_revision(connection), revisions()[-1])
    finally:
        engine.dispose()


def open_engine(address: str | Path) -> sa.Engine:
    """Return an engine on a database of the newest schema: a SQLAlchemy URL, or the file of a SQLite database.

    Raises UsageError for an address that is none, InfrastructureError when the database cannot be opened or migrated.
    """
    engine = _engine(_url(address))
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: sa.Engine, beside: bool = False) -> Iterator[sa.Connection]:
    """One transaction that writes, the only one at that moment; an exception rolls all of it back.

    `beside`: on Postgres it does not wait for another that writes other tables.
    """
    options = {"ringwatch_writes": True}
    with _failures(engine.url), engine.connect() as connection, connection.execution_options(**options).begin():
        if engine.dialect.name == "postgresql" and not beside:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
        connection.info[_FORGET] = False
        yield connection
        forgetting = connection.info[_FORGET]
    if forgetting:
        _forget(engine)


def forget(connection: sa.Connection) -> None:
    """When the transaction is done, let the files of the database forget what it deleted."""
    connection.info[_FORGET] = True


def expect_writing(connection: sa.Connection) -> None:
    """Raise RuntimeError where the transaction was opened for reading."""
    if not connection.get_execution_options().get("ringwatch_writes"):
        raise RuntimeError("this writes to the review store: open the transaction with Store.writing()")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction whose statements all see the same state."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with _failures(engine.url), engine.connect() as connection, connection.execution_options(**options).begin():
        yield connection


def now(connection: sa.Connection) -> datetime:
    """UTC without a zone, by the clock that all who share the store look at."""
    if connection.dialect.name == "postgresql":
        clock = sa.func.timezone("UTC", sa.func.clock_timestamp(), type_=sa.DateTime)
        return connection.execute(sa.select(clock)).scalar_one()
    return datetime.now(UTC).replace(tzinfo=None)


def _url(address: str | Path) -> URL:
    if isinstance(address, Path):  # a URL as text has no way to write a question mark in a path
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address)
    except sa.exc.ArgumentError:
        raise UsageError("setting store_url is no SQLAlchemy address, such as sqlite:///var/review.db") from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(f"the review store can be SQLite or Postgres, not {url.get_backend_name()}")
    return url


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    try:
        return sa.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise UsageError("a Postgres review store needs its driver: pip install 'ringwatch[postgres]'") from None


def _sqlite_engine(url: URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise UsageError("the review store needs a file, such as sqlite:///var/review.db")
    _keep_to_owner(Path(url.database))
    engine = sa.create_engine(url)
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _keep_to_owner(path: Path) -> None:
    """Create the file before SQLite does; the files that SQLite puts beside it take over its rights."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise InfrastructureError(f"review store {path}: {error.strerror}; check the folder and its rights") from None


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    _write_ahead(connection)


@retry(
    retry=retry_if_exception(lambda error: getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY),
    stop=stop_after_delay(_BUSY_SECONDS),
    wait=wait_fixed(0.05),
    reraise=True,
)
def _write_ahead(connection: Any) -> None:
    """Let readers go on while one writes. SQLite itself does not wait here for another that opens the same new file."""
    connection.execute("PRAGMA journal_mode = WAL")


def _on_sqlite_begin(connection: sa.Connection) -> None:
    """Take the write lock at once where we are going to write: a lock that is upgraded later can be refused."""
    options = connection.get_execution_options()
    if not options.get("ringwatch_bare"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("ringwatch_writes") else "BEGIN")


def _forget(engine: sa.Engine) -> None:
    """SQLite forgets at once, Postgres when it writes there again."""
    sqlite = engine.dialect.name == "sqlite"
    options = {"ringwatch_bare": True} if sqlite else {"isolation_level": "AUTOCOMMIT"}
    with _failures(engine.url), engine.connect() as connection:
        connection.execution_options(**options)
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)") if sqlite else ("VACUUM",):
            connection.exec_driver_sql(statement)


@contextmanager
def _failures(url: URL) -> Iterator[None]:
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:  # the latter when a connection is opened
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise InfrastructureError(
            f"the review store {url.render_as_string(hide_password=True)} failed: {reason}; "
            "nothing of this step was written, run it again when the cause is gone",
            LOST_STORE,
        ) from error


def _migrate(engine: sa.Engine) -> None:
    """Upgrade the schema if it is not the newest; only that takes the write lock, and loads alembic."""
    with reading(engine) as connection:
        current = _is_current(connection, engine.url)
    if not current:
        from alembic import command

        with writing(engine) as connection:
            command.upgrade(_config(connection), "head")


def _is_current(connection: sa.Connection, url: URL) -> bool:
    known = revisions()
    revision = _revision(connection)
    if revision is not None and revision not in known:
        raise InfrastructureError(
            f"the review store {url.render_as_string(hide_password=True)} has schema {revision}, which this ringwatch "
            "does not know; install the newer ringwatch that made it"
        )
    return revision == known[-1]


def revisions() -> list[str]:
    """Return the revisions of the schema, oldest first: what the names of their files begin with."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _revision(connection: sa.Connection) -> str | None:
    """Return the revision that alembic noted in the database, None for a database without tables."""
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.scalar(sa.select(_VERSIONS.c.version_num))


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    return config
