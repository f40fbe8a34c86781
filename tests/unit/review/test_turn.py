"""The turn on a real database: one run at a time, from its first stage to its last."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ringwatch.errors import InfrastructureError
from ringwatch.store.store import Store
from ringwatch.store.tables import lease

FIRST, SECOND = "nightly/scheduled", "nightly/manual"
NIGHT = "the night of 2026-03-02"


def goes_on(_key: str) -> bool:
    return False


def is_over(_key: str) -> bool:
    return True


def test_a_second_run_is_told_which_night_is_under_way_and_does_not_get_the_turn(store: Store) -> None:
    store.turn.take(FIRST, NIGHT, goes_on)

    told = store.turn.take(SECOND, "the night of 2026-03-03", goes_on)

    assert told is not None
    assert told.startswith(f"{NIGHT} is under way since ")
    assert told.endswith(f"by {FIRST}")


def test_a_run_that_has_the_turn_keeps_it(store: Store) -> None:
    assert [store.turn.take(FIRST, NIGHT, goes_on) for _ in range(3)] == [None, None, None]


def test_the_turn_is_free_when_it_is_given_back(store: Store) -> None:
    store.turn.take(FIRST, NIGHT, goes_on)
    store.turn.give_back(FIRST)

    assert store.turn.take(SECOND, NIGHT, goes_on) is None


def test_nobody_gives_back_the_turn_of_another(store: Store) -> None:
    store.turn.take(FIRST, NIGHT, goes_on)
    store.turn.give_back(SECOND)

    assert store.turn.take(SECOND, NIGHT, goes_on) is not None


def test_the_turn_of_a_run_that_is_over_is_free_though_it_was_not_given_back(store: Store) -> None:
    store.turn.take(FIRST, NIGHT, goes_on)

    assert store.turn.take(SECOND, NIGHT, is_over) is None
    assert store.turn.take(FIRST, NIGHT, goes_on) is not None


def test_of_many_runs_that_ask_at_once_one_gets_the_turn(store: Store) -> None:
    keys = [f"nightly/{number}" for number in range(8)]

    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda key: store.turn.take(key, NIGHT, goes_on), keys))

    assert answers.count(None) == 1


def test_who_cannot_ask_the_scheduler_waits_until_the_turn_runs_out(store: Store) -> None:
    store.turn.take(FIRST, NIGHT, goes_on)
    store.turn.expect(FIRST)
    with pytest.raises(InfrastructureError, match=r"is under way since .*; wait until it is done"):
        store.turn.expect(None)

    with store.engine.begin() as connection:
        connection.execute(sa.update(lease).values(expires=store.now() - timedelta(seconds=1)))

    store.turn.expect(None)


def test_a_turn_does_not_keep_its_own_run_from_the_lease(store: Store) -> None:
    store.turn.take(FIRST, NIGHT, goes_on)

    with store.lease("load of 2026-03-02", 60):
        assert store.turn.take(FIRST, NIGHT, goes_on) is None
