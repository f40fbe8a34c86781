"""Probability bands: the steps in which consumers are told of a ring's probability.

Probabilities move a little every night, since the scorecard reads the whole world anew. A band is for acting on: a
ring leaves its band only when its probability is `ROOM` beyond the end of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# Each with the probability from which a ring that is flagged for the first time is in it.
BANDS = {"possible": 0.0, "likely": 0.5, "very_likely": 0.8, "near_certain": 0.95}
ROOM = 0.03


def bands(probability: pd.Series, before: pd.Series) -> pd.Series:
    """Return the band of each probability, given the band it was in `before` (missing: none), on the same index."""
    import numpy as np
    import pandas as pd

    names, starts = np.array(list(BANDS)), np.array(list(BANDS.values()))
    at_most, at_least = (_step(probability + room, starts) for room in (ROOM, -ROOM))
    known = before.map({name: step for step, name in enumerate(BANDS)}).astype(float)
    settled = known.clip(at_least, at_most).fillna(pd.Series(_step(probability, starts), probability.index))
    return pd.Series(names[settled.to_numpy(dtype=int)], probability.index)


def _step(probability: pd.Series, starts: np.ndarray) -> np.ndarray:
    """Number of the band; six digits, so that an end plus room is that end whatever floats make of it."""
    import numpy as np

    step: np.ndarray = np.searchsorted(starts, probability.astype(float).round(6), side="right") - 1
    return step.clip(0)
