"""Who is not what they seem: operators in four styles, and reseller pools, which serve many real people.

Each style draws all its rings at once. `ring` is each account's ring, sorted; what is per ring is taken by it.
"""

import numpy as np
import pandas as pd

from ringwatch.simulate.exits import Exits, rent
from ringwatch.simulate.habits import (
    NOBODY,
    RHYTHMS,
    Cast,
    build_cast,
    cards,
    devices,
    habit,
    join,
    lifetimes,
    pay_probability,
    people,
    position,
    share,
    templates,
)
from ringwatch.simulate.identity import invent_names
from ringwatch.simulate.landscape import VIRTUAL_BINS, Landscape, draw_countries, lines
from ringwatch.simulate.persons import home_lines, on_mobile, own_cards, own_devices, own_templates, settle, through_vpn
from ringwatch.simulate.sizes import sizes_until
from ringwatch.simulate.world import World

STYLES = ("careless", "careful", "drip", "farm")


def plan_operators(rng: np.random.Generator, world: World, accounts: int) -> dict[str, np.ndarray]:
    """Draw the sizes of all rings and reseller pools by style. Small worlds get a few of each, above the prevalence."""
    wanted = accounts * world.prevalence
    largest = max(12, accounts // 150)
    farms = _log_uniform(rng, 24, max(40, accounts * world.largest_farm), 2 + int(accounts * world.prevalence / 24))
    farms = farms[: max(world.fewest_farms, int(np.searchsorted(farms.cumsum(), wanted * world.farm_share)))]
    rest = int(max(0, wanted - farms.sum()) / 3)
    plan = {style: sizes_until(rng, rest, world.fewest_operators, largest) for style in STYLES[:-1]}
    low, high = world.reseller_accounts
    pools = _log_uniform(rng, low, min(high, largest), 2 + int(accounts * world.reseller_share / low))
    pools = pools[: max(2, int(np.searchsorted(pools.cumsum(), accounts * world.reseller_share)))]
    return plan | {"farm": farms, "reseller": pools}


def controlled_accounts(
    rng: np.random.Generator,
    landscape: Landscape,
    exits: Exits,
    world: World,
    plan: dict[str, np.ndarray],
    days: int,
) -> Cast:
    """Return the accounts of all rings and pools of `plan`."""
    return join(
        [
            _careless(rng, landscape, world, plan["careless"], days),
            _careful(rng, landscape, exits, world, plan["careful"], days),
            _drip(rng, landscape, exits, world, plan["drip"], days),
            _farm(rng, landscape, exits, world, plan["farm"], days),
            _reseller(rng, landscape, world, plan["reseller"], days),
        ]
    )


def _careless(rng: np.random.Generator, landscape: Landscape, world: World, sizes: np.ndarray, days: int) -> Cast:
    """One card, few devices, signed up within days; from the operator's own line or a VPN."""
    ring, rings = _rings(sizes)
    country = draw_countries(rng, rings)
    crowd = people(rng, country[ring], days, operator=ring, style="careless", kind="operator")
    opened = days - 2 - rng.exponential(150, rings)
    crowd["created"] = np.minimum(opened[ring] + rng.random(len(ring)) * rng.uniform(1, 14, rings)[ring], days - 0.1)
    crowd = crowd.assign(**_careless_contacts(rng, crowd, ring))
    account = crowd.index.to_numpy()
    main, other = share(rng, ring, 3, 8), share(rng, ring, 2, 6)
    second = account[rng.random(len(ring)) < 0.35]
    purse = share(rng, ring, 20, 40)
    payers = account[rng.random(len(ring)) < 0.7]
    on_vpn = (rng.random(rings) < 0.35)[ring]
    line = home_lines(rng, landscape, world, country).take(ring[~on_vpn])
    vpn = landscape.pools.take(landscape.block(rng, "vpn", country)[ring[on_vpn]])
    return _operate(
        rng,
        world,
        crowd,
        devices=[
            habit(account, devices(rng, len(ring)).take(main), 0.9),
            habit(second, devices(rng, len(ring)).take(other[second]), 0.3),
        ],
        addresses=[
            habit(account[~on_vpn], line, 0.85),
            habit(account[on_vpn], vpn, 0.85),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[
            habit(
                payers,
                cards(rng, landscape, crowd["country"].to_numpy(), 0.3).take(purse[payers]),
                pay_probability(rng, len(payers)),
            )
        ],
        templates=[own_templates(rng, crowd, 0.15)],
        transfers=[_sweeps(rng, ring, 0.15)],
    )


def _careless_contacts(rng: np.random.Generator, crowd: pd.DataFrame, ring: np.ndarray) -> dict[str, np.ndarray]:
    """Rings that tag one mailbox, rings on a domain of their own, rings that refer themselves."""
    rings = int(ring[-1]) + 1
    way = rng.choice(3, size=rings, p=(0.4, 0.2, 0.4))[ring]
    box = share(rng, ring, 3, 6)
    first_of_box, first = np.searchsorted(box, box), np.searchsorted(ring, ring)
    own_domain = invent_names(rng, rings) + ".com"
    refers = (rng.random(rings) < 0.35)[ring] & (crowd["created"].to_numpy() > crowd["created"].to_numpy()[first])
    return {
        "mailbox": np.where(way == 0, crowd["mailbox"].to_numpy()[first_of_box], crowd["mailbox"]),
        "tag": np.where(way == 0, position(box), 0),
        "domain": np.where(way == 0, "gmail.com", np.where(way == 1, own_domain[ring], crowd["domain"])),
        "referrer": np.where(refers & (rng.random(len(ring)) < 0.5), first, NOBODY),
    }


def _careful(
    rng: np.random.Generator, landscape: Landscape, exits: Exits, world: World, sizes: np.ndarray, days: int
) -> Cast:
    """Aged accounts on residential exits; a card and a device serve a few accounts each."""
    ring, rings = _rings(sizes)
    country = exits.countries(rng, rings)
    crowd = people(rng, country[ring], days, operator=ring, style="careful", kind="operator")
    number = share(rng, ring, 2, 5)
    shares_phone = (rng.random(rings) < 0.35)[ring]
    crowd["phone"] = np.where(shares_phone, crowd["phone"].to_numpy()[np.searchsorted(number, number)], crowd["phone"])
    account = crowd.index.to_numpy()
    purse = share(rng, ring, *world.careful_accounts_per_card)
    machine = share(rng, ring, *world.careful_accounts_per_device)
    payers = account[rng.random(len(ring)) < 0.75]
    pool = np.maximum(3, sizes * rng.uniform(0.3, 1, rings)).astype(np.int64)
    sticky = rng.integers(*world.sticky_exit_days, size=rings, endpoint=True)
    return _operate(
        rng,
        world,
        crowd,
        devices=[
            habit(account, devices(rng, len(ring)).take(machine), 0.92),
            *own_devices(rng, account[rng.random(len(ring)) < 0.2])[:1],
        ],
        addresses=[
            rent(rng, exits, crowd, ring, pool, sticky, days, 0.9),
            on_mobile(rng, landscape, crowd, 0.25, 0.3),
        ],
        cards=[
            habit(
                payers,
                cards(rng, landscape, crowd["country"].to_numpy(), 0.3).take(purse[payers]),
                pay_probability(rng, len(payers)),
            )
        ],
        templates=[own_templates(rng, crowd, 0.15), _pooled_templates(rng, ring, 0.35, 0.5)],
        transfers=[_sweeps(rng, ring, 0.1)],
    )


def _drip(
    rng: np.random.Generator, landscape: Landscape, exits: Exits, world: World, sizes: np.ndarray, days: int
) -> Cast:
    """A few new accounts a day, each sharing a device or card with the next at most; exits come back."""
    ring, rings = _rings(sizes)
    country = exits.countries(rng, rings)
    crowd = people(rng, country[ring], days, operator=ring, style="drip", kind="operator")
    rate = rng.uniform(*world.drip_accounts_a_day, size=rings)
    until = days - rng.exponential(60, rings)
    back = (sizes[ring] - position(ring) - rng.random(len(ring))) / rate[ring]
    crowd["created"] = np.minimum(until[ring] - back, days - 0.1)
    account = crowd.index.to_numpy()
    payers = account[rng.random(len(ring)) < 0.7]
    card = cards(rng, landscape, crowd["country"].to_numpy(), 0.25).take(_next_to(rng, ring, 0))
    machine = devices(rng, len(ring)).take(_next_to(rng, ring, 1))
    pool = np.maximum(2, sizes // 3)
    sticky = rng.integers(2, world.sticky_exit_days[1] + 1, size=rings)
    return _operate(
        rng,
        world,
        crowd,
        devices=[habit(account, machine, 0.9), *own_devices(rng, account[rng.random(len(ring)) < 0.3])[:1]],
        addresses=[
            rent(rng, exits, crowd, ring, pool, sticky, days, 0.9),
            on_mobile(rng, landscape, crowd, 0.25, 0.3),
        ],
        cards=[habit(payers, card.take(payers), pay_probability(rng, len(payers)))],
        templates=[own_templates(rng, crowd, 0.15), _pooled_templates(rng, ring, 0.5, 0.5)],
    )


def _farm(
    rng: np.random.Generator, landscape: Landscape, exits: Exits, world: World, sizes: np.ndarray, days: int
) -> Cast:
    """Many accounts that ask little each: prepaid cards of few issuers, a pool of templates, servers and exits."""
    ring, rings = _rings(sizes)
    country = exits.countries(rng, rings)
    crowd = people(rng, country[ring], days, operator=ring, style="farm", kind="operator")
    crowd = crowd.assign(**_farm_pace(rng, world, crowd, ring, days))
    account = crowd.index.to_numpy()
    machine = share(rng, ring, 3, 10)
    on_server = rng.random(len(ring)) < rng.uniform(0.2, 0.8, rings)[ring]
    servers = lines(rng, landscape.block(rng, "hosting", country), np.maximum(4, sizes // 5), rng.integers(1, 4, rings))
    pool = np.maximum(6, sizes // 3)
    sticky = rng.integers(*world.sticky_exit_days, size=rings, endpoint=True)
    return _operate(
        rng,
        world,
        crowd,
        devices=[habit(account, devices(rng, len(ring), (0.25, 0.15, 0.5, 0.05, 0.05)).take(machine), 0.9)],
        addresses=[
            habit(account[on_server], servers.take(ring[on_server]), 0.92),
            rent(rng, exits, crowd[~on_server], ring[~on_server], pool, sticky, days, 0.92),
        ],
        cards=[_farm_cards(rng, landscape, world, crowd, ring)],
        templates=[_pooled_templates(rng, ring, 1.0, world.farm_template_share)],
        transfers=[_sweeps(rng, ring, 0.03)],
    )


def _farm_pace(
    rng: np.random.Generator, world: World, crowd: pd.DataFrame, ring: np.ndarray, days: int
) -> dict[str, np.ndarray]:
    """Sign-ups over some weeks beside bought aged accounts; exchanges spread around the known mean a day."""
    rings = int(ring[-1]) + 1
    opened = days - rng.uniform(20, 75, rings)
    created = opened[ring] + rng.random(len(ring)) * rng.uniform(5, 40, rings)[ring]
    aged = rng.random(len(ring)) < rng.uniform(0.2, 0.8, rings)[ring]
    active = rng.beta(7, 3, len(ring))
    spread = rng.uniform(0.3, 1.0, rings)[ring]
    noise = np.exp(spread * rng.standard_normal(len(ring)) - spread**2 / 2)
    return {
        "created": np.where(aged, crowd["created"], np.minimum(created, days - 0.1)),
        "active": active,
        "exchanges": world.farm_exchanges_a_day / active * noise,
        "rhythm": np.where(rng.random(len(ring)) < 0.6, RHYTHMS.index("always"), crowd["rhythm"]),
    }


def _farm_cards(
    rng: np.random.Generator, landscape: Landscape, world: World, crowd: pd.DataFrame, ring: np.ndarray
) -> pd.DataFrame:
    """Prepaid cards for one to a few accounts each, all of a ring under one to a few BINs."""
    low, high = world.farm_accounts_per_card
    purse = share(rng, ring, low, high)
    card = cards(rng, landscape, crowd["country"].to_numpy(), 1.0)
    first = np.searchsorted(purse, np.arange(len(crowd)).clip(max=purse[-1]))
    bins = rng.integers(world.farm_bins[0], world.farm_bins[1] + 1, int(ring[-1]) + 1)
    start = rng.integers(VIRTUAL_BINS, size=len(bins))
    of_ring = ring[first]
    card["bin"] = landscape.bins[-1, (start[of_ring] + rng.integers(bins[of_ring])) % VIRTUAL_BINS]
    payers = crowd.index.to_numpy()[rng.random(len(crowd)) < 0.8]
    return habit(payers, card.take(purse[payers]), pay_probability(rng, len(payers)))


def _reseller(rng: np.random.Generator, landscape: Landscape, world: World, sizes: np.ndarray, days: int) -> Cast:
    """A pool that one card pays for and one device looks after; behind each account is a real person."""
    pool, pools = _rings(sizes)
    country = draw_countries(rng, pools)
    crowd = people(rng, country[pool], days, operator=pool, style="reseller", kind="reseller")
    opened = days - rng.exponential(150, pools) - 5
    crowd["created"] = np.minimum(opened[pool] + rng.exponential(25, len(pool)), days - 0.1)
    account = crowd.index.to_numpy()
    looked_after = account[(rng.random(pools) < 0.7)[pool] & (rng.random(len(pool)) < 0.6)]
    return settle(
        rng,
        world,
        crowd,
        devices=[*own_devices(rng, account), habit(looked_after, devices(rng, pools).take(pool[looked_after]), 0.12)],
        addresses=[
            habit(account, home_lines(rng, landscape, world, country[pool]), 0.85),
            on_mobile(rng, landscape, crowd, 0.6, 0.35),
            through_vpn(rng, landscape, crowd, 0.08, 0.25),
        ],
        cards=[
            habit(account, cards(rng, landscape, country, 0.3).take(pool), pay_probability(rng, len(pool))),
            own_cards(rng, landscape, world, crowd, 0.1),
        ],
        templates=[own_templates(rng, crowd, 0.15)],
    )


def _operate(rng: np.random.Generator, world: World, crowd: pd.DataFrame, **habits: list[pd.DataFrame]) -> Cast:
    """Return the cast; its accounts survived until the first day and are found out at the operators' rate."""
    ends = lifetimes(rng, np.maximum(crowd["created"].to_numpy(), 0), world.operator_lifetime_days)
    return build_cast(crowd.assign(ends=ends, suspended=rng.random(len(crowd)) < 0.6), **habits)


def _rings(sizes: np.ndarray) -> tuple[np.ndarray, int]:
    return np.repeat(np.arange(len(sizes)), sizes), len(sizes)


def _next_to(rng: np.random.Generator, ring: np.ndarray, odd: int) -> np.ndarray:
    """Draw for each account whose thing it uses: its own, or with its neighbour's; with both parities, chains form."""
    place = position(ring)
    neighbour = np.arange(len(ring)) - (place + odd) % 2
    joins = (rng.random(len(ring)) < 0.75) & (place > 0)
    return np.where(joins, neighbour, np.arange(len(ring)))


def _pooled_templates(rng: np.random.Generator, ring: np.ndarray, users: float, probability: float) -> pd.DataFrame:
    """Draw for the rings that have one (share `users`) a pool of two to six templates; each account keeps to one."""
    rings = int(ring[-1]) + 1
    account = np.flatnonzero((rng.random(rings) < users)[ring])
    pool = rng.integers(2, 7, rings)[ring[account]]
    return habit(account, templates(rng, 6 * rings).take(ring[account] * 6 + rng.integers(pool)), probability)


def _sweeps(rng: np.random.Generator, ring: np.ndarray, givers: float) -> pd.DataFrame:
    """Transfers of balance to the first account of the ring."""
    first = np.searchsorted(ring, ring)
    giver = np.flatnonzero((rng.random(len(ring)) < givers) & (first != np.arange(len(ring))))
    return habit(giver, pd.DataFrame({"counterparty": first[giver]}), 0.1)


def _log_uniform(rng: np.random.Generator, low: float, high: float, count: int) -> np.ndarray:
    return np.exp(rng.uniform(np.log(low), np.log(max(high, low + 1)), count)).astype(np.int64)
