"""What a climate makes of a world's people and their habits; the usual one leaves them as they are."""

import numpy as np

from ringwatch.simulate.carriers import through_carriers
from ringwatch.simulate.climate import USUAL
from ringwatch.simulate.coarse import coarsen
from ringwatch.simulate.companies import more_lines
from ringwatch.simulate.habits import Cast
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.leases import lease_out
from ringwatch.simulate.money import move_money
from ringwatch.simulate.pace import keep_pace
from ringwatch.simulate.skills import concentrate

_CHANGES = (through_carriers, more_lines, lease_out, coarsen, keep_pace, move_money, concentrate)


def vary(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` as people live in the climate of the world."""
    if landscape.world.climate == USUAL:
        return cast
    for change in _CHANGES:
        cast = change(rng, landscape, cast)
    return cast
