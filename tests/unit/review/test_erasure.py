"""An account leaves the review store, and everything else stays as it was."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from judged import MONDAY, TUESDAY, accounts, judged, make, members_of, publish

from ringwatch.store import bookkeeping
from ringwatch.store.contents import content_hashes
from ringwatch.store.store import Store
from ringwatch.store.tables import change, ring_evidence, ring_night, ring_night_member

GONE, WORD = "A0002", "erased-2f7c"


def people(*numbers: int | range) -> list[str]:
    return [f"A{account}" for account in (name[1:].zfill(4) for name in accounts(*numbers))]


@pytest.fixture
def filled(store: Store) -> Store:
    """Two nights: a ring with the account in it on both, and one without."""
    publish(store, MONDAY, {"a": people(range(6)), "b": people(range(20, 25))})
    publish(store, TUESDAY, {"a": people(range(7)), "b": people(range(20, 25))})
    return store


def dump(store: Store) -> str:
    with store.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return "\n".join(repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in tables)


def changes(store: Store) -> list[tuple[object, ...]]:
    with store.engine.connect() as connection:
        query = sa.select(change.c.day, change.c.ring_id, change.c.change).order_by(change.c.change_seq)
        return [tuple(row) for row in connection.execute(query)]


def test_no_row_names_the_account_and_a_word_takes_its_place(filled: Store) -> None:
    filled.tombstones.erase(GONE, WORD)

    assert GONE not in dump(filled)
    before = set(people(range(7)))
    assert {WORD, *before - {GONE}} in members_of(filled, TUESDAY).values()


def test_sizes_and_stays_of_the_rings_are_as_before(filled: Store) -> None:
    before = [row | {"content_hash": ""} for row in filled.published.rings(TUESDAY)]
    stays = filled.published.stays()

    filled.tombstones.erase(GONE, WORD)

    assert [row | {"content_hash": ""} for row in filled.published.rings(TUESDAY)] == before
    renamed = stays.assign(account_id=stays["account_id"].replace(GONE, WORD))
    assert filled.published.stays().equals(renamed.sort_values(["ring_id", "account_id"], ignore_index=True))


def test_reasons_that_name_the_account_name_it_no_more(filled: Store) -> None:
    with filled.engine.begin() as connection:
        said = {"identifiers": ["card:1", GONE], "text": f"they were invited by {GONE}, not by {GONE}9"}
        connection.execute(sa.update(ring_evidence).values(said))

    assert filled.tombstones.naming(GONE) == 2 + 2 * 12  # two nights as a member, two columns of twelve reasons
    filled.tombstones.erase(GONE, WORD)

    with filled.engine.connect() as connection:
        rows = connection.execute(sa.select(ring_evidence.c.identifiers, ring_evidence.c.text)).all()
    assert {tuple(row.identifiers) for row in rows} == {("card:1", WORD)}
    assert {row.text for row in rows} == {f"they were invited by {WORD}, not by {GONE}9"}
    assert filled.tombstones.naming(GONE) == 0


def test_a_short_id_is_no_word_of_a_sentence(store: Store) -> None:
    publish(store, MONDAY, {"a": ["5", "x", "y", "z", "w"]})

    store.tombstones.erase("5", WORD)

    assert {row["summary"] for row in store.published.rings(MONDAY)} == {"5 accounts share one card"}
    assert members_of(store, MONDAY).popitem()[1] == {WORD, "x", "y", "z", "w"}


def test_consumers_are_told_of_the_ring_that_changed(filled: Store) -> None:
    before = changes(filled)
    ring = next(ring for ring, members in members_of(filled, TUESDAY).items() if GONE in members)

    assert filled.tombstones.erase(GONE, WORD) == 1

    assert changes(filled) == [*before, (TUESDAY, ring, "members")]


def test_consumers_are_not_told_of_rings_of_days_that_they_do_not_see(store: Store) -> None:
    publish(store, MONDAY, {"a": people(range(6))})
    publish(store, TUESDAY, {"a": people(range(3, 9))})
    before = changes(store)

    assert store.tombstones.erase("A0000", WORD) == 0

    assert changes(store) == before
    assert "A0000" not in dump(store)


def test_a_night_published_again_with_the_word_is_the_night_that_is_there(filled: Store) -> None:
    """So that publishing the day again, from files that hold the word, tells nobody of a change."""
    filled.tombstones.erase(GONE, WORD)
    renamed = [WORD if account == GONE else account for account in people(range(7))]
    again = make(filled, TUESDAY, judged({"a": renamed, "b": people(range(20, 25))}))

    outcome = filled.published.publish(TUESDAY, again, 1000, filled.published.history(TUESDAY).last_run)

    assert outcome.changes == 0


def test_a_ring_keeps_its_id_when_its_first_day_is_published_again(store: Store) -> None:
    """Its id comes from its members of that day, of which one is called otherwise by then."""
    publish(store, MONDAY, {"a": people(range(6))})
    store.tombstones.erase(GONE, WORD)
    renamed = [WORD if account == GONE else account for account in people(range(6))]
    again = make(store, MONDAY, judged({"a": renamed}))

    outcome = store.published.publish(MONDAY, again, 1000, store.published.history(MONDAY).last_run)

    assert outcome.changes == 0


def test_an_account_that_the_store_does_not_know_changes_nothing(filled: Store) -> None:
    before = dump(filled)
    assert filled.tombstones.naming("A9999") == 0
    assert filled.tombstones.erase("A9999", WORD) == 0
    assert dump(filled) == before


def test_rings_of_an_account_are_told_with_their_nights_and_last_size(filled: Store) -> None:
    (ring,) = filled.published.rings_of(GONE).to_dict("records")
    assert (ring["nights"], ring["last_day"], ring["size"]) == (2, TUESDAY, 7)
    assert filled.published.rings_of("A9999").empty


def test_a_tombstone_is_written_once(store: Store) -> None:
    store.tombstones.bury("token", "ada", "asked for it")
    store.tombstones.bury("token", "bob", "again")

    assert store.tombstones.tokens() == {"token"}
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT author, why FROM tombstone").all() == [("ada", "asked for it")]


def test_a_sqlite_file_does_not_remember_the_account(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    publish(store, MONDAY, {"a": people(range(6))})
    assert GONE.encode() in b"".join(path.read_bytes() for path in tmp_path.iterdir())

    store.tombstones.erase(GONE, WORD)

    assert GONE.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()


def test_content_hashes_follow_from_what_is_stored(filled: Store) -> None:
    """Else a ring whose hash is made again would look changed without being so."""
    with filled.engine.connect() as connection:
        rings = sa.select(ring_night).where(ring_night.c.day == TUESDAY)
        members = sa.select(ring_night_member).where(ring_night_member.c.day == TUESDAY)
        found = bookkeeping.read(connection, rings)
        inside = bookkeeping.read(connection, members).sort_values("account_id")
    assert content_hashes(found, inside) == dict(zip(found["ring_id"], found["content_hash"], strict=True))
