"""How the rows of a load are shared out to writers: all of them once, and no two writers at one node at a time."""

import duckdb
import pytest

from ringwatch.loading import tables
from ringwatch.loading.send import rounds
from ringwatch.model import ACCOUNT, load_model

WRITERS = (1, 2, 3, 4)
TABLES = tables.tables(load_model())
RELATIONSHIPS = [table for table in TABLES if table.far is not None]


def shares(table: tables.Table, writers: int) -> list[list[list[tuple[str, ...]]]]:
    """The keys of each share of each round, of 900 rows between few ends."""
    label = "e" if table.far == ACCOUNT else "{i}"
    keys = ", ".join(f"'{label.format(i=i)}' || i * {i + 7} % 60 AS {key}" for i, key in enumerate(table.keys))
    rows = duckdb.connect()
    rows.execute(f"CREATE TABLE rows AS SELECT {keys} FROM range(900) all_rows(i)")
    return [
        [rows.execute(f"FROM rows WHERE {condition}").fetchall() for condition in together]
        for together in rounds(table, writers)
    ]


@pytest.mark.parametrize("writers", WRITERS)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_is_in_one_share(table: tables.Table, writers: int) -> None:
    every = [row for together in shares(table, writers) for share in together for row in share]

    assert len(every) == 900


@pytest.mark.parametrize("writers", WRITERS)
@pytest.mark.parametrize("table", RELATIONSHIPS, ids=lambda table: table.name)
def test_writers_at_the_same_time_lock_no_node_in_common(table: tables.Table, writers: int) -> None:
    for together in shares(table, writers):
        locked = [{_node(table, end, key) for row in share for end, key in enumerate(row)} for share in together]

        assert sum(map(len, locked)) == len(set().union(*locked))


def _node(table: tables.Table, end: int, key: str) -> tuple[str, str]:
    return (ACCOUNT if end == 0 else str(table.far), key)
