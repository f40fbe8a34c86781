"""What hangs together: accounts that identifiers connect."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def connected(who: np.ndarray, what: np.ndarray) -> np.ndarray:
    """Return the number of its part for each tie of an account (`who`, a number) to an identifier (`what`)."""
    accounts = int(who.max(initial=-1)) + 1
    shape = (accounts + int(what.max(initial=-1)) + 1,) * 2
    ties = coo_array((np.ones(len(who)), (who, accounts + what)), shape=shape)
    found: np.ndarray = connected_components(ties, directed=False)[1][who]
    return found
