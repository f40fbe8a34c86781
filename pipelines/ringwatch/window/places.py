"""Where accounts are at home: the tables of `sharing` in; four more, that know places from people, out.

whereabouts  identifier, networks (entropy in bits of the networks that its accounts mostly come from), lasts (share of
             all days seen on which it was), place (of addresses; None for what is no address)
stay         account, place (where it spends most of its days), network (identifier of the one it mostly comes from)
opening      network, created, opened (accounts of the network opened within TERM_DAYS of that day), accounts (in all)
employed     account, domain (identifier of its mail domain, where that is an organisation's), long_lived (it was
             opened LONG_LIVED_DAYS and more before the last day), colleagues (such accounts of the domain in all)

The kind of network that a feed gives decides for vpn, hosting, carrier (mobile) and campus (education). Elsewhere an
address is

    office or campus   when half of its accounts and three at least have one organisation or mail domain of its own, an
                       academic one for a campus; when many live there and come on working days alone; or when its
                       network is a business's and it is no cafe
    cafe               when most of three or more accounts are there on one of their days only, and nobody lives there
    home               when it has few accounts
    carrier            when it has many: a line that a provider gives to strangers

A mail domain is an organisation's when it is no provider's that anybody may use (`free_mail` in the model), and half of
its accounts share their network with another of them: addresses of throwaway mail are scattered like their users.
"""

from __future__ import annotations

from datetime import date, timedelta

from ringwatch.model import Model
from ringwatch.window.making import Maker
from ringwatch.window.statements import ALL, Statement, statement

PLACES = ("home", "office", "campus", "carrier", "vpn", "hosting", "cafe")
# Days around an account's opening in which others of its place make a term or a company's start with it.
TERM_DAYS = 3
LONG_LIVED_DAYS = 60
# Most accounts of a home; fewest that make an office, and share of them that one organisation then has.
HOME, OFFICE, SAME = 8, 3, 0.5
# Share of accounts that only pass by from which an address is a cafe; share of their days that are working days, and
# number of such days, from which those who live at an address work there.
PASSING, WORKING, WORKING_DAYS = 0.8, 0.9, 15
# Tenure from which an account lives at an address.
LIVES = 0.5

_NOWHERE = Statement(ALL, (), "address", "SELECT 0 AS identifier, '' AS place WHERE false")


def add(maker: Maker, model: Model, feeds: tuple[str, ...], since: date, until: date) -> None:
    """Add the tables above to those of `sharing`, before there are cells.

    place_kind: name (of an address), kind (of its network), rows that say so.
    """
    maker.do(
        (
            *("main_network", "employed", "works_for", _address(model, feeds), "seen_days", "whereabouts", "stay"),
            statement("opening").filled(term_days=TERM_DAYS),
        ),
        free_mail=list(model.free_mail),
        last_day=(until - since).days,
        long_lived_days=LONG_LIVED_DAYS,
        office=OFFICE,
        same=SAME,
        passing=PASSING,
        home=HOME,
        lives=LIVES,
        working=_working_days(since, until),
        working_days=WORKING_DAYS,
        working_share=WORKING,
        facet=_facet(model, feeds),
    )
    maker.drop(("main_network", "works_for", "address", "seen_days"))


def _address(model: Model, feeds: tuple[str, ...]) -> str | Statement:
    return "address" if _facet(model, feeds) else _NOWHERE


def _facet(model: Model, feeds: tuple[str, ...]) -> str | None:
    """The facet of the relationship that names its kind of network: its identifiers are addresses."""
    return next((r.evidence.facet for _, _, r in model.relationships(feeds) if r.place), None)


def _working_days(since: date, until: date) -> str:
    """A bit for each day of the window: 1 from Monday to Friday."""
    days = (since + timedelta(days=i) for i in range((until - since).days + 1))
    return "".join("1" if day.weekday() < 5 else "0" for day in days)
