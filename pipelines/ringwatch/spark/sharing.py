"""The tables of `sharing` on Spark, cut into shards: clean days in; packed shards below the setting `spark_dir` out.

packed   shard, name, rows, packed: the tables of each shard (`window/shards.py`), what accounts share two by two among
         them; rows of `link` are those that the graph would show
account  account_id, shard: accounts that are in one
made     a file of the home that says of which night they are, how many, what was cut, and what was counted

They are made once a night, again when anything that they follow from is another, and go when the night is published.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema

from ringwatch import duck
from ringwatch.days import history
from ringwatch.days.durable import replacing
from ringwatch.days.in_use import feeds_in_use
from ringwatch.model import ACCOUNT, ACCOUNT_FEED, ACCOUNT_KEY, Feed
from ringwatch.night import Night
from ringwatch.spark import paths, splitting
from ringwatch.spark.making import OnSpark
from ringwatch.spark.parts import Types, Work, arrow_schema, opened, types_of
from ringwatch.spark.session import failures, session
from ringwatch.spark.streams import packed
from ringwatch.window import pairs, shards, sharing
from ringwatch.window.statements import Read, Statement

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SHARDS = pa.schema([("shard", pa.int32()), ("name", pa.string()), ("rows", pa.int64()), ("packed", pa.binary())])
# What a shard has rows of: by its accounts, by what these use, or all of it.
_READS: tuple[Read, ...] = (
    Read("shard", "shard"),
    *(Read(table, "account", "shard", "account") for table in ("account", "sighting", "stay", "employed")),
    *(Read(table, "account", "shard", "account") for table in ("abode", "guest")),
    *(Read(table, "identifier", "used", "identifier") for table in ("identifier", "whereabouts")),
    Read("opening", "network", "stayed", "network"),
    *(Read("dealing", end, "shard", "account") for end in ("source", "target")),
    Read("dealt", "source", "shard", "account"),
)
_WHOLE = ("facet", "figure", "usual")
_USED = Statement(
    "account",
    (Read("sighting", "account"), Read("shard", "account")),
    "used",
    "SELECT DISTINCT shard, identifier FROM sighting JOIN shard USING (account)",
)
_NAMED = Statement(
    "name",
    (Read("identifier", "name"), Read("facet", "name", whole=True)),
    "named",
    f"""
