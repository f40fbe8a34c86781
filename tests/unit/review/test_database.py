"""Opening the review store: schema, rights, and what can be in the way."""

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from judged import MONDAY, TUESDAY, accounts, members_of, publish

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.store import database, tables, views
from ringwatch.store.store import Store

VIEWS = ("ring_member", "flagged_nights", "flagged_rings", "flagged_ring_members", "ring_review", "flagged_ring_harm")
VIEWS += ("flagged_rings_history", "flagged_ring_members_history")


def test_migrations_make_the_tables_that_the_program_uses(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        for view in VIEWS:
            declared = list(getattr(views, view).c.keys())
            assert [column["name"] for column in sa.inspect(connection).get_columns(view)] == declared


def test_the_revisions_that_are_known_without_alembic_are_those_of_alembic() -> None:
    script = ScriptDirectory(str(database.MIGRATIONS))

    assert database.revisions() == [known.revision for known in script.walk_revisions()][::-1]
    assert database.revisions()[-1] == script.get_current_head()


def test_an_existing_store_is_opened_as_it_is(address: str) -> None:
    first = Store.open(address)
    publish(first, MONDAY, {"a": accounts(range(5))})
    published = members_of(first, MONDAY)
    first.close()
    second = Store.open(address)
    assert members_of(second, MONDAY) == published
    second.close()


def test_programs_may_open_a_new_store_at_the_same_time(address: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(Store.open, [address] * 4))
    assert [store.published.days() for store in stores] == [[], [], [], []]
    for store in stores:
        store.close()


def test_a_store_of_a_newer_program_is_refused(address: str) -> None:
    store = Store.open(address)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(InfrastructureError, match=r"schema 9999.*install the newer ringwatch"):
        Store.open(address)


def test_a_sqlite_store_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "review.db"
    store = Store.open(f"sqlite:///{path}")
    publish(store, MONDAY, {"a": accounts(range(5))})
    rights = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert rights.keys() >= {"review.db", "review.db-wal"}
    assert set(rights.values()) == {0o600}
    store.close()


def test_a_store_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    Store.open(f"sqlite:///{path}").close()
    path.chmod(0o644)
    Store.open(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_reading_sees_one_state_from_its_first_statement_to_its_last(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(5))})
    members = sa.select(sa.func.count()).select_from(views.flagged_ring_members)
    with database.reading(store.engine) as connection:
        before = connection.scalar(members)
        publish(store, TUESDAY, {"a": accounts(range(9))})
        assert (before, connection.scalar(members)) == (5, 5)
    assert len(store.published.flagged(TUESDAY)) == 9


def test_a_reader_sees_yesterday_while_tonight_is_written(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(5))})
    with database.writing(store.engine) as connection:
        connection.execute(sa.delete(tables.ring_night_member))
        assert len(store.published.flagged(MONDAY)) == 5
    assert store.published.flagged(MONDAY).empty


def test_what_is_done_through_several_doors_is_done_whole_or_not_at_all(store: Store) -> None:
    with suppress(ZeroDivisionError), store.writing() as doors:
        doors.tombstones.bury("token", "ana", "asked for it")
        publish(doors, MONDAY, {"a": accounts(range(5))})
        assert doors.published.days() == [MONDAY]
        raise ZeroDivisionError

    assert (store.published.days(), store.tombstones.tokens()) == ([], frozenset())

    with store.writing() as doors:
        doors.tombstones.bury("token", "ana", "asked for it")
        publish(doors, MONDAY, {"a": accounts(range(5))})
    assert (store.published.days(), store.tombstones.tokens()) == ([MONDAY], {"token"})


def test_what_is_read_through_several_doors_is_of_one_state(store: Store) -> None:
    with store.reading() as doors:
        assert doors.published.days() == []
        publish(store, MONDAY, {"a": accounts(range(5))})
        store.tombstones.bury("token", "ana", "asked for it")
        assert (doors.published.days(), doors.tombstones.tokens()) == ([], frozenset())
    assert store.published.days() == [MONDAY]


def test_nothing_is_written_where_all_was_to_be_read(store: Store) -> None:
    with store.reading() as doors, pytest.raises(RuntimeError, match=r"Store\.writing"):
        doors.tombstones.bury("token", "ana", "asked for it")


def test_fifty_readers_see_yesterday_or_today_while_a_night_is_published(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(5))})
    begun = Event()

    def read(_: int) -> set[tuple[int, int]]:
        seen = set()
        for _ in range(10):
            with database.reading(store.engine) as connection:
                rings = connection.execute(sa.select(views.flagged_rings.c.size)).scalars().all()
                begun.set()
                members = connection.scalar(sa.select(sa.func.count()).select_from(views.flagged_ring_members))
            seen.add((sum(rings), members))
        return seen

    with ThreadPoolExecutor(51) as pool:
        readers = [pool.submit(read, n) for n in range(50)]
        begun.wait(10)
        publish(store, TUESDAY, {"a": accounts(range(5)), "b": accounts(range(10, 19))})
        seen = set().union(*(reader.result() for reader in readers))

    assert seen <= {(5, 5), (14, 14)}
    assert read(0) == {(14, 14)}


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "review.db"
    path.write_text("not a database, but long enough to be read as the header of one" * 20)
    with pytest.raises(InfrastructureError, match=r"review\.db failed: file is not a database"):
        Store.open(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InfrastructureError, match="taken"):
        Store.open(f"sqlite:///{tmp_path / 'taken' / 'review.db'}")


def test_the_password_of_a_server_that_does_not_answer_is_not_shown() -> None:
    with pytest.raises(InfrastructureError) as raised:
        Store.open("postgresql://ringwatch:hunter2@127.0.0.1:1/reviews?connect_timeout=2")
    assert "127.0.0.1:1" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("review.db", "no SQLAlchemy address"),
        ("sqlite://", "needs a file"),
        ("mysql://localhost/reviews", "SQLite or Postgres, not mysql"),
    ],
)
def test_a_wrong_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Store.open(address)
