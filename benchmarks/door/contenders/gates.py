"""The contenders at the gate: ours, plain Great Expectations, and the same rules as SQL in DuckDB."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from benchmarks.door.contenders import gx_rules, sql_rules
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from ringwatch.model import load_model
from ringwatch.night import open_night


def ours(home: str, feeds: str, day: str) -> Job:
    """The stage validate as a night runs it.

    All feeds: read, normalised to canonical and typed values, judged, personal values replaced by keyed tokens, rows of
    unknown accounts held, duplicates counted, all parts written as Parquet, ledger and trends kept. What the other
    contenders refuse a row for may cost only the value here (severity `note`), and is counted all the same.
    """
    from ringwatch import stages
    from ringwatch.gate import gx
    from ringwatch.stages import validate  # noqa: F401  # imported before the clock starts

    gx.library()
    night = open_night(home_settings(home), date.fromisoformat(day), Path(feeds))

    def job() -> Done:
        with night:
            report = stages.run_stage("validate", night)
        feeds = [name.removesuffix(".rows") for name in report.counts if name.endswith(".rows")]
        refused = {name: report.counts[f"{name}.quarantined"] + report.counts[f"{name}.noted"] for name in feeds}
        rows = sum(count for name, count in report.counts.items() if name.endswith(".rows"))
        return Done(rows, refused, report.seconds)

    return job


def plain_gx(feeds: str, day: str) -> Job:
    """Great Expectations as its documentation shows it: each file whole in pandas, one suite, COMPLETE results.

    Reads, drops rows that are there twice, validates, makes the set of rows to refuse; normalises and writes nothing.
    """
    import pandas as pd

    model, on = load_model(), date.fromisoformat(day)
    suites = {name: gx_rules.suite(feed, model.defaults, on) for name, feed in model.feeds.items()}
    batch_definition = gx_rules.batch_definition()

    def job() -> Done:
        rows, refused = 0, {}
        for name, suite in suites.items():
            frame = pd.read_parquet(Path(feeds) / day / f"{name}.parquet")
            rows += len(frame)
            batch = batch_definition.get_batch({"dataframe": frame.drop_duplicates(ignore_index=True)})
            result = batch.validate(suite, result_format={"result_format": "COMPLETE"})
            refused[name] = len(gx_rules.unexpected(result))
        return Done(rows, refused)

    return job


def duckdb_sql(feeds: str, day: str, out: str) -> Job:
    """The rules as one SELECT a feed: reads, drops rows that are there twice, writes clean rows and refused ones."""
    import duckdb
    import pyarrow.parquet as pq

    model, on = load_model(), date.fromisoformat(day)
    queries = {name: sql_rules.judging(feed, model.defaults, on) for name, feed in model.feeds.items()}
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)

    def job() -> Done:
        rows, refused = 0, {}
        with duckdb.connect() as connection:
            for name, query in queries.items():
                source = Path(feeds) / day / f"{name}.parquet"
                rows += pq.read_metadata(source).num_rows
                connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {query.format(source=source)}").fetchall()
                clean = "SELECT * EXCLUDE (broken) FROM judged WHERE len(broken) = 0"
                connection.execute(f"COPY ({clean}) TO '{folder / name}.clean.parquet'").fetchall()
                bad = f"COPY (FROM judged WHERE len(broken) > 0) TO '{folder / name}.refused.parquet'"
                refused[name] = connection.execute(bad).fetchall()[0][0]
        return Done(rows, refused)

    return job
