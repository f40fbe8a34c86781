"""The process that Spark forks Python workers from: what they need takes seconds to import, and is imported once."""

from pyspark.daemon import manager

from ringwatch.gate import gx
from ringwatch.spark import tasks

__all__ = ["tasks"]

if __name__ == "__main__":
    gx.library()
    manager()
