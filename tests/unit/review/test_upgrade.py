"""A store of an earlier version, with rows, is brought to the newest schema and nothing of it is lost."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from consumer import Consumer
from judged import MONDAY, TUESDAY, WEDNESDAY, accounts, members_of, publish

from ringwatch.store import database
from ringwatch.store.store import Store

# What version 0006 wrote of two days: R-A on both, R-B merged into it on the second, R-C dormant since, and R-LOST,
# which was published for the first day and taken out of the table when that was restated.
NOTHING = "NULL, NULL, NULL"
ROWS = [
    "INSERT INTO run (day, restatement, state, rings, members, accounts, version) VALUES "
    "('2026-03-02', 0, 'replaced', 4, 20, 1000, '0'), ('2026-03-02', 1, 'published', 3, 15, 1000, '0'), "
    "('2026-03-03', 0, 'published', 1, 10, 1000, '0')",
    "INSERT INTO ring (ring_id, fingerprint, canonical_ring_id, first_day, last_day) VALUES "
    "('R-A', 'a', 'R-A', '2026-03-02', '2026-03-03'), ('R-B', 'b', 'R-A', '2026-03-02', '2026-03-02'), "
    "('R-C', 'c', 'R-C', '2026-03-02', '2026-03-02')",
    *(
        "INSERT INTO ring_night (day, ring_id, run_id, event, related, flagged, probability, low, high, kind, size, "
        f"joined, departed, bits, summary, content_hash) VALUES {row}"
        for row in (
            "('2026-03-02', 'R-A', 2, 'new', '[]', true, 0.9, 0.8, 1.0, 'operator', 5, 5, 0, 3.0, 'cards', 'old')",
            "('2026-03-02', 'R-B', 2, 'new', '[]', true, 0.6, 0.5, 0.7, 'operator', 5, 5, 0, 1.0, 'cards', 'old')",
            "('2026-03-02', 'R-C', 2, 'new', '[]', true, 0.45, 0.4, 0.5, 'operator', 5, 5, 0, 1.0, 'cards', 'old')",
            "('2026-03-03', 'R-A', 3, 'merged', '[\"R-B\"]', true, 0.96, 0.9, 1, 'operator', 10, 5, 0, 3, 'x', 'old')",
            f"('2026-03-03', 'R-B', 3, 'merged', '[\"R-A\"]', false, {NOTHING}, 'operator', 0, 0, 5, NULL, 'x', NULL)",
            "('2026-03-03', 'R-C', 3, 'dormant', '[]', false, NULL, NULL, NULL, 'operator', 0, 0, 5, NULL, 'x', NULL)",
        )
    ),
    *(
        "INSERT INTO ring_night_member (day, account_id, ring_id, probability, role) VALUES "
        f"('{day}', '{account}', '{ring_id}', {probability}, 'core')"
        for day, ring_id, probability, members in (
            ("2026-03-02", "R-A", 0.45, accounts(range(5))),
            ("2026-03-02", "R-B", 0.6, accounts(range(5, 10))),
            ("2026-03-02", "R-C", 0.45, accounts(range(20, 25))),
            ("2026-03-03", "R-A", 0.48, accounts(range(10))),
        )
        for account in members
    ),
    *(
        "INSERT INTO ring_evidence (day, ring_id, position, facet, reason, direction, bits, members, identifiers, "
        f"text) VALUES ('2026-03-03', 'R-A', {position}, 'group', '{reason}', 'against', {bits}, 5, '[]', 'words')"
        for position, reason, bits in ((1, "born", -1.5), (2, "bridge", 0), (3, "look-alike", 0))
    ),
    *(
        f"INSERT INTO change (run_id, day, ring_id, change) VALUES ({run}, '{day}', '{ring_id}', '{change}')"
        for run, day, ring_id, change in (
            (1, "2026-03-02", "R-A", "added"),
            (1, "2026-03-02", "R-B", "added"),
            (1, "2026-03-02", "R-C", "added"),
            (1, "2026-03-02", "R-LOST", "added"),
            (2, "2026-03-02", "R-LOST", "removed"),
            (3, "2026-03-03", "R-A", "changed"),
            (3, "2026-03-03", "R-B", "removed"),
            (3, "2026-03-03", "R-C", "removed"),
        )
    ),
]


@pytest.fixture
def upgraded(address: str) -> Iterator[Store]:
    engine = database._engine(database._url(address))
    with database.writing(engine) as connection:
        command.upgrade(database._config(connection), "0006")
        for row in ROWS:
            connection.exec_driver_sql(row)
    engine.dispose()
    store = Store.open(address)
    yield store
    store.close()


def test_what_is_to_be_checked_is_no_reason_against_any_more(upgraded: Store) -> None:
    reasons = upgraded.published.evidence("R-A", TUESDAY)
    assert [(reason["direction"], reason["bits"]) for reason in reasons] == [
        ("against", -1.5),
        ("check", 0),
        ("check", 0),
    ]


def test_every_ring_that_was_ever_named_is_there_and_says_what_became_of_it(upgraded: Store) -> None:
    consumer = Consumer(upgraded.engine)
    found = {ring_id: consumer.resolve(ring_id) for ring_id in upgraded.published.ring_ids()}
    assert found == {
        "R-A": ("current", "R-A"),
        "R-B": ("merged", "R-A"),
        "R-C": ("dormant", "R-C"),
        "R-LOST": ("withdrawn", "R-LOST"),
    }


def test_changes_keep_their_numbers_and_say_why_a_ring_left(upgraded: Store) -> None:
    consumer = Consumer(upgraded.engine)
    consumer.poll()
    assert consumer.told == [
        (1, "R-A", "added"),
        (2, "R-B", "added"),
        (3, "R-C", "added"),
        (4, "R-LOST", "added"),
        (5, "R-LOST", "withdrawn"),
        (6, "R-A", "changed"),
        (7, "R-B", "merged"),
        (8, "R-C", "dormant"),
    ]
    assert consumer.rings == consumer.table()


def test_members_are_as_before_and_their_probability_is_if_the_ring_is_one(upgraded: Store) -> None:
    assert members_of(upgraded, TUESDAY) == {"R-A": set(accounts(range(10)))}
    monday = (
        upgraded.published.flagged(MONDAY).groupby("ring_id")[["member_probability", "account_probability"]].first()
    )
    assert monday["member_probability"].round(9).to_dict() == {"R-A": 0.5, "R-B": 1.0, "R-C": 1.0}
    assert monday["account_probability"].round(9).to_dict() == {"R-A": 0.45, "R-B": 0.6, "R-C": 0.45}
    assert upgraded.published.flagged(MONDAY).groupby("ring_id")["band"].first().to_dict() == {
        "R-A": "very_likely",
        "R-B": "likely",
        "R-C": "possible",
    }


def test_the_next_night_goes_on_from_there(upgraded: Store) -> None:
    consumer = Consumer(upgraded.engine)
    consumer.poll()
    publish(upgraded, WEDNESDAY, {"a": accounts(range(10))}, probability=0.94)  # in the room of its band
    assert consumer.poll() == [("R-A", kind) for kind in ("event", "probability", "summary")]
    publish(upgraded, TUESDAY, {"a": accounts(range(9))})
    assert {ring_id: consumer.resolve(ring_id)[0] for ring_id in upgraded.published.ring_ids()}["R-LOST"] == "withdrawn"


def test_nights_of_before_are_seen_without_what_was_not_written_down(upgraded: Store) -> None:
    nights = upgraded.published.nights_seen()
    assert nights[["state", "restatement", "rings"]].to_numpy().tolist() == [["published", 1, 3], ["published", 0, 1]]
    assert nights["published_at"].isna().all()


def test_the_newest_schema_has_no_earlier_table_left(upgraded: Store) -> None:
    assert [name for name in sa.inspect(upgraded.engine).get_table_names() if name.startswith("earlier_")] == []


def test_what_the_webhook_was_told_stays_told(address: str) -> None:
    """Deliveries refer to changes, which move to a table that knows more kinds of them."""
    engine = database._engine(database._url(address))
    with database.writing(engine) as connection:
        command.upgrade(database._config(connection), "0012")
        for row in (
            "INSERT INTO run (day, restatement, state, rings, members, accounts, version, rolled_back) VALUES "
            "('2026-03-02', 0, 'published', 0, 0, 9, '0', false)",
            "INSERT INTO change (run_id, day, ring_id, change) VALUES (1, '2026-03-02', 'R-A', 'added')",
            "INSERT INTO webhook_delivery VALUES (1, '2026-03-03 04:00:00', '2026-03-03 04:00:00', 1, '')",
        ):
            connection.exec_driver_sql(row)
    engine.dispose()
    store = Store.open(address)
    assert store.webhooks.pending() == []
    assert store.consumers.changes()["change"].tolist() == ["added"]
    store.close()
