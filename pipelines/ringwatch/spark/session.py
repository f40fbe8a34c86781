"""Spark: the settings in; a session on the master that they name out, or one sentence that says what is lacking."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ringwatch.errors import InfrastructureError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ringwatch.settings import Settings

# The Java that Spark 4 needs.
JAVA = 17
_PANDAS = "PySpark does not yet fully support pandas"
_CALLING = "An error occurred while calling"
_LOG = Path(__file__).with_name("log4j2.properties")
# On this machine: nobody listens from elsewhere, and few parts, since each costs more than it is worth.
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
}
# They print what is raised as well, with the stack of Java.
_LOUD = ("DataFrameQueryContextLogger", "SQLQueryContextLogger")
# What a night needs of Spark; the setting spark_conf is stronger.
_CONF = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",  # small tables may be much work: shards
    "spark.python.daemon.module": "ringwatch.spark.daemon",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOG.as_uri()}",
    "spark.executorEnv.PYTHONWARNINGS": "ignore::FutureWarning",  # it says that it does not know pandas 3 fully yet
}


def check(settings: Settings) -> None:
    """Raise UsageError when what the setting engine needs of this machine is not there: PySpark, and Java."""
    if settings.engine != "spark":
        return
    if find_spec("pyspark") is None:
        raise UsageError("the engine spark needs PySpark, which is not installed: pip install 'ringwatch[spark]'")
    _check_java()


def session(settings: Settings) -> SparkSession:
    """Return the session of this process: the one that is open, as in notebooks of hosted services, or a new one.

    Raises UsageError without PySpark or Java, InfrastructureError when Spark does not start or its master does not
    answer.
    """
    check(settings)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", _PANDAS, FutureWarning)
    from pyspark.sql import SparkSession

    if running := SparkSession.getActiveSession():
        return running
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    master = settings.spark_master
    conf = _CONF | (_LOCAL if master.startswith("local") else {}) | settings.spark_conf
    builder = SparkSession.builder.master(master).appName("ringwatch")
    for name, value in conf.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise InfrastructureError(
            f"Spark did not start with the master {master}: {_first_line(error)}; "
            "see the settings spark_master and spark_conf"
        ) from None


@contextmanager
def failures(what: str) -> Iterator[None]:
    """Raise InfrastructureError when Spark gave up on what is done inside, after all its retries."""
    warnings.filterwarnings("ignore", _PANDAS, FutureWarning)
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise InfrastructureError(f"Spark gave up on {what}: {_cause(error)}") from None


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    then = f"install Java {JAVA} or later (on Debian: apt-get install openjdk-{JAVA}-jre-headless), or set JAVA_HOME"
    if java is None:
        raise UsageError(f"the engine spark needs Java, and there is none: {then}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA:
        raise UsageError(f"the engine spark needs Java {JAVA} or later, and {java} is another: {then}")


def _cause(error: Exception) -> str:
    """Return the last line of the Python traceback in a task's error, else the first line of the error."""
    text = str(error)
    raised = re.findall(r"^((?:[\w.]+)(?:Error|Refused|Exception|Interrupt)\b.*)$", text, re.MULTILINE)
    return raised[-1].removeprefix("ringwatch.errors.") if raised else _first_line(error)


def _first_line(error: Exception) -> str:
    """The first line that says something: py4j names its own call first."""
    lines = (line.strip().removeprefix(": ") for line in str(error).splitlines())
    return next((line for line in lines if line and not line.startswith(_CALLING)), type(error).__name__)
