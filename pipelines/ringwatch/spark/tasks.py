"""What executors do at the gate: for each portion or chunk that they get, the functions of `ringwatch.gate`.

Each function takes and yields Arrow batches, for `mapInArrow`. A refusal is an answer, not a failure of its task: Spark
would try again. A row's place is a number that grows with portion, chunk and position: its slot is without the last.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ringwatch.errors import DataRefused, InfrastructureError
from ringwatch.gate import chunks, judging, memory, reuse, twins, typed
from ringwatch.gate.arrivals import Arrived, bare
from ringwatch.gate.judging import Chunk, Sorted
from ringwatch.gate.portions import Portion
from ringwatch.gate.survey import survey
from ringwatch.gate.terms import Terms
from ringwatch.mapping import Names
from ringwatch.model import ACCOUNT_KEY
from ringwatch.spark.streams import packed, unpacked

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

Batches = Iterable[pa.RecordBatch]

# Bits of a place: its position in a chunk, and the chunk in its portion.
POSITION, CHUNK = 23, 20

# Chunks of which the results are one file.
BUCKET = 32

# Chunk numbers of what is said of a portion as a whole, and of its rows that could not be read apart.
PORTION, RAGGED = -1, -2

# FILES, what executors get of files, is number, name, changed (milliseconds) and content.
IDS = pa.schema([(ACCOUNT_KEY, pa.string())])
TOLD = pa.schema([("number", pa.int32()), ("told", pa.binary())])
TYPED = pa.schema(
    [
        ("portion", pa.int32()),
        ("chunk", pa.int32()),
        ("rows", pa.int64()),
        ("last", pa.int32()),
        ("packed", pa.binary()),
    ]
)
DIGESTS = pa.schema([("_key", pa.binary()), ("_said", pa.binary()), ("_row", pa.int64())])
ACCOUNTS = pa.schema([(ACCOUNT_KEY, pa.string()), ("row", pa.int64())])
TWINS = pa.schema([("row", pa.int64()), ("again", pa.bool_()), ("contradicts", pa.bool_())])
JUDGED = pa.schema(
    [
        ("slot", pa.int64()),
        ("clean", pa.binary()),
        ("held", pa.binary()),
        ("buried", pa.binary()),
        ("refused", pa.binary()),
        ("counts", pa.binary()),
        ("stop", pa.string()),
        ("bucket", pa.int32()),
    ]
)
QUARANTINED = pa.schema([("slot", pa.int64()), ("kept", pa.binary()), ("stop", pa.string()), ("bucket", pa.int32())])


@dataclass(frozen=True)
class Place:
    """Where executors find files. shared: the folder of the day, None where they get what files hold; shown: what
    messages call it.
    """

    shared: Path | None
    shown: str

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Yield a folder in which files are, or may be put. Errors that are raised inside name the shown one."""
        with TemporaryDirectory(prefix="ringwatch-") as own, memory.frugal():
            here = self.shared or Path(own)
            if not here.is_dir():
                raise InfrastructureError(f"an executor does not see {self.shown}; let feeds arrive on a Hadoop path")
            try:
                yield here
            except DataRefused as error:
                raise DataRefused(str(error).replace(str(here), self.shown), error.symptom) from None

    def put(self, folder: Path, file: dict[str, Any]) -> None:
        """Put into the folder what a row of FILES says of a file, if executors do not see it anyway."""
        if file["content"] is not None:
            path = folder / file["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file["content"])
            set_time(path, file["changed"])


@dataclass(frozen=True)
class Read:
    """What is known of a portion that was read: its chunks and rows, whether there were any, even of rows that could
    not be read apart, what became of these, and why it cannot be read to its end.
    """

    number: int
    chunks: int = 0
    rows: int = 0
    seen: bool = False
    ragged: Sorted | None = None
    refused: DataRefused | None = None


@dataclass(frozen=True)
class Surveys:
    """Finds out what files are. names: of all files of a feed; written: how CSV files are declared to be written."""

    place: Place
    files: tuple[str, ...]
    names: Names
    written: tuple[Any, ...]

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """FILES in; TOLD out, an Arrived or a DataRefused for each file."""
        for row in _rows(batches):
            yield _batch(TOLD, [row["number"]], [pickle.dumps(self._told(row))])

    def _told(self, row: dict[str, Any]) -> Arrived | DataRefused:
        try:
            with self.place.folder() as folder:
                self.place.put(folder, row)
                found = survey(folder, folder / self.files[row["number"]], self.names, *self.written)
                return bare([replace(found, names=Names())])[0]
        except DataRefused as error:
            return error


@dataclass(frozen=True)
class Reads:
    """Reads and types portions; most_rows: of a portion, behind which it is not read on."""

    place: Place
    terms: Terms
    portions: tuple[Portion, ...]
    most_rows: int

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """FILES in; TYPED out, in the end of each portion a row with what is said of it as a whole."""
        for number, rows in groupby(_rows(batches), key=lambda row: row["number"]):
            told = Read(number)
            try:
                with self.portion(number, rows) as portion:
                    for now, found in self._read(told, portion):
                        told = now
                        yield from found
            except DataRefused as error:
                told = replace(told, refused=error)
            yield _batch(TYPED, [number], [PORTION], [told.rows], [0], [pickle.dumps(told)])

    @contextmanager
    def portion(self, number: int, rows: Iterable[dict[str, Any]]) -> Iterator[Portion]:
        """Yield a portion with its files where they can be read; rows: FILES, what they hold."""
        with self.place.folder() as folder:
            for row in rows:
                self.place.put(folder, row)
            found = self.portions[number]
            files = tuple(replace(file, path=folder / file.name) for file in found.files)
            for file in files:
                file.check_unchanged()
            yield replace(found, files=files)

    def _read(self, told: Read, portion: Portion) -> Iterator[tuple[Read, list[pa.RecordBatch]]]:
        ragged: list[Any] = []
        for chunk in typed.read(self.terms, portion):
            ragged += chunk.ragged
            told = replace(told, seen=True)
            batches = []
            if count := len(chunk.rows):
                batches = [_batch(TYPED, [told.number], [told.chunks], [count], [chunk.last], [packed(chunk.rows)])]
                told = replace(told, chunks=told.chunks + 1, rows=told.rows + count)
            yield told, batches
            memory.give_back()
            if told.rows > self.most_rows:
                break
        if ragged:
            found, kept = judging.ragged(ragged)
            yield replace(told, ragged=found), [_batch(TYPED, [told.number], [RAGGED], [0], [0], [packed(kept)])]


@dataclass(frozen=True)
class Finds:
    """Finds the first rows of accounts, as `reuse.places`."""

    reads: Reads
    arrived: tuple[Arrived, ...]
    accounts: tuple[str, ...]

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """FILES in; TOLD out, places by portion."""
        for number, rows in groupby(_rows(batches), key=lambda row: row["number"]):
            with self.reads.portion(number, rows) as portion:
                read = chunks.read_portion(portion, self.reads.terms.chunk_rows)
                found = reuse.places(read, self.arrived, self.accounts)
            yield _batch(TOLD, [number], [pickle.dumps(found)])


@dataclass(frozen=True)
class Digests:
    """Digests of typed rows, by which those are found that repeat or contradict each other."""

    terms: Terms

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """TYPED in, DIGESTS out."""
        for slot, rows in _typed(batches):
            yield from _batches(DIGESTS, twins.digests(rows, self.terms.feed, _places(slot, rows)))


def accounts(batches: Batches) -> Iterator[pa.RecordBatch]:
    """TYPED in; ACCOUNTS out: whose each row is."""
    for slot, rows in _typed(batches):
        yield from _batches(ACCOUNTS, pa.table([rows[ACCOUNT_KEY], _places(slot, rows)], schema=ACCOUNTS))


def compared(batches: Batches) -> Iterator[pa.RecordBatch]:
    """DIGESTS in, among them all of the same keys; TWINS out."""
    with TemporaryDirectory(prefix="ringwatch-") as folder:
        for batch in twins.among(batches, Path(folder)):
            yield batch.cast(TWINS)


@dataclass(frozen=True)
class Judges:
    """Holds chunks to the rules. files: names of the feed's files; before: by portion, the chunks in front of it."""

    terms: Terms
    files: tuple[str, ...]
    before: tuple[int, ...]

    def __call__(self, chunk: pa.Table, flags: pa.Table) -> pa.Table:
        """A row of TYPED with its slot, and what is known of its rows from others: row, again, contradicts, strange."""
        slot, rows = chunk["slot"][0].as_py(), unpacked(chunk["packed"][0].as_py())
        known = {name: _flags(flags, name, len(rows)) for name in ("again", "contradicts", "strange")}
        stop, found = None, Sorted(*[pa.table({})] * 4)
        try:
            with memory.frugal():
                files = pa.array(self.files, pa.string())
                found = judging.judged(self.terms, self.suite, Chunk(files, rows, **known))
        except DataRefused as error:
            stop = str(error)
        tables = [found.clean, found.held, found.buried, found.refused]
        counts = pickle.dumps(replace(found, **dict.fromkeys(("clean", "held", "buried", "refused"), pa.table({}))))
        values = [slot, *(packed(table) if len(table) else None for table in tables), counts, stop, self.bucket(slot)]
        return pa.table([[value] for value in values], schema=JUDGED)

    @cached_property
    def suite(self) -> ExpectationSuite:
        return self.terms.suite()

    def bucket(self, slot: int) -> int:
        return (self.before[slot >> CHUNK] + slot % (1 << CHUNK)) // BUCKET


@dataclass(frozen=True)
class Keeps:
    """Reads portions again for what is kept of their refused rows."""

    reads: Reads

    def __call__(self, batches: Batches) -> Iterator[pa.RecordBatch]:
        """FILES in, and behind those of a portion rows with slot, bucket and refused, in order; QUARANTINED out."""
        for number, rows in groupby(_rows(batches), key=lambda row: row["number"]):
            files, refused = _parted(rows)
            at = None
            try:
                with self.reads.portion(number, files) as portion:
                    originals = enumerate(typed.originals_of(self.reads.terms, portion))
                    for at in refused:
                        kept = self._kept(originals, at)
                        yield _batch(QUARANTINED, [at["slot"]], [packed(kept)], [None], [at["bucket"]])
            except DataRefused as error:
                yield _batch(QUARANTINED, [at["slot"] if at else number << CHUNK], [None], [str(error)], [0])

    def _kept(self, originals: Iterator[tuple[int, pa.Table]], row: dict[str, Any]) -> pa.Table:
        original = next(table for chunk, table in originals if chunk == row["slot"] % (1 << CHUNK))
        return judging.kept_of_refused(self.reads.terms, unpacked(row["refused"]), original)


def set_time(path: Path, changed: int) -> None:
    """Let a file be as old as the one it is a copy of: milliseconds since 1970."""
    os.utime(path, ns=(changed * 1_000_000,) * 2)


def _parted(rows: Iterator[dict[str, Any]]) -> tuple[Iterator[dict[str, Any]], Iterator[dict[str, Any]]]:
    """Return the rows that are files, and the others, which come behind them and are asked for after them."""
    first: list[dict[str, Any]] = []

    def files() -> Iterator[dict[str, Any]]:
        for row in rows:
            if row["slot"] is not None:
                first.append(row)
                return
            yield row

    def others() -> Iterator[dict[str, Any]]:
        yield from first
        yield from rows

    return files(), others()


def _rows(batches: Batches) -> Iterator[dict[str, Any]]:
    """Yield rows one at a time: each may be large."""
    for batch in batches:
        for i in range(batch.num_rows):
            yield batch.slice(i, 1).to_pylist()[0]


def _typed(batches: Batches) -> Iterator[tuple[int, pa.Table]]:
    """Yield slot and typed rows of each chunk."""
    for row in _rows(batches):
        yield row["portion"] << CHUNK | row["chunk"], unpacked(row["packed"])


def _places(slot: int, rows: pa.Table) -> pa.Array:
    if len(rows) >> POSITION:
        raise ValueError(f"a chunk has {len(rows):,} rows; lower the setting gate_chunk_rows")
    return pa.array((slot << POSITION) + np.arange(len(rows)))


def _flags(flags: pa.Table, name: str, rows: int) -> judging.Flags:
    found = np.zeros(rows, dtype=bool)
    found[flags["row"].filter(flags[name]).to_numpy() % (1 << POSITION)] = True
    return found


def _batch(schema: pa.Schema, *columns: Sequence[Any]) -> pa.RecordBatch:
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _batches(schema: pa.Schema, rows: pa.Table) -> list[pa.RecordBatch]:
    return list(rows.cast(schema).combine_chunks().to_batches())
