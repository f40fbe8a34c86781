"""Where an account is still named."""

import json
from pathlib import Path

import pyarrow.parquet as pq


def holding(home: Path, account_id: str) -> list[str]:
    """Files below the home that hold the id in any form: as bytes, or in a table."""
    found = []
    for path in (path for path in home.rglob("*") if path.is_file()):
        text = path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            text += json.dumps(pq.read_table(path).to_pylist(), default=str)
        if account_id in text:
            found.append(str(path.relative_to(home)))
    return found
