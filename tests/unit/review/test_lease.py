"""The lease on a real database: processes that hold it, die with it, or come back too late."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import psutil
import pytest
import sqlalchemy as sa

from ringwatch.errors import InfrastructureError
from ringwatch.store.store import Store
from ringwatch.store.tables import lease

LONG = 600
HOLDER = """
import sys, time
from ringwatch.store.store import Store
with Store.open(sys.argv[1]).lease("load of 2026-03-02", float(sys.argv[2])):
    print("held", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def holder(address: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease."""
    process = hold_elsewhere(address, LONG)
    yield process
    process.kill()
    process.communicate()


def hold_elsewhere(address: str, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, address, str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def held(store: Store) -> sa.Row | None:
    with store.engine.connect() as connection:
        return connection.execute(sa.select(lease)).one_or_none()


def change(store: Store, **values: object) -> None:
    """Change the row of whoever holds the lease."""
    with store.engine.begin() as connection:
        connection.execute(sa.update(lease).values(values))


def test_a_second_one_is_told_who_works_since_when_and_until_when(store: Store, holder: subprocess.Popen[str]) -> None:
    row = held(store)
    assert row is not None
    with pytest.raises(InfrastructureError) as refused, store.lease("link of 2026-03-03", LONG):
        pass

    said = str(refused.value)
    assert f"load of 2026-03-02 is under way: process {holder.pid} on {row.host} holds the lease" in said
    assert f"since {row.acquired:%Y-%m-%d %H:%M:%S} UTC" in said
    assert f"until {row.expires:%Y-%m-%d %H:%M:%S} UTC" in said
    assert row.expires - row.acquired == timedelta(seconds=LONG)


def test_a_killed_owner_on_the_same_machine_is_replaced_at_once(
    store: Store, holder: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with caplog.at_level(logging.WARNING), store.lease("load of 2026-03-02", LONG):
        assert f"took over the lease of process {holder.pid}" in caplog.text


def test_a_killed_owner_that_nobody_has_buried_yet_is_replaced_at_once(
    store: Store, holder: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
) -> None:
    holder.send_signal(signal.SIGKILL)
    while psutil.Process(holder.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)

    with caplog.at_level(logging.WARNING), store.lease("load of 2026-03-02", LONG):
        assert f"took over the lease of process {holder.pid}" in caplog.text


def test_a_killed_owner_on_another_machine_is_replaced_when_its_lease_has_run_out(store: Store, address: str) -> None:
    process = hold_elsewhere(address, LONG)
    process.kill()
    process.communicate()
    change(store, machine="another boot", host="elsewhere")

    with pytest.raises(InfrastructureError, match="on elsewhere holds the lease"), store.lease("load", LONG):
        pass
    change(store, expires=sa.text("acquired"))
    with store.lease("load", LONG):
        pass


def test_an_owner_that_lives_keeps_the_lease_beyond_its_end(store: Store, address: str) -> None:
    process = hold_elsewhere(address, 1)
    row = held(store)
    assert row is not None
    end = row.expires
    while row.expires < end + timedelta(seconds=1):
        time.sleep(0.05)
        row = held(store)
        assert row is not None

    with pytest.raises(InfrastructureError, match="is under way"), store.lease("load", LONG):
        pass
    process.kill()
    process.communicate()


def test_the_lease_is_free_when_the_work_is_done_or_has_failed(store: Store) -> None:
    with store.lease("load", LONG):
        pass
    with suppress(ZeroDivisionError), store.lease("link", LONG):
        raise ZeroDivisionError
    assert held(store) is None


def test_the_lease_says_what_is_being_done(store: Store) -> None:
    with store.lease("validate of 2026-03-02", LONG) as mine:
        mine.keep("load of 2026-03-02")
        row = held(store)
    assert row is not None
    assert row.what == "load of 2026-03-02"


def lose(store: Store, failure: type[Exception] | None = None) -> None:
    """Hold the lease, lose it to another, and then be done or fail."""
    with store.lease("load", LONG):
        change(store, token="another")
        if failure:
            raise failure


def lose_and_go_on(store: Store) -> None:
    with store.lease("load", LONG) as mine:
        change(store, token="another")
        mine.keep("link")
        pytest.fail("it went on")


def test_one_whose_lease_was_taken_over_learns_it_and_does_not_end_that_of_the_other(store: Store) -> None:
    with pytest.raises(InfrastructureError, match="another one works now"):
        lose(store)
    assert held(store) is not None


def test_one_whose_lease_was_taken_over_cannot_go_on(store: Store) -> None:
    with pytest.raises(InfrastructureError, match="another one works now"):
        lose_and_go_on(store)


def test_the_failure_of_the_work_is_told_rather_than_that_of_the_lease(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        lose(store, ZeroDivisionError)
