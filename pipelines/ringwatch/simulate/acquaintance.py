"""Links among honest people: invitations, families and friends who share balance, refunds, people who collect."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import NOBODY, Cast, habit, runs, some, stack
from ringwatch.simulate.landscape import Landscape

_NEAR = 40
_INVITED_BY_AFFILIATE = (10, 150)
_PAYERS_OF_COLLECTOR = (3, 80)
_REFUNDED = 0.3


def befriend(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with referrals, by older accounts nearby and by affiliates, and with transfers."""
    near = _neighbours(rng, len(cast.people))
    referrer = _referrers(rng, landscape, cast.people, near)
    transfers = [cast.transfers, *_gifts(rng, landscape, near), _collections(rng, landscape, len(cast.people))]
    return replace(cast, people=cast.people.assign(referrer=referrer), transfers=stack(transfers))


def _neighbours(rng: np.random.Generator, count: int) -> np.ndarray:
    """One acquaintance of each: families, offices and campuses lie next to each other."""
    return np.asarray((np.arange(count) + rng.integers(1, _NEAR, count) * rng.choice([-1, 1], count)) % count)


def _referrers(rng: np.random.Generator, landscape: Landscape, people: pd.DataFrame, near: np.ndarray) -> np.ndarray:
    """Who invited each: an older account nearby, or an affiliate, who invites strangers by the dozen."""
    world, created = landscape.world, people["created"].to_numpy()
    invited = (rng.random(len(people)) < 2 * world.referred_share) & (created[near] < created)
    referrer = np.where(invited, near, NOBODY)
    guest, host = _crowds(rng, len(people), world.affiliate_share, _INVITED_BY_AFFILIATE)
    late = created[host] < created[guest]
    referrer[guest[late]] = host[late]
    return referrer


def _gifts(rng: np.random.Generator, landscape: Landscape, near: np.ndarray) -> list[pd.DataFrame]:
    """Transfers between acquaintances; some come back (refunds, shared bills)."""
    giver = some(rng, len(near), landscape.world.transfer_share)
    back = giver[some(rng, len(giver), _REFUNDED)]
    return [
        habit(giver, pd.DataFrame({"counterparty": near[giver]}), 0.1),
        habit(near[back], pd.DataFrame({"counterparty": back}), 0.06),
    ]


def _collections(rng: np.random.Generator, landscape: Landscape, count: int) -> pd.DataFrame:
    """People who are paid by many: tutors, makers of tools, treasurers of clubs."""
    payer, collector = _crowds(rng, count, landscape.world.collected_share, _PAYERS_OF_COLLECTOR)
    return habit(payer, pd.DataFrame({"counterparty": collector}), 0.05)


def _crowds(rng: np.random.Generator, count: int, part: float, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Draw a share `part` of all and put them in crowds, each around someone; return who, and around whom."""
    guest = rng.permutation(some(rng, count, part))
    crowd = runs(rng, np.arange(len(guest)) // (2 * size[1]), *size)
    host = rng.integers(count, size=int(crowd.max(initial=-1)) + 1)[crowd]
    other = host != guest
    return guest[other], host[other]
