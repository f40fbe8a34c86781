"""Who may do what in the databases of the production stack, as its own script and command make them."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from judged import MONDAY, TUESDAY, accounts, publish, ring_of
from ruamel.yaml import YAML

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.resources import SCHEMAS
from ringwatch.review.desk import Desk
from ringwatch.settings import Settings
from ringwatch.store import roles
from ringwatch.store.store import Store
from scripts.secrets_of_stack import draw

ROOT = Path(__file__).parents[3]
CONTRACT = [
    entry["name"] for entry in YAML(typ="safe").load(SCHEMAS / "contracts" / "flagged_rings.odcs.yaml")["schema"]
]
ROLES = ("airflow", "pipeline", "page", "consumers")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stack") / "secrets"
    draw(folder)
    return folder


@pytest.fixture(scope="module")
def server(postgres: str, secrets: Path) -> Iterator[sa.URL]:
    """A Postgres on which the script that the container runs once has run."""
    url = sa.make_url(postgres)
    psql = shutil.which("psql")
    if psql is None or url.password is None:
        pytest.skip("no psql")
    environment = os.environ | {
        "SECRETS": str(secrets), "POSTGRES_USER": str(url.username), "PGHOST": str(url.host), "PGPORT": str(url.port),
        "PGPASSWORD": url.password,
    }  # fmt: skip
    subprocess.run(["sh", ROOT / "deploy" / "create-databases.sh"], env=environment, check=True, capture_output=True)
    yield url
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for database in ("airflow", "ringwatch"):
            connection.exec_driver_sql(f"DROP DATABASE {database} WITH (FORCE)")
        for role in ROLES:
            connection.exec_driver_sql(f"DROP ROLE {role}")
    admin.dispose()


@pytest.fixture(scope="module")
def address(server: sa.URL, secrets: Path) -> Callable[..., sa.URL]:
    """The address of a database for one of the roles, with the password that was drawn for it."""

    def made(role: str, database: str = "ringwatch") -> sa.URL:
        password = (secrets / f"{role}_db_password").read_text()
        return server.set(drivername="postgresql+psycopg", username=role, password=password, database=database)

    return made


@pytest.fixture(scope="module")
def prepared(address: Callable[..., sa.URL]) -> Iterator[Store]:
    """The store, opened by the role of nights, with one night, and rights given."""
    store = Store.open(address("pipeline").render_as_string(hide_password=False))
    publish(store, MONDAY, {"a": accounts(range(6))})
    roles.grant(store.engine, "page", "consumers")
    yield store
    store.close()


def ask(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def refused(url: sa.URL, statement: str) -> bool:
    try:
        ask(url, statement)
    except sa.exc.DBAPIError as error:
        return "permission denied" in str(error)
    return False


def test_consumers_read_what_the_contract_names_and_nothing_else(
    prepared: Store, address: Callable[..., sa.URL]
) -> None:
    tables = [*sa.inspect(prepared.engine).get_table_names(), *sa.inspect(prepared.engine).get_view_names()]

    readable = [name for name in tables if not refused(address("consumers"), f"SELECT * FROM {name}")]

    assert sorted(readable) == sorted(CONTRACT)


@pytest.mark.parametrize("role", ["page", "consumers"])
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM ring", "UPDATE run SET state = 'replaced'", "INSERT INTO change DEFAULT VALUES",
     "DELETE FROM verdict", "CREATE TABLE mine (a int)", "DROP VIEW flagged_rings", "DELETE FROM lease"],
)  # fmt: skip
def test_neither_page_nor_consumers_change_what_nights_wrote(
    prepared: Store, address: Callable[..., sa.URL], role: str, statement: str
) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"permission denied|must be owner"):
        ask(address(role), statement)


def test_reviewers_do_all_that_the_page_offers_with_its_role(prepared: Store, address: Callable[..., sa.URL]) -> None:
    store = Store.open(address("page").render_as_string(hide_password=False))
    desk = Desk(store, Settings(), "ana", lambda: datetime(2026, 3, 3, 12))
    ring = ring_of(prepared, MONDAY, "A000")

    desk.claim(ring)
    desk.unclaim(ring)
    desk.claim(ring)
    seq = desk.decide(ring, "confirmed", "one card")
    desk.undo(seq, "wrong ring")
    desk.note(ring, "look again")
    desk.release("A001", ring)
    desk.allow("payment", "card:1")

    assert [row["decision"] for row in desk.log(ring)] == ["confirmed", "undo", "noted", "released"]
    store.close()


def test_the_databases_are_closed_to_each_others_roles(prepared: Store, address: Callable[..., sa.URL]) -> None:
    ask(address("airflow", "airflow"), "CREATE TABLE metadata (a int)")

    assert refused(address("airflow"), "SELECT 1")
    assert all(refused(address(role, "airflow"), "SELECT 1") for role in ("pipeline", "page", "consumers"))


def test_rights_are_given_again_after_each_night_and_upgrade(prepared: Store, address: Callable[..., sa.URL]) -> None:
    roles.grant(prepared.engine, "page", "consumers")
    publish(prepared, TUESDAY, {"a": accounts(range(7))})

    ask(address("consumers"), "SELECT * FROM flagged_rings")


def test_a_role_that_is_not_there_is_said_in_one_sentence(prepared: Store) -> None:
    with pytest.raises(InfrastructureError, match="Postgres has no role nobody; make it first"):
        roles.grant(prepared.engine, "nobody", None)


def test_sqlite_has_no_roles(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "review.db")
    with pytest.raises(UsageError, match="roles are Postgres's"):
        roles.grant(store.engine, "page", None)
    store.close()
