"""How many accounts groups have."""

import numpy as np

# Accounts per group that the Hop airdrop removed for having one operator: minimum, median, p75, p90, p95, p99. The last
# point lets the tail of that record (its exponent is about 2.3) run on.
_QUANTILES = (0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
_SIZES = (4, 7, 12, 26, 47, 104, 420)


def ring_sizes(rng: np.random.Generator, count: int, largest: int) -> np.ndarray:
    """Draw `count` ring sizes, heavy tailed: at least 4, median 7, p90 26, none above `largest`."""
    drawn = np.exp(np.interp(rng.random(count), _QUANTILES, np.log(_SIZES)))
    return np.minimum(np.round(drawn).astype(np.int64), largest)


def ring_sizes_until(rng: np.random.Generator, accounts: float, fewest: int, largest: int) -> np.ndarray:
    """Draw sizes of rings that hold up to `accounts` accounts; at least `fewest` rings."""
    return _until(ring_sizes(rng, fewest + int(accounts) // 4, largest), accounts, fewest)


def log_uniform_until(
    rng: np.random.Generator, accounts: float, fewest: int, between: tuple[float, float]
) -> np.ndarray:
    """Draw sizes of groups that hold up to `accounts` accounts, each order of magnitude alike; at least `fewest`."""
    low, high = between
    drawn = rng.uniform(np.log(low), np.log(max(high, low + 1)), fewest + int(accounts / low))
    return _until(np.exp(drawn).astype(np.int64), accounts, fewest)


def group_sizes(rng: np.random.Generator, accounts: int, draw: np.ndarray) -> np.ndarray:
    """Cut `accounts` into groups of the sizes in `draw`, in random order; the last group takes what is left."""
    if accounts <= 0:
        return np.zeros(0, dtype=np.int64)
    sizes = rng.choice(draw, size=accounts // int(draw.min()) + 1)
    kept = sizes[: int(np.searchsorted(sizes.cumsum(), accounts)) + 1].copy()
    kept[-1] -= kept.sum() - accounts
    return kept


def _until(sizes: np.ndarray, accounts: float, fewest: int) -> np.ndarray:
    return sizes[: max(fewest, int(np.searchsorted(sizes.cumsum(), accounts)))]
