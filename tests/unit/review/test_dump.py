"""The review store as files, and back: on either database, also from the one into the other."""

import gzip
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from judged import accounts, publish

from ringwatch.errors import UsageError
from ringwatch.store import dump
from ringwatch.store.store import Store
from ringwatch.store.tables import claim, lease, verdict

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
AT = datetime(2026, 3, 3, 9, 30)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two published days, verdicts, a claim, and somebody at work."""
    publish(store, MONDAY, {"a": accounts(range(5))})
    publish(store, TUESDAY, {"a": accounts(range(6)), "b": accounts(range(10, 15))})
    first, second = (row["ring_id"] for row in store.published.rings(TUESDAY))
    store.verdicts.add(AT, "ana", "ring", "confirmed", ring_id=first, note="same cards, “again”")
    store.verdicts.claim(second, "ben", AT, 4)
    return store


def dumped(store: Store, folder: Path) -> dict[str, dict[str, object]]:
    folder.mkdir()
    return dump.write(store.engine, folder)


@pytest.mark.parametrize("kind", ["same", "sqlite"])
def test_what_was_dumped_comes_back_as_it_was(filled: Store, tmp_path: Path, kind: str) -> None:
    told = dumped(filled, tmp_path / "dump")
    other = Store.open(tmp_path / "other.db") if kind == "sqlite" else emptied(filled)

    dump.read(other.engine, tmp_path / "dump")

    assert dump.digests(other.engine) == told
    assert (told["verdict"]["rows"], told["claim"]["rows"], told["run"]["rows"]) == (1, 1, 2)
    assert other.published.days() == [MONDAY, TUESDAY]


def emptied(store: Store) -> Store:
    """The same database without rows: the tables made anew."""
    with store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            pytest.skip("SQLite is the other case")
        schema = connection.scalar(sa.text("SELECT current_schema()"))
        connection.execute(sa.text(f'DROP SCHEMA "{schema}" CASCADE'))
        connection.execute(sa.text(f'CREATE SCHEMA "{schema}"'))
    return Store.open(store.engine.url.render_as_string(hide_password=False))


def test_numbers_go_on_behind_those_that_came_back(filled: Store, tmp_path: Path) -> None:
    dumped(filled, tmp_path / "dump")
    other = Store.open(tmp_path / "other.db") if filled.engine.dialect.name == "sqlite" else emptied(filled)
    dump.read(other.engine, tmp_path / "dump")
    ring = other.published.rings(TUESDAY)[1]["ring_id"]

    seq = other.verdicts.add(AT, "ben", "ring", "benign", ring_id=ring)

    with other.engine.connect() as connection:
        assert seq == 1 + connection.scalar(sa.select(sa.func.min(verdict.c.seq)))


def test_a_store_that_has_rows_is_not_written_over(filled: Store, tmp_path: Path) -> None:
    dumped(filled, tmp_path / "dump")

    with pytest.raises(UsageError, match=r"the review store is not empty: its table .* has rows"):
        dump.read(filled.engine, tmp_path / "dump")


def test_who_works_now_is_not_kept(filled: Store, tmp_path: Path) -> None:
    with filled.lease("load of 2026-03-02", 60):
        told = dumped(filled, tmp_path / "dump")

    assert lease.name not in told
    assert claim.name in told


def test_equal_stores_make_equal_files(filled: Store, tmp_path: Path) -> None:
    dumped(filled, tmp_path / "one")
    dumped(filled, tmp_path / "two")

    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert [(tmp_path / "one" / name).read_bytes() for name in files] == [
        (tmp_path / "two" / name).read_bytes() for name in files
    ]
    assert b"ana" in gzip.decompress((tmp_path / "one" / "verdict.jsonl.gz").read_bytes())
