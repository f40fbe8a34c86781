"""What operators do with money: fund all accounts from one purse, sweep them to one, pass sums on or round in circles.

Each move goes through an account of the ring, or a party outside the service that only the ring has to do with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ringwatch.simulate.habits import Cast, position
from ringwatch.simulate.landscape import Landscape, keys
from ringwatch.simulate.money.moves import Moves, either, now_and_then, once

_KIND = "crypto"
_LONG_DAYS = 60
# Accounts in a circle.
_CIRCLE = (3, 8)
# What is left after each step of a peel chain.
_PEELED = (0.85, 0.98)


@dataclass(frozen=True)
class _Rings:
    """account: rows of people, by ring (from 0, in order) and day of opening; opened, ends: when each is there.

    outside: by ring, whether money goes through a party outside. days: of feeds.
    """

    account: np.ndarray
    ring: np.ndarray
    opened: np.ndarray
    ends: np.ndarray
    outside: np.ndarray
    days: int

    @property
    def count(self) -> int:
        return len(self.outside)

    def among(self, kept: np.ndarray) -> _Rings:
        """Return the accounts that are kept."""
        account, ring, opened, ends = (part[kept] for part in (self.account, self.ring, self.opened, self.ends))
        return _Rings(account, ring, opened, ends, self.outside, self.days)

    def there(self, day: np.ndarray) -> np.ndarray:
        """Return for each account the day nearest to `day` on which it is there."""
        return np.asarray(np.clip(day, self.opened, self.ends))


def ring_moves(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Moves:
    """Return what the rings of `cast` do; some do several things, and where nothing else is seen each does one."""
    money = landscape.world.climate.money
    if money is None or not (cast.people["kind"] == "operator").any():
        return Moves.all_of([])
    rings = _rings(rng, landscape, cast, money.outside_share)
    shares = np.array([money.fan_out_share, money.sweep_share, money.peel_share, money.cycle_share])
    does = rng.random((rings.count, len(_WAYS))) < shares
    if not landscape.world.instruments and shares.any():
        idle = ~does.any(axis=1)
        does[idle, rng.choice(len(_WAYS), size=int(idle.sum()), p=shares / shares.sum())] = True
    return Moves.all_of([way(rng, rings.among(does[rings.ring, number])) for number, way in enumerate(_WAYS)])


def _rings(rng: np.random.Generator, landscape: Landscape, cast: Cast, outside_share: float) -> _Rings:
    mine = cast.people[cast.people["kind"] == "operator"]
    mine = mine.sort_values(["style", "operator", "created"], kind="stable")
    ring = mine.groupby(["style", "operator"], sort=False).ngroup().to_numpy()
    # Customers who come once have no account that could pay others later.
    outside = rng.random(int(ring.max(initial=-1)) + 1) < (1 if landscape.world.climate.seen_once else outside_share)
    first_whole_day = np.floor if landscape.world.climate.seen_once else np.ceil
    opened = np.clip(first_whole_day(mine["created"].to_numpy()), 0, landscape.days - 1)
    leaves = np.floor(np.minimum(mine["ends"].to_numpy(), mine["gone"].to_numpy())) - 1
    ends = np.clip(leaves, opened, landscape.days - 1)
    return _Rings(mine.index.to_numpy(), ring, opened, ends, outside, landscape.days)


def _fan_out(rng: np.random.Generator, rings: _Rings) -> Moves:
    """One purse pays every account of its ring about the same: all there are on one day, others as they open."""
    purse = _purse(rings)
    begins, ends = rings.opened[purse], rings.ends[purse]
    day = np.floor(begins + rng.random(rings.count)[rings.ring] * (ends - begins + 1))
    dollars = _sums(rng, rings) * rng.uniform(0.97, 1.0, len(rings.account))
    return _move(rng, rings, rings.account[purse], rings.account, dollars, once(rings.there(day)))


def _sweep(rng: np.random.Generator, rings: _Rings) -> Moves:
    """Every account pays one purse, now and then."""
    purse = rings.account[_purse(rings)]
    often = _often(rng, rings, 1 / 20, 1 / 3)
    return _move(rng, rings, rings.account, purse, _sums(rng, rings), now_and_then(often))


def _peel(rng: np.random.Generator, rings: _Rings) -> Moves:
    """A sum goes from account to account, and a little of it stays with each."""
    place = position(rings.ring)
    payer, paid = rings.account[np.flatnonzero(place > 0) - 1], rings.among(place > 0)
    step = place[place > 0]
    start, gap = rng.uniform(0, 0.7 * rings.days, rings.count), rng.uniform(0, 1, rings.count)
    day = paid.there(np.floor(start[paid.ring] + step * gap[paid.ring]))
    left = rng.uniform(*_PEELED, size=rings.count)[paid.ring] ** step
    return _chain(rng, paid, payer, paid.account, 40 * _sums(rng, paid) * left, once(day))


def _cycle(rng: np.random.Generator, rings: _Rings) -> Moves:
    """Sums go round in circles of a few accounts, again and again."""
    length = rng.integers(*_CIRCLE, size=rings.count, endpoint=True)
    circle = position(rings.ring) // length[rings.ring]
    changes = (np.diff(rings.ring, prepend=-1) != 0) | (np.diff(circle, prepend=-1) != 0)
    number = changes.cumsum() - 1
    begin, size = np.searchsorted(number, number), np.bincount(number)[number]
    payee = rings.account[begin + (position(number) + 1) % size]
    often = _often(rng, rings, 1 / 30, 1 / 6)
    return _chain(rng, rings, rings.account, payee, _sums(rng, rings), now_and_then(often))


def _move(
    rng: np.random.Generator,
    rings: _Rings,
    payer: np.ndarray,
    payee: np.ndarray,
    dollars: np.ndarray,
    when: dict[str, np.ndarray],
) -> Moves:
    """Between accounts, or of every account with one party outside per ring."""
    party = keys(rng, rings.count)[rings.ring]
    return either(rings.outside[rings.ring], payer, payee, rings.account, party, _KIND, dollars, when)


def _chain(
    rng: np.random.Generator,
    rings: _Rings,
    payer: np.ndarray,
    payee: np.ndarray,
    dollars: np.ndarray,
    when: dict[str, np.ndarray],
) -> Moves:
    """Between accounts, or of payer and payee with a party outside that they alone have to do with."""
    party, outside = keys(rng, len(payer)), rings.outside[rings.ring]
    sides = [either(outside, payer, payee, side, party, _KIND, dollars, when) for side in (payer, payee)]
    return Moves(sides[0].transfers, Moves.all_of(sides).outside)


def _sums(rng: np.random.Generator, rings: _Rings) -> np.ndarray:
    """Return a sum per account that is the same for all of a ring."""
    return np.asarray(np.exp(rng.uniform(np.log(5), np.log(300), rings.count)).round(1)[rings.ring])


def _often(rng: np.random.Generator, rings: _Rings, low: float, high: float) -> np.ndarray:
    """Return a chance a day per account, the same for all of a ring: lower in long histories, sure on an only day."""
    often = rng.uniform(low, high, rings.count)[rings.ring] * min(1.0, _LONG_DAYS / rings.days)
    return np.where(rings.ends > rings.opened, often, 1.0)


def _purse(rings: _Rings) -> np.ndarray:
    """Return per account the place of that of its ring which is there longest."""
    order = np.lexsort((rings.opened - rings.ends, rings.ring))
    return np.asarray(order[np.searchsorted(rings.ring, rings.ring)])


_WAYS = (_fan_out, _sweep, _peel, _cycle)
