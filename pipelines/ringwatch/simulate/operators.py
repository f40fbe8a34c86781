"""Who is not what they seem: operators in eight styles, and reseller pools, which serve many real people."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from ringwatch.simulate.exits import Exits
from ringwatch.simulate.farms import draw_farms, draw_relays, draw_reseller_pools
from ringwatch.simulate.framing import frame
from ringwatch.simulate.habits import Cast, join
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.rings import draw_careful, draw_careless, draw_chains
from ringwatch.simulate.sizes import log_uniform_until, ring_sizes_until
from ringwatch.simulate.turnover import draw_recreated, draw_recycled
from ringwatch.simulate.world import World

_USUAL = ("careless", "careful", "chain")
_RARE = ("recycled", "framed", "recreated", "relay")
STYLES = (*_USUAL, *_RARE, "farm")
_NO_VICTIMS = pd.DataFrame({"victim": [], "style": [], "operator": [], "how": []}, dtype=object)


def plan_operators(rng: np.random.Generator, world: World, accounts: int) -> dict[str, np.ndarray]:
    """Draw the sizes of all rings and reseller pools by style. Small worlds get a few of each, above the prevalence.

    There are operators of the styles that the world's climate names, or of all.
    """
    there = world.climate.styles or STYLES
    wanted = accounts * world.prevalence
    farms = _farms(rng, world, accounts) if "farm" in there else np.zeros(0, dtype=np.int64)
    fewest = dict.fromkeys(_USUAL, world.fewest_rings) | dict.fromkeys(_RARE, world.fewest_rare_rings)
    fewest = {style: at_least for style, at_least in fewest.items() if style in there}
    each = int(max(0, wanted - farms.sum()) / max(1, len(fewest)))
    largest = max(12, round(accounts * world.largest_ring_share))
    rings = {style: ring_sizes_until(rng, each, at_least, largest) for style, at_least in fewest.items()}
    giant = [round(accounts * world.giant_farm_share)] if world.giant_farm_share else []
    in_pools = accounts * world.reseller_share
    smallest_pool, largest_pool = world.reseller_accounts
    pools = log_uniform_until(rng, in_pools, 2, (smallest_pool, min(largest_pool, max(12, in_pools / 2))))
    return rings | {"farm": np.concatenate([farms, giant]).astype(np.int64), "reseller": pools}


def _farms(rng: np.random.Generator, world: World, accounts: int) -> np.ndarray:
    return log_uniform_until(
        rng,
        accounts * world.prevalence * world.farm_share,
        world.fewest_farms,
        (world.smallest_farm, max(40, accounts * world.largest_farm_share)),
    )


def controlled_accounts(
    rng: np.random.Generator, landscape: Landscape, exits: Exits, honest: Cast, plan: dict[str, np.ndarray]
) -> tuple[Cast, pd.DataFrame]:
    """Return the accounts of all rings and pools of `plan`, and the victims of those that frame honest people."""
    drawn = _draw(rng, landscape, exits, {style: sizes for style, sizes in plan.items() if len(sizes)})
    share = landscape.world.framing_share
    told = [_NO_VICTIMS]
    for style, rings in {"careful": share, "farm": share, "framed": 1.0}.items():
        if style in drawn:
            drawn[style], victims = frame(rng, landscape, honest, drawn[style], rings)
            told.append(victims)
    return join([*drawn.values()]), pd.concat(told, ignore_index=True)


def _draw(rng: np.random.Generator, landscape: Landscape, exits: Exits, plan: dict[str, np.ndarray]) -> dict[str, Cast]:
    through_exits: dict[str, Callable[..., Cast]] = {
        "careful": draw_careful,
        "chain": draw_chains,
        "recycled": draw_recycled,
        "framed": partial(draw_careful, style="framed"),
        "recreated": draw_recreated,
        "farm": draw_farms,
    }
    alone = {"careless": draw_careless, "relay": draw_relays, "reseller": draw_reseller_pools}
    drawn = {style: draw(rng, landscape, plan[style]) for style, draw in alone.items() if style in plan}
    return drawn | {
        style: draw(rng, landscape, exits, plan[style]) for style, draw in through_exits.items() if style in plan
    }
