"""Accounts whose first money came from one payer on the day on which they were opened: one more kind of cell.

Who is only paid has done nothing, and anybody may send money to anybody. But nobody can make strangers open accounts
on the same day and live from the same purse from their first hour on. So accounts count as funded together when they
were opened on one day, when what each received first came from the same account within HOURS of its opening, and when
that is far more than chance: by the rule of `cells.py`, with the accounts that the payer paid at all as one side, and
all that were opened on that day as the other. An exchange that pays its customers day after day funds nobody so.

The tables of `sharing` in; more rows of `identifier` and `sighting`, with the facet `funding`, out.
"""

from __future__ import annotations

from datetime import date

from ringwatch.model import Model
from ringwatch.window.making import Maker

# Hours between an account's opening and the first money that funded it.
HOURS = 24


def add(maker: Maker, model: Model, since: date, until: date) -> None:
    """Add the accounts that were funded together, by `paid` (payee, payer, moment), to the tables of `sharing`."""
    maker.do(
        ("created", "funder", "payee", "purse", "purse_identifier", "purse_sighting"),
        hours=HOURS,
        since=since,
        funding=model.defaults.funding.facet,
        days=(until - since).days + 1,
    )
    maker.drop(("created", "funder", "payee", "purse"))
