"""The lines of companies: one egress, or one for each branch, floor and kind of traffic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ringwatch.simulate.habits import Cast
from ringwatch.simulate.hashing import below
from ringwatch.simulate.landscape import Landscape

_USUAL = (1, 2)
_LONGEST_SEAT_DAYS = 30


def more_lines(_rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with companies that have as many egress lines as the climate says.

    An account keeps one for days: a day where the lines share the load, weeks where each is of a branch.
    """
    low, high = landscape.world.climate.company_lines
    if (low, high) == _USUAL:
        return cast
    addresses = cast.addresses
    line, account = addresses["line"].to_numpy(), addresses["account"].to_numpy()
    business = (landscape.blocks["kind"] == "business").to_numpy()[addresses["block"]]
    staff = (cast.people["context"] == "office").to_numpy()[account]
    egress = business & np.isin(line, _of_staff(line[business], staff[business]))
    count = low + below(high - low + 1, line, 8)
    seat = 1 + below(_LONGEST_SEAT_DAYS, line, 9)
    return replace(
        cast,
        addresses=addresses.assign(
            lines=np.where(egress, count, addresses["lines"]),
            sticky_days=np.where(egress, seat, addresses["sticky_days"]),
        ),
    )


def _of_staff(line: np.ndarray, staff: np.ndarray) -> np.ndarray:
    """Return the lines that are mostly used by staff, unlike those of cafes."""
    lines, which = np.unique(line, return_inverse=True)
    return np.asarray(lines[np.bincount(which, weights=staff) > np.bincount(which) / 2])
