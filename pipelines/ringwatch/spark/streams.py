"""Tables as bytes: how they travel in one value, through the memory of Spark's JVM as a whole."""

from __future__ import annotations

import pyarrow as pa


def packed(table: pa.Table) -> bytes:
    """Return a table as bytes of an Arrow stream, compressed."""
    into = pa.BufferOutputStream()
    with pa.ipc.new_stream(into, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return bytes(into.getvalue().to_pybytes())


def unpacked(rows: bytes) -> pa.Table:
    return pa.ipc.open_stream(rows).read_all()
