"""Who is not what they seem: operators in four styles, and reseller pools, which serve many real people."""

import numpy as np

from ringwatch.simulate.exits import Exits
from ringwatch.simulate.farms import draw_farms, draw_reseller_pools
from ringwatch.simulate.habits import Cast, join
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.rings import draw_careful, draw_careless, draw_drip
from ringwatch.simulate.sizes import log_uniform_until, ring_sizes_until
from ringwatch.simulate.world import World


def plan_operators(rng: np.random.Generator, world: World, accounts: int) -> dict[str, np.ndarray]:
    """Draw the sizes of all rings and reseller pools by style. Small worlds get a few of each, above the prevalence."""
    wanted = accounts * world.prevalence
    farms = log_uniform_until(
        rng,
        wanted * world.farm_share,
        world.fewest_farms,
        (world.smallest_farm, max(40, accounts * world.largest_farm_share)),
    )
    each = int(max(0, wanted - farms.sum()) / 3)
    largest = max(12, round(accounts * world.largest_ring_share))
    rings = {
        style: ring_sizes_until(rng, each, world.fewest_rings, largest) for style in ("careless", "careful", "drip")
    }
    in_pools = accounts * world.reseller_share
    smallest_pool, largest_pool = world.reseller_accounts
    pools = log_uniform_until(rng, in_pools, 2, (smallest_pool, min(largest_pool, max(12, in_pools / 2))))
    return rings | {"farm": farms, "reseller": pools}


def controlled_accounts(
    rng: np.random.Generator, landscape: Landscape, exits: Exits, plan: dict[str, np.ndarray]
) -> Cast:
    """Return the accounts of all rings and pools of `plan`."""
    return join(
        [
            draw_careless(rng, landscape, plan["careless"]),
            draw_careful(rng, landscape, exits, plan["careful"]),
            draw_drip(rng, landscape, exits, plan["drip"]),
            draw_farms(rng, landscape, exits, plan["farm"]),
            draw_reseller_pools(rng, landscape, plan["reseller"]),
        ]
    )