SELECT count(*) AS identifiers, count(*) FILTER (accounts > 1) AS shared, count(*) FILTER (hub) AS hubs
FROM (
  SELECT label, name, max(accounts) AS accounts, bool_or(hub) AS hub
  FROM identifier JOIN facet USING (facet) WHERE label <> '{ACCOUNT}' GROUP BY ALL
)
""",
)
_STAYED = Statement(
    "account",
    (Read("stay", "account"), Read("shard", "account")),
    "stayed",
    "SELECT DISTINCT shard, network FROM stay JOIN shard USING (account)",
)


@dataclass(frozen=True)
class Made:
    """Shards of a night that are there: the folder, how many, ties that were cut and their bits, counts for people."""

    stamp: str
    folder: str
    shards: int
    ties_cut: int
    bits_cut: float
    counts: Mapping[str, int]


def made(night: Night) -> Made:
    """Return the shards of the night, made where they are not there as they should be.

    Raises InfrastructureError when Spark gives up.
    """
    path, stamp = night.files.spark / "sharing.json", sharing.stamp_of(night)
    if path.is_file() and (found := Made(**json.loads(path.read_text(encoding="utf-8")))).stamp == stamp:
        return found
    forget(night)
    with failures("what accounts share"):
        done = _make(night, stamp)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as new:
        new.write_text(json.dumps(asdict(done), indent=1), encoding="utf-8")
    return done


def forget(night: Night) -> None:
    """Remove the shards of whichever night is there."""
    (night.files.spark / "sharing.json").unlink(missing_ok=True)
    if night.settings.spark_dir is None:
        shutil.rmtree(night.files.spark / "sharing", ignore_errors=True)
    else:
        paths.remove(session(night.settings), paths.folder(night, "sharing"))


def _make(night: Night, stamp: str) -> Made:
    spark, folder, settings = session(night.settings), paths.folder(night, "sharing"), night.settings
    since, used = history.window_start(night), feeds_in_use(night).used
    with sources(spark, night, used) as read:
        maker = OnSpark(spark, f"{folder}/made", read, views(night, used), settings.duckdb_memory_mb, night.tell)
        sharing.figures(maker, night.model, used, since, night.day, sharing.allowed_of(night))
        maker.finish()
        rings = sharing.last_night(night)
        split = splitting.split(maker, settings.shard_accounts, rings, f"{folder}/split")
        maker.do((_USED, _STAYED))
        maker.finish()
        _packed(maker, split.shards, settings.link_min_bits, settings.duckdb_memory_mb).write.parquet(
            f"{folder}/packed"
        )
        placed = maker.frame("account").join(maker.frame("shard"), "account").select(ACCOUNT_KEY, "shard")
        placed.write.parquet(f"{folder}/account")
        counts = _counts(maker, paths.parquet(spark, from_arrow_schema(SHARDS), f"{folder}/packed"))
    paths.remove(spark, f"{folder}/made")
    paths.remove(spark, f"{folder}/split")
    return Made(stamp, folder, split.shards, split.ties, split.bits, counts)


@contextmanager
def sources(spark: SparkSession, night: Night, used: Sequence[str]) -> Iterator[dict[str, tuple[DataFrame, Types]]]:
    """Yield the clean and held rows of the window by table (`devices_clean`), with their types in DuckDB."""
    with paths.readable(spark, night, _files(night, used)) as found:
        yield {name: _source(spark, night.model.feeds[name.rsplit("_", 1)[0]], uris) for name, uris in found.items()}


def _files(night: Night, used: Sequence[str]) -> dict[str, list[Path]]:
    """Return the clean and held files of the window by the name of their table."""
    since = history.window_start(night)
    feeds = [night.model.feeds[name] for name in dict.fromkeys((ACCOUNT_FEED, *used))]
    return {
        f"{feed.feed}_{part}": history.files(night, part, feed.feed, None if feed.lasts else since, night.day)
        for feed in feeds
        for part in ("clean", "held")
    }


def _source(spark: SparkSession, feed: Feed, uris: Sequence[str]) -> tuple[DataFrame, Types]:
    arrow = history.clean_schema(feed)
    with duck.connect() as connection:
        connection.register("none", arrow.empty_table())
        connection.execute("CREATE TABLE shape AS FROM none")
        types = types_of(connection, "shape")
    schema = from_arrow_schema(arrow_schema(types))
    rows = paths.parquet(spark, schema, *uris) if uris else spark.createDataFrame([], schema)
    return rows, types


def views(night: Night, used: Sequence[str]) -> list[Statement]:
    """Return what counts of each feed, about each account."""
    found = []
    for name in dict.fromkeys((ACCOUNT_FEED, *used)):
        reads = [Read(f"{name}_{part}", ACCOUNT_KEY) for part in ("clean", "held")]
        reads.append(Read(f"{ACCOUNT_FEED}_clean", ACCOUNT_KEY))
        select = history.admitted(name, night.settings.held_days)
        found.append(Statement(ACCOUNT_KEY, tuple(dict.fromkeys(reads)), name, select))
    return found


def _counts(maker: OnSpark, links: DataFrame) -> dict[str, int]:
    """Return what the stage link counts on one machine."""
    maker.do((_NAMED, "hub"))
    found = [
        maker.ask("SELECT accounts FROM figure"),
        maker.ask("SELECT sum(identifiers) AS identifiers, sum(shared) AS shared, sum(hubs) AS hubs FROM named"),
        maker.ask("SELECT count(DISTINCT identifier) AS hubs_kept, count(DISTINCT account) AS hub_accounts FROM hub"),
        links.where("name = 'link'").agg(sql.sum("rows").alias("links")).toPandas(),
    ]
    return {name: int(value) for one in found for name, value in one.iloc[0].items()}


def _packed(maker: OnSpark, many: int, min_bits: float, memory_mb: int) -> DataFrame:
    """Return the tables of all shards, each made where its rows come together."""
    rows = maker.gathered(_READS, "shard", many, lambda shard: (shard - 1).cast("int"))
    tables = [read.table for read in _READS]
    todo = Work(
        reads={table: maker.types(table) for table in tables},
        makes=(),
        again=frozenset(table for table in tables if tables.count(table) > 1),
        small={table: (maker.whole(table), maker.types(table)) for table in _WHOLE},
        memory_mb=memory_mb,
    )
    return rows.mapInArrow(partial(_pack, todo, min_bits), from_arrow_schema(SHARDS))


def _pack(todo: Work, min_bits: float, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    with opened(todo, batches) as connection:
        shards.sort(connection)
        for (shard,) in connection.execute("SELECT DISTINCT shard FROM shard ORDER BY shard").fetchall():
            tables = shards.extract(connection, shard)
            with shards.opened(dict(tables)) as own:
                pairs.add(own)
                tables["link"] = own.table("link").to_arrow_table()
                shown = pairs.linked(own, min_bits).num_rows
            for name, table in tables.items():
                rows = shown if name == "link" else table.num_rows
                yield pa.RecordBatch.from_pylist(
                    [{"shard": shard, "name": name, "rows": rows, "packed": packed(table)}], SHARDS
                )
