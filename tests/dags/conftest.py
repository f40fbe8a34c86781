"""Airflow for tests: a home and a metadata database of its own, set before anything imports Airflow."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow.sdk import DAG

ROOT = Path(__file__).parents[2]
_HOME = tempfile.TemporaryDirectory(prefix="ringwatch-airflow-")
os.environ |= {
    "AIRFLOW_HOME": _HOME.name,
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME.name}/airflow.db",
}


@pytest.fixture(scope="session")
def dags() -> "dict[str, DAG]":
    """The DAGs of this repository, as Airflow loads them."""
    pytest.importorskip("airflow")
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    return dict(bag.dags)


@pytest.fixture(scope="session")
def nightly(dags: "dict[str, DAG]") -> "DAG":
    return dags["nightly_ring_discovery"]


@pytest.fixture(scope="session")
def metadata() -> None:
    """An empty metadata database."""
    pytest.importorskip("airflow")
    from airflow.utils.db import initdb

    initdb()
