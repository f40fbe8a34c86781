"""Work on what ringwatch keeps: by one at a time, for its owner, on days that are whole and under the same keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringwatch import disk, rights
from ringwatch.night import Night

if TYPE_CHECKING:
    from ringwatch.store.lease import Lease


@contextmanager
def writing(night: Night, what: str) -> Iterator[Lease]:
    """Hold the lease for `what` while the block runs; what it writes is for those who may read the home.

    Raises InfrastructureError while another one works, and when disk, rights or memory do not let it go on.
    """
    with (
        disk.failures(night.settings),
        rights.kept(night.settings),
        night.store.lease(what, night.settings.lease_seconds) as lease,
    ):
        yield lease


@contextmanager
def working(night: Night, what: str) -> Iterator[Lease]:
    """Do so on days that are whole: what somebody began on one is finished before.

    Raises InfrastructureError as `writing` does, while it is the turn of another run, or when files or store are under
    keys that are not known;
    UsageError when a rotation of the keys is not done.
    """
    from ringwatch.days import amend
    from ringwatch.keys import keyring

    with writing(night, what) as lease:
        night.store.turn.expect(night.run)
        amend.finish_all(night)
        keyring.check(night)
        yield lease
