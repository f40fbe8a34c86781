"""What a share that was counted in a sample says of the share in all."""

from __future__ import annotations

# Share from which most are said to do or be something.
MOST = 0.5


def wilson(right: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval in which a share lies of which `right` of `of` were seen (Wilson, 1927); of none, 0 to 1."""
    if not of:
        return 0.0, 1.0
    from scipy import stats  # takes half a second to load, and the night needs it hardly anywhere

    found = stats.binomtest(right, of).proportion_ci(confidence, method="wilson")  # type: ignore[attr-defined]  # no stubs
    return float(found.low), float(found.high)
