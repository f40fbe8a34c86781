"""What links strangers: default fingerprints, junk ids, collisions, resold devices, cafes; and links among friends."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import NOBODY, PLATFORM_WEIGHTS, Cast, devices, habit, share
from ringwatch.simulate.identity import NOTHING
from ringwatch.simulate.landscape import Landscape, lines
from ringwatch.simulate.world import World

_DEFAULT_FINGERPRINTS = 12
_CAFE_ACCOUNTS = (15, 60)
_NEAR = 40


def add_noise(rng: np.random.Generator, landscape: Landscape, world: World, cast: Cast, days: int) -> Cast:
    """Return `cast` with coincidences that spare nobody, honest or not."""
    used = _resell(rng, world, cast, days)
    more = [
        _default_fingerprints(rng, world, cast.people),
        _junk(rng, world, cast.people),
        _collisions(rng, world, cast.people),
    ]
    cafes = [_cafes(rng, landscape, world, cast.people) for _ in range(2)]
    return replace(
        cast,
        devices=pd.concat([used, *more], ignore_index=True),
        addresses=pd.concat([cast.addresses, *cafes], ignore_index=True),
    )


def befriend(rng: np.random.Generator, world: World, cast: Cast) -> Cast:
    """Return `cast` with referrals by older accounts nearby, and a few transfers between neighbours."""
    count = len(cast.people)
    near = (np.arange(count) + rng.integers(1, _NEAR, count) * rng.choice([-1, 1], count)) % count
    created = cast.people["created"].to_numpy()
    referred = (rng.random(count) < 2 * world.referred_share) & (created[near] < created)
    giver = np.flatnonzero(rng.random(count) < world.transfer_share)
    transfers = habit(giver, pd.DataFrame({"counterparty": near[giver]}), 0.1)
    return replace(
        cast,
        people=cast.people.assign(referrer=np.where(referred, near, NOBODY)),
        transfers=pd.concat([cast.transfers, transfers], ignore_index=True),
    )


def _resell(rng: np.random.Generator, world: World, cast: Cast, days: int) -> pd.DataFrame:
    """Some devices change hands: the old owner's last day is before the new owner's first."""
    rows = cast.devices.index.to_numpy()
    sold = rng.choice(rows, size=int(len(rows) * world.resold_device_share), replace=False)
    day = rng.integers(-days, days + 1, len(sold))
    buyer = rng.integers(len(cast.people), size=len(sold))
    kept = cast.devices.copy()
    kept.loc[sold, "until"] = np.minimum(kept.loc[sold, "until"], day)
    bought = habit(buyer, cast.devices.loc[sold, ["device", "platform"]], 0.7, since=day + 1)
    return pd.concat([kept, bought], ignore_index=True)


def _default_fingerprints(rng: np.random.Generator, world: World, people: pd.DataFrame) -> pd.DataFrame:
    """A few fingerprints that browsers which hide give to very many people; the first to most of them."""
    account = _some(rng, people, world.default_fingerprint_share)
    which = np.minimum(rng.zipf(1.6, len(account)), _DEFAULT_FINGERPRINTS) - 1
    return habit(account, devices(rng, _DEFAULT_FINGERPRINTS, PLATFORM_WEIGHTS).take(which), 0.7)


def _junk(rng: np.random.Generator, world: World, people: pd.DataFrame) -> pd.DataFrame:
    account = _some(rng, people, world.junk_device_share)
    nothing = devices(rng, len(account)).assign(device=-1 - rng.integers(len(NOTHING), size=len(account)))
    return habit(account, nothing, 0.7)


def _collisions(rng: np.random.Generator, world: World, people: pd.DataFrame) -> pd.DataFrame:
    """Two to six strangers whose devices look the same."""
    account = rng.permutation(_some(rng, people, world.colliding_device_share))
    blocks = np.arange(len(account)) // 60
    alike = share(rng, blocks, 2, 6)
    return habit(account, devices(rng, len(account)).take(alike), 0.6)


def _cafes(rng: np.random.Generator, landscape: Landscape, world: World, people: pd.DataFrame) -> pd.DataFrame:
    """Visitors of cafes, hotels and airports in their own country, seldom twice the same people at once."""
    account = rng.permutation(_some(rng, people, world.cafe_visitor_share))
    account = account[np.argsort(people["country"].to_numpy()[account], kind="stable")]
    country = people["country"].to_numpy()[account]
    cafe = share(rng, country, *_CAFE_ACCOUNTS)
    place = lines(
        rng, landscape.block(rng, "business", country[np.searchsorted(cafe, np.arange(cafe.max(initial=-1) + 1))])
    )
    return habit(account, place.take(cafe), 0.12)


def _some(rng: np.random.Generator, people: pd.DataFrame, part: float) -> np.ndarray:
    return np.flatnonzero(rng.random(len(people)) < part)
