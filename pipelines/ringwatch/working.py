"""Work on what ringwatch keeps: by one at a time, on days that are whole and under the same keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringwatch.night import Night

if TYPE_CHECKING:
    from ringwatch.review.lease import Lease


@contextmanager
def working(night: Night, what: str) -> Iterator[Lease]:
    """Hold the lease for `what` while the block runs; what somebody began on a day is finished before.

    Raises InfrastructureError while another one works, or when files or store are under keys that are not known;
    UsageError when a rotation of the keys is not done.
    """
    from ringwatch.days import amend
    from ringwatch.keys import keyring

    with night.store.lease(what, night.settings.lease_seconds) as lease:
        amend.finish_all(night)
        keyring.check(night)
        yield lease
