"""Who uses the service on a day and when, and which habits come true."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import RHYTHMS
from ringwatch.simulate.landscape import COUNTRIES

DAY_SECONDS = 86_400

# How active each hour of the local day is, by rhythm.
_HOURS = {
    "day": [0, 0, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 8, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    "evening": [3, 1, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 5, 6, 8, 9, 9, 9, 8, 5],
    "office": [0, 0, 0, 0, 0, 0, 1, 4, 8, 9, 9, 8, 6, 8, 9, 9, 7, 4, 1, 1, 0, 0, 0, 0],
    "always": [5] * 24,
}
_CHANCE = np.array([_HOURS[rhythm] for rhythm in RHYTHMS]) * 0.04


@dataclass(frozen=True)
class Visits:
    """account: rows of people who use the service on a day; hours: their 24-bit masks; first, last: seconds of the day.

    row: for each row of people its place in these arrays, meaningless for who stays away.
    """

    account: np.ndarray
    hours: np.ndarray
    first: np.ndarray
    last: np.ndarray
    row: np.ndarray


def draw_visits(rng: np.random.Generator, people: pd.DataFrame, start: date, day: int) -> Visits:
    """Draw who uses the service on `start` + `day`; offices mostly rest at weekends."""
    resting = (start + timedelta(days=day)).weekday() >= 5
    office = people["rhythm"].to_numpy() == RHYTHMS.index("office")
    probability = people["active"].to_numpy() * np.where(resting & office, 0.2, 1)
    account = np.flatnonzero(is_about(people, day) & (rng.random(len(people)) < probability))
    opened = opening_second(people, account, day)
    hours = _active_hours(rng, people.iloc[account], opened)
    first = np.maximum(hours.argmax(axis=1) * 3600 + rng.integers(3600, size=len(account)), opened)
    latest = (24 - hours[:, ::-1].argmax(axis=1)) * 3600 - 1
    last = np.maximum(first, latest - rng.integers(1800, size=len(account)))
    row = np.zeros(len(people), dtype=np.int64)
    row[account] = np.arange(len(account))
    return Visits(account, hours @ (1 << np.arange(24)), first, last, row)


def is_open(people: pd.DataFrame, day: int) -> np.ndarray:
    """Whose account is open on `day`: from the moment it was opened until the day before it ends."""
    return np.asarray((people["created"] < day + 1) & (np.floor(people["ends"]) > day))


def is_about(people: pd.DataFrame, day: int) -> np.ndarray:
    """Whose account is open on `day` and has somebody who may still use it."""
    return np.asarray(is_open(people, day) & (people["gone"] > day))


def opening_second(people: pd.DataFrame, account: np.ndarray, day: int) -> np.ndarray:
    """Second of `day` from which each of `account` exists."""
    opened = np.floor((people["created"].to_numpy()[account] - day) * DAY_SECONDS)
    return np.asarray(np.clip(opened, 0, DAY_SECONDS - 1).astype(np.int64))


def come_true(rng: np.random.Generator, habits: pd.DataFrame, here: np.ndarray, day: int) -> np.ndarray:
    """Draw the rows of `habits` that come true on `day` for the people who are `here` (a flag per row of people)."""
    possible = (
        here[habits["account"].to_numpy()] & (habits["since"] <= day).to_numpy() & (habits["until"] > day).to_numpy()
    )
    return np.flatnonzero(possible & (rng.random(len(habits)) < habits["probability"].to_numpy()))


def moments(rng: np.random.Generator, visits: Visits, account: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw first and last second within the visit of each of `account`."""
    begin = visits.first[visits.row[account]]
    span = visits.last[visits.row[account]] - begin
    early, late = np.sort(rng.random((2, len(account))), axis=0)
    return begin + (early**2 * span).astype(np.int64), begin + (np.sqrt(late) * span).astype(np.int64)


def _active_hours(rng: np.random.Generator, people: pd.DataFrame, opened: np.ndarray) -> np.ndarray:
    """Draw hours (accounts x 24) by rhythm and time zone, none before the account was opened, at least one."""
    utc_offset = COUNTRIES["utc_offset"].to_numpy()[people["country"]]
    local = (np.arange(24) + utc_offset[:, None]) % 24
    chance = _CHANCE[people["rhythm"].to_numpy()[:, None], local]
    allowed = np.arange(24) >= opened[:, None] // 3600
    hours = (rng.random(chance.shape) < chance) & allowed
    likeliest = np.where(allowed, chance + rng.random(chance.shape) / 10, -1).argmax(axis=1)
    hours[np.arange(len(hours)), likeliest] |= ~hours.any(axis=1)
    return np.asarray(hours)
