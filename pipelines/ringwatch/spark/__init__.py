"""Nights beyond one machine, on Apache Spark (extra `spark`). Only this package knows PySpark.

`session.py` starts or joins Spark; `answers.py` asks each shard on its executors what `window/each.py` asks here.
"""
