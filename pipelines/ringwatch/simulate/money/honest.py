"""Who else moves money in the shapes of operators: payroll and pay-outs fan out, merchants and tutors collect, friends
pay in circles, exchanges have to do with everybody.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ringwatch.simulate.climate import Money
from ringwatch.simulate.habits import Cast, position, runs, some
from ringwatch.simulate.landscape import Landscape, keys
from ringwatch.simulate.money.moves import Moves, between, either, now_and_then, once, with_party

_MONTH = 30
_PUPILS = (3, 30)
_FRIENDS = (2, 5)
_AFFILIATES = (10, 150)
_SHOPPERS_PER_MERCHANT = 400
_EXCHANGES, _WALLETS_OF_EXCHANGE = 5, 4


def honest_moves(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Moves:
    """Return what people do who are no operator's; merchants and exchanges have operators among their customers."""
    money = landscape.world.climate.money
    if money is None:
        return Moves.all_of([])
    return Moves.all_of([move(rng, landscape, cast, money) for move in _MOVES])


def _payroll(rng: np.random.Generator, landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """A company pays all its staff on one day of the month, from its account or from a bank."""
    company, staff = _living_together(landscape, cast, "business", ("office",))
    pays = rng.random(int(company.max(initial=-1)) + 1) < money.payroll_share
    company, staff = company[pays[company]], staff[pays[company]]
    return _monthly(rng, landscape, company, staff, "bank", (400, 4000), money.outside_share)


def _family(rng: np.random.Generator, landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """A parent gives everybody at home pocket money."""
    home, account = _living_together(landscape, cast, "residential", ("family", "tablet_family"))
    gives = rng.random(int(home.max(initial=-1)) + 1) < money.family_share
    home, account = home[gives[home]], account[gives[home]]
    weekly = rng.uniform(1 / 30, 1 / 7, len(gives))[home]
    return between(
        account[np.searchsorted(home, home)], account, rng.integers(5, 40, len(gives))[home], now_and_then(weekly)
    )


def _friends(rng: np.random.Generator, _landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """Friends lend each other small sums: the next in the round pays for all."""
    account = some(rng, len(cast.people), money.friend_share)
    circle = runs(rng, np.arange(len(account)) // 60, *_FRIENDS)
    begin, size = np.searchsorted(circle, circle), np.bincount(circle)[circle] if len(circle) else circle
    other = begin + (position(circle) + rng.integers(1, np.maximum(2, size))) % np.maximum(1, size)
    return between(account, account[other], rng.integers(3, 60, len(account)), now_and_then(1 / 25))


def _tutors(rng: np.random.Generator, _landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """Strangers pay a tutor every week or two, the same sum each time."""
    pupil, tutor = _around(rng, cast, money.pupil_share, _PUPILS)
    fee = rng.integers(10, 80, int(tutor.max(initial=-1)) + 1)[tutor]
    return between(pupil, tutor, fee, now_and_then(rng.uniform(1 / 14, 1 / 7, len(pupil))))


def _affiliates(rng: np.random.Generator, landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """A programme pays strangers by the dozen on one day of the month, what each has earned."""
    account = rng.permutation(some(rng, len(cast.people), money.affiliate_share))
    programme = runs(rng, np.arange(len(account)) // (2 * _AFFILIATES[1]), *_AFFILIATES)
    return _monthly(rng, landscape, programme, account, "bank", (5, 600), money.outside_share)


def _shoppers(rng: np.random.Generator, _landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """A few merchants, one far larger than the next, are paid by very many, now and then."""
    shopper = some(rng, len(cast.people), money.shopper_share)
    merchants = rng.integers(len(cast.people), size=2 + len(shopper) // _SHOPPERS_PER_MERCHANT)
    which = np.minimum(rng.zipf(1.5, len(shopper)), len(merchants)) - 1
    return between(shopper, merchants[which], rng.integers(3, 120, len(shopper)), now_and_then(1 / 20))


def _traders(rng: np.random.Generator, _landscape: Landscape, cast: Cast, money: Money) -> Moves:
    """Exchanges outside, with a few wallets each that serve everybody."""
    trader = some(rng, len(cast.people), money.trader_share)
    wallet = keys(rng, _EXCHANGES * _WALLETS_OF_EXCHANGE)
    exchange = np.minimum(rng.zipf(1.4, len(trader)), _EXCHANGES) - 1
    used = wallet[exchange * _WALLETS_OF_EXCHANGE + rng.integers(_WALLETS_OF_EXCHANGE, size=len(trader))]
    dollars = np.round(rng.lognormal(4, 1.2, len(trader)), 2)
    return with_party(trader, used, "crypto", dollars, now_and_then(1 / 15))


def _monthly(
    rng: np.random.Generator,
    landscape: Landscape,
    group: np.ndarray,
    account: np.ndarray,
    kind: str,
    dollars: tuple[float, float],
    outside_share: float,
) -> Moves:
    """The first of each group (in order) pays the others on its day of every month, or a party outside pays all."""
    groups = int(group.max(initial=-1)) + 1
    outside = rng.random(groups) < (1 if landscape.world.climate.seen_once else outside_share)
    payday, party = rng.integers(min(_MONTH, landscape.days), size=groups), keys(rng, groups)
    low, high = dollars
    sums = np.asarray(np.round(np.exp(rng.uniform(np.log(low), np.log(high), len(account)))))
    payer = account[np.searchsorted(group, group)] if len(account) else account
    months = [payday[group] + month * _MONTH for month in range(-(-landscape.days // _MONTH))]
    return Moves.all_of(
        [either(outside[group], payer, account, account, party[group], kind, sums, once(day)) for day in months]
    )


def _living_together(
    landscape: Landscape, cast: Cast, kind: str, contexts: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return people of `contexts` whose first line of a kind of network is one: their groups, and who is in each."""
    there = cast.people["context"].isin(contexts).to_numpy()[cast.addresses["account"]]
    of_kind = (landscape.blocks["kind"] == kind).to_numpy()[cast.addresses["block"]]
    first: pd.DataFrame = cast.addresses.loc[there & of_kind, ["account", "line"]].drop_duplicates("account")
    first = first[first.duplicated("line", keep=False)].sort_values(["line", "account"])
    return first.groupby("line").ngroup().to_numpy(), first["account"].to_numpy()


def _around(rng: np.random.Generator, cast: Cast, share: float, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Draw a share of all accounts and put them around others, a few around each; return who, and around whom."""
    account = rng.permutation(some(rng, len(cast.people), share))
    circle = runs(rng, np.arange(len(account)) // (2 * size[1]), *size)
    return account, rng.integers(len(cast.people), size=int(circle.max(initial=-1)) + 1)[circle]


_MOVES = (_payroll, _family, _friends, _tutors, _affiliates, _shoppers, _traders)
