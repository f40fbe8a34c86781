"""Device ids that are coarse: models and settings rather than machines, so that strangers share one by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ringwatch.simulate.habits import Cast
from ringwatch.simulate.hashing import below, mix
from ringwatch.simulate.landscape import Landscape


def coarsen(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with a share of all devices known by ids that several have in common, some of them by many."""
    climate, device = landscape.world.climate, cast.devices["device"].to_numpy()
    salt, bits = int(rng.integers(1 << 62)), 1 << 20
    coarse = (device > 0) & (below(bits, salt, device, 1) < climate.coarse_device_share * bits)
    if not coarse.any():
        return cast
    machines = len(np.unique(device[coarse]))
    ids = max(1, round(machines / climate.devices_per_id))
    # Evenly spread, and squared: some ids are of one machine, some of many times the mean.
    which = (ids * (below(bits, salt, device, 2) / bits) ** 1.5).astype(np.int64)
    platform = cast.devices["platform"].to_numpy(dtype=object, copy=True)
    shared = (mix(salt, which, 3) >> np.uint64(2)).astype(np.int64)
    first = np.unique(shared[coarse], return_index=True, return_inverse=True)
    platform[coarse] = platform[coarse][first[1]][first[2]]
    return replace(cast, devices=cast.devices.assign(device=np.where(coarse, shared, device), platform=platform))
