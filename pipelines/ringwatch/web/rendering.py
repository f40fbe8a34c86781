"""The templates, with the words and forms they use: values in, HTML out, everything escaped."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment

from ringwatch.templating import environment
from ringwatch.web.masks import masked
from ringwatch.web.picture import FACETS
from ringwatch.wording import likelier, percent, probable, share, slight

OUTCOMES = {
    "confirmed": "confirmed",
    "partly_confirmed": "partly confirmed",
    "reseller": "reseller",
    "benign": "benign",
    "unsure": "unsure",
}
STATUSES = {"open": "open", "in_review": "in review", "closed": "closed"}


@cache
def _environment() -> Environment:
    made = environment("ringwatch.web")
    made.filters |= {
        "count": count,
        "day": day,
        "moment": moment,
        "probable": probable,
        "percent": percent,
        "likelier": likelier,
        "masked": masked,
        "words": words,
        "times": times,
        "share": share,
        "rarity": rarity,
        "figure": figure,
        "shortened": shortened,
    }
    made.globals |= {"OUTCOMES": OUTCOMES, "STATUSES": STATUSES, "DRAWN": FACETS}
    return made


def render(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)


def count(number: float | None) -> str:
    """A whole number as people read it."""
    return "" if number is None else f"{number:,.0f}"


def day(value: date | None) -> str:
    """A day in words: 6 March 2026."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


def moment(value: datetime | date | None) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)


def words(name: str | None) -> str:
    """A name of the store as words."""
    return (name or "").replace("_", " ").replace(".", " ")


def times(number: int, one: str, several: str | None = None) -> str:
    """1 ring, 2 rings."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def rarity(bits: float) -> str:
    """How much likelier sharing it is in the hands of one operator than among strangers."""
    return "common" if slight(bits) else likelier(bits)


def figure(value: Any) -> str:
    """A figure of whatever kind."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def shortened(name: str) -> str:
    """A name that fits beside a chart."""
    return name if len(name) <= 18 else f"{name[:17]}…"
