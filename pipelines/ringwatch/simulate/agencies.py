"""People who work for several companies: agencies, whose staff serve clients in turn, and contractors on their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ringwatch.simulate.clients import Clients, companies_of, lent, work_for
from ringwatch.simulate.habits import RHYTHMS, Cast, devices, pay_probability, people, shared, some, templates
from ringwatch.simulate.landscape import Landscape, lines
from ringwatch.simulate.persons import home_lines, on_mobile, own_cards, own_devices, own_templates, settle
from ringwatch.simulate.sizes import group_sizes

_STAFF = (4, 40)
_CLIENTS_OF_AGENCY = (2, 6)
_CLIENTS_OF_WORKER = (1, 3)


def agencies(rng: np.random.Generator, landscape: Landscape, usual: Cast, accounts: int) -> Cast:
    """Offices whose staff also connect through clients, send their templates and pay with their cards.

    Accounts were opened client by client, on one day each; two machines in three are the agency's and go from hand to
    hand.
    """
    sizes = group_sizes(rng, accounts, rng.integers(*_STAFF, size=300, endpoint=True))
    count, agency = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, count)
    clients = companies_of(landscape, usual)
    serves = work_for(clients, rng, count, _CLIENTS_OF_AGENCY).rename(columns={"account": "agency"})
    jobs = pd.DataFrame({"account": np.arange(accounts), "agency": agency}).merge(serves, on="agency")
    jobs = jobs[rng.random(len(jobs)) < 0.5].drop(columns="agency")
    crowd = people(rng, landscape, country[agency], context="agency", rhythm=RHYTHMS.index("office"))
    crowd = crowd.assign(created=_for_first_client(rng, landscape, crowd, agency, jobs))
    account = crowd.index.to_numpy()
    on_pool, pool = some(rng, accounts, 0.6), agency * 3 + rng.integers(3, size=accounts)
    on_template = some(rng, accounts, 0.5)
    egress = lines(rng, landscape.block(rng, "business", country), count=rng.integers(1, 4, count))
    return settle(
        rng,
        landscape,
        crowd,
        devices=[*own_devices(rng, crowd), shared(on_pool, pool, devices(rng, 3 * count), 0.4)],
        addresses=[
            shared(account, agency, egress, rng.uniform(0.5, 0.95, accounts)),
            shared(account, account, home_lines(rng, landscape, country[agency]), rng.uniform(0.1, 0.5, accounts)),
            *_at_clients(clients, jobs, 0.3),
        ],
        cards=[*_paid_by_clients(rng, clients, jobs, 0.3), own_cards(rng, landscape, crowd, 0.2)],
        templates=[
            shared(on_template, agency, templates(rng, count), 0.4),
            lent(clients.templates, jobs, 0.4),
            own_templates(rng, crowd, 0.1),
        ],
    )


def contractors(rng: np.random.Generator, landscape: Landscape, usual: Cast, accounts: int) -> Cast:
    """People at home who work for one to three companies, through their lines, with their templates, on their cards."""
    country = landscape.countries(rng, accounts)
    crowd = people(rng, landscape, country, context="contractor")
    account, clients = crowd.index.to_numpy(), companies_of(landscape, usual)
    jobs = work_for(clients, rng, accounts, _CLIENTS_OF_WORKER)
    return settle(
        rng,
        landscape,
        crowd,
        devices=own_devices(rng, crowd),
        addresses=[
            shared(account, account, home_lines(rng, landscape, country), rng.uniform(0.6, 1, accounts)),
            *_at_clients(clients, jobs, 0.35),
            on_mobile(rng, landscape, crowd, 0.5, 0.3),
        ],
        cards=[*_paid_by_clients(rng, clients, jobs, 0.25), own_cards(rng, landscape, crowd, 0.6)],
        templates=[lent(clients.templates, jobs, 0.35), own_templates(rng, crowd, 0.2)],
    )


def _for_first_client(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, agency: np.ndarray, jobs: pd.DataFrame
) -> np.ndarray:
    """Return when accounts were opened: on the day on which the agency began with their first client."""
    first = jobs.drop_duplicates("account").set_index("account")["client"].reindex(crowd.index)
    project = pd.Series(list(zip(agency, first.fillna(-1), strict=True))).factorize()[0]
    began = landscape.days - rng.exponential(120, int(project.max(initial=-1)) + 1) - 1
    return np.where(first.notna(), began[project] + rng.random(len(crowd)) / 3, crowd["created"])


def _at_clients(clients: Clients, jobs: pd.DataFrame, probability: float) -> list[pd.DataFrame]:
    return [lent(clients.lines.assign(client=clients.lines.index), jobs, probability)]


def _paid_by_clients(
    rng: np.random.Generator, clients: Clients, jobs: pd.DataFrame, share: float
) -> list[pd.DataFrame]:
    paid = jobs[rng.random(len(jobs)) < share]
    habits = lent(clients.cards, paid, 0.0)
    return [habits.assign(probability=pay_probability(rng, len(habits)))]
