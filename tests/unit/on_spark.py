"""Spark for tests: two cores of this machine, and three tries for each task."""

import os
import shutil

import pytest

SPARK = "local[2,3]"
# Many small plans: the JVM does not pay off what it optimises for them.
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")

needs_spark = pytest.mark.skipif(
    shutil.which("java") is None and not os.environ.get("CI"),
    reason="Spark needs Java 17: apt-get install openjdk-17-jre-headless",
)
