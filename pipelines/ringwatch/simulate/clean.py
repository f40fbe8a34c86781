"""The days of a world as the gate would leave them, without the gate's rules: its rows keep them by construction.

A test holds both ways to be equal.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days.files import Files
from ringwatch.days.history import clean_schema
from ringwatch.gate.normalise import impersonal, kept, typed
from ringwatch.keys import keyring
from ringwatch.keys.tokens import token_keys
from ringwatch.model import Defaults, Feed, load_model


def write_clean(home: Path, day: date, feeds: dict[str, pa.Table]) -> None:
    """Write the feeds of a day to `home`/days/<day>/clean, as validate would."""
    model = load_model()
    for name, rows in feeds.items():
        path = Files(home).clean(day, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(_clean(home, model.feeds[name], rows, day, model.defaults), path)


def _clean(home: Path, feed: Feed, rows: pa.Table, day: date, defaults: Defaults) -> pa.Table:
    """Return the kept columns of the rows: personal ones as tokens, values that mean nothing as missing."""
    tokens = impersonal(typed(rows, feed, defaults), feed, token_keys(home))
    schema = keyring.marked(clean_schema(feed), feed, home)
    return kept(tokens, feed, defaults.nothing, day).select(schema.names).cast(schema)
