"""How many accounts a ring has."""

import numpy as np

# Accounts per group that the Hop airdrop removed for having one operator: minimum, median, p75, p90, p95, p99. The last
# point lets the tail of that record (its exponent is about 2.3) run on.
_QUANTILES = (0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
_SIZES = (4, 7, 12, 26, 47, 104, 420)


def ring_sizes(rng: np.random.Generator, count: int, largest: int) -> np.ndarray:
    """Draw `count` ring sizes, heavy tailed: at least 4, median 7, p90 26, none above `largest`."""
    drawn = np.exp(np.interp(rng.random(count), _QUANTILES, np.log(_SIZES)))
    return np.minimum(np.round(drawn).astype(np.int64), largest)


def sizes_until(rng: np.random.Generator, accounts: int, fewest: int, largest: int) -> np.ndarray:
    """Draw ring sizes until they hold about `accounts` accounts; at least `fewest` rings."""
    sizes = ring_sizes(rng, fewest + accounts // 4, largest)
    return sizes[: max(fewest, int(np.searchsorted(sizes.cumsum(), accounts)))]


def group_sizes(rng: np.random.Generator, accounts: int, draw: np.ndarray) -> np.ndarray:
    """Cut `accounts` into groups of the sizes in `draw`, repeated in random order; the last group takes the rest."""
    sizes = rng.choice(draw, size=accounts // max(1, int(draw.min())) + 1)
    ends = sizes.cumsum()
    kept = sizes[: int(np.searchsorted(ends, accounts)) + 1].copy()
    if accounts:
        kept[-1] -= kept.sum() - accounts
    return kept[kept > 0]
