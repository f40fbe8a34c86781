"""Airflow by the environment that docker-compose.yml gives it, its secrets as files, on a real Postgres."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML

pytest.importorskip("airflow")

from scripts.secrets_of_stack import draw

ROOT = Path(__file__).parents[2]
COMPOSE = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
Airflow = Callable[..., str]


@pytest.fixture(scope="module")
def secrets(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The secrets of the stack, and the database that one of them names."""
    folder = tmp_path_factory.mktemp("stack") / "secrets"
    draw(folder)
    url = sa.make_url(postgres)
    server = sa.create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        password = (folder / "airflow_db_password").read_text()
        connection.exec_driver_sql(f"CREATE ROLE stack_airflow LOGIN PASSWORD '{password}'")
        connection.exec_driver_sql("CREATE DATABASE stack_airflow OWNER stack_airflow")
        for name in ("airflow_db_conn", "airflow_db_conn_async"):
            (folder / name).chmod(0o600)
            text = (folder / name).read_text().replace("@postgres/airflow", f"@{url.host}:{url.port}/stack_airflow")
            (folder / name).write_text(text.replace("//airflow:", "//stack_airflow:"))
        yield folder
        connection.exec_driver_sql("DROP DATABASE stack_airflow WITH (FORCE)")
        connection.exec_driver_sql("DROP ROLE stack_airflow")
    server.dispose()


@pytest.fixture(scope="module")
def airflow(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Run a command of Airflow as the stack would, in a home with the file of the image; returns what it printed."""
    home = tmp_path_factory.mktemp("airflow")
    shutil.copy(ROOT / "deploy" / "airflow.cfg", home)
    given = COMPOSE["services"]["airflow-init"]["environment"]
    ours = {name: str(value).replace("/run/secrets", str(secrets)) for name, value in given.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}

    def run(*command: str) -> str:
        program = [Path(sys.executable).with_name("airflow"), *command]
        environment = clean | ours | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "false"}
        ended = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert (home / "airflow.cfg").read_text() == (ROOT / "deploy" / "airflow.cfg").read_text()
        return ended.stdout

    return run


def test_the_metadata_database_is_made_upgraded_and_cleaned_with_secrets_from_files(airflow: Airflow) -> None:
    airflow("db", "migrate")
    airflow("db", "migrate")

    airflow("db", "check-migrations", "--migration-wait-timeout", "0")
    airflow("db", "clean", "--yes", "--skip-archive", "--clean-before-timestamp", "2026-01-01")


def test_each_key_is_the_one_of_its_file(airflow: Airflow, secrets: Path) -> None:
    keys = {("core", "fernet_key"): "airflow_fernet_key", ("api_auth", "jwt_secret"): "airflow_jwt_secret"}
    for option, name in keys.items():
        assert airflow("config", "get-value", *option).split()[-1] == (secrets / name).read_text()
