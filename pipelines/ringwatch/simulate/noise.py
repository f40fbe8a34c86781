"""What links strangers: default fingerprints, junk ids, collisions, resold devices, cafes, hotels, rented numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import Cast, devices, habit, runs, some, stack, templates
from ringwatch.simulate.identity import NOTHING, invent_names
from ringwatch.simulate.landscape import ACCESS, Landscape, keys, lines

_DEFAULT_FINGERPRINTS = 12
_CAFE_ACCOUNTS = (15, 60)
_HOTEL_ACCOUNTS = (8, 40)
_HOTEL_NIGHTS = (1, 5)
_NUMBER_ACCOUNTS = (2, 8)
_DISPOSABLE_DOMAINS = 60
_TOOLS = 30


def add_noise(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with coincidences that spare nobody, honest or not."""
    strange = [find(rng, landscape, len(cast.people)) for find in (_default_fingerprints, _junk, _collisions)]
    cafes = [_cafes(rng, landscape, cast.people) for _ in range(2)]
    return replace(
        cast,
        people=cast.people.assign(**_contacts(rng, landscape, cast.people)),
        devices=stack([*_resold(rng, landscape, cast), *strange]),
        addresses=stack([cast.addresses, _guests(rng, landscape, cast), _hotels(rng, landscape, cast.people), *cafes]),
        templates=stack([cast.templates, _tools(rng, landscape, len(cast.people))]),
    )


def _default_fingerprints(rng: np.random.Generator, landscape: Landscape, accounts: int) -> pd.DataFrame:
    """A few fingerprints that browsers which hide give to very many people; the first to most of them."""
    account = some(rng, accounts, landscape.world.default_fingerprint_share)
    which = np.minimum(rng.zipf(1.6, len(account)), _DEFAULT_FINGERPRINTS) - 1
    return habit(account, devices(rng, _DEFAULT_FINGERPRINTS).take(which), 0.7)


def _junk(rng: np.random.Generator, landscape: Landscape, accounts: int) -> pd.DataFrame:
    """Clients that send a value which means nothing."""
    account = some(rng, accounts, landscape.world.junk_device_share)
    nothing = devices(rng, len(account)).assign(device=-1 - rng.integers(len(NOTHING), size=len(account)))
    return habit(account, nothing, 0.7)


def _collisions(rng: np.random.Generator, landscape: Landscape, accounts: int) -> pd.DataFrame:
    """Two to six strangers whose devices look the same."""
    account = rng.permutation(some(rng, accounts, landscape.world.colliding_device_share))
    alike = runs(rng, np.arange(len(account)) // 60, 2, 6)
    return habit(account, devices(rng, len(account)).take(alike), 0.6)


def _resold(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Some devices change hands: the old owner's last day is before the new owner's first."""
    rows, days = len(cast.devices), landscape.days
    sold = rng.choice(rows, size=int(rows * landscape.world.resold_device_share), replace=False)
    day = rng.integers(-days, days + 1, len(sold))
    until = cast.devices["until"].to_numpy(copy=True)
    until[sold] = np.minimum(until[sold], day)
    buyer = rng.integers(len(cast.people), size=len(sold))
    bought = habit(buyer, cast.devices[["device", "platform"]].take(sold), 0.7, since=day + 1)
    return cast.devices.assign(until=until), bought


def _cafes(rng: np.random.Generator, landscape: Landscape, people: pd.DataFrame) -> pd.DataFrame:
    """Visitors of cafes, hotels and airports in their own country."""
    account = rng.permutation(some(rng, len(people), landscape.world.cafe_visitor_share))
    country = people["country"].to_numpy()[account]
    by_country = np.argsort(country, kind="stable")
    account, country = account[by_country], country[by_country]
    cafe = runs(rng, country, *_CAFE_ACCOUNTS)
    first = np.searchsorted(cafe, np.arange(cafe.max(initial=-1) + 1))
    return habit(account, lines(rng, landscape.block(rng, "business", country[first])).take(cafe), 0.12)


def _hotels(rng: np.random.Generator, landscape: Landscape, people: pd.DataFrame) -> pd.DataFrame:
    """Travellers from anywhere who stay some nights, most days of which they connect from the hotel."""
    account = rng.permutation(some(rng, len(people), landscape.world.traveller_share))
    hotel = runs(rng, np.arange(len(account)) // 200, *_HOTEL_ACCOUNTS)
    country = landscape.countries(rng, int(hotel.max(initial=-1)) + 1)
    since = rng.integers(-2, landscape.days, len(account))
    until = since + rng.integers(*_HOTEL_NIGHTS, size=len(account), endpoint=True)
    return habit(account, lines(rng, landscape.block(rng, "business", country)).take(hotel), 0.8, since, until)


def _contacts(rng: np.random.Generator, landscape: Landscape, people: pd.DataFrame) -> dict[str, np.ndarray]:
    """Numbers rented for one message, which serve a few strangers of a country; mail domains that anybody may use."""
    world, country = landscape.world, people["country"].to_numpy()
    renter = rng.permutation(some(rng, len(people), world.rented_number_share))
    renter = renter[np.argsort(country[renter], kind="stable")]
    number = runs(rng, country[renter], *_NUMBER_ACCOUNTS)
    phone = people["phone"].to_numpy(copy=True)
    phone[renter] = keys(rng, len(renter))[number]
    domain = people["domain"].to_numpy(dtype=object, copy=True)
    thrown_away = some(rng, len(people), world.disposable_mail_share)
    which = np.minimum(rng.zipf(1.3, len(thrown_away)), _DISPOSABLE_DOMAINS) - 1
    domain[thrown_away] = (invent_names(rng, _DISPOSABLE_DOMAINS) + ".net")[which]
    return {"phone": phone, "domain": domain}


def _guests(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> pd.DataFrame:
    """Guests at the home of somebody in the same country, or wherever else that account connects from."""
    country = cast.people["country"].to_numpy()
    lasting = cast.addresses[np.isinf(cast.addresses["until"])]
    host_country = country[lasting["account"]]
    count = np.bincount(host_country, minlength=int(country.max()) + 1)
    account = some(rng, len(cast.people), landscape.world.guest_share * (count > 0)[country])
    nth = (count.cumsum() - count)[country[account]] + rng.integers(count[country[account]])
    host = np.argsort(host_country, kind="stable")[nth]
    return habit(account, lasting[ACCESS].take(host), 0.1)


def _tools(rng: np.random.Generator, landscape: Landscape, accounts: int) -> pd.DataFrame:
    """Templates of public tools: the first on most of very many accounts."""
    account = some(rng, accounts, landscape.world.tool_template_share)
    which = np.minimum(rng.zipf(1.5, len(account)), _TOOLS) - 1
    return habit(account, templates(rng, _TOOLS).take(which), rng.uniform(0.2, 0.9, len(account)))
