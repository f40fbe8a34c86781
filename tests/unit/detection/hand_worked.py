"""A small world that several tests measure by hand: who uses what, and the groups to measure in it."""

from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
from clean_days import MONDAY, accounts, connected, used

from ringwatch.night import Night
from ringwatch.score import measuring
from ringwatch.score.scorecard import VERSION, Scorecard, Sheet
from ringwatch.score.trees import Tree, Trees
from ringwatch.window import sharing

OpenNight = Callable[..., Night]
EVERYBODY = [f"A{i:04}" for i in range(1000)]
OPENED = datetime(2026, 3, 2, 9)
WEEK = [date(2026, 3, day) for day in range(2, 8)]
NO_TREES = Trees((), 0.0, ())
# By this card every group may be a ring, and every member that has a tie of its own may belong to it.
CARD = Scorecard(VERSION, {}, (), Sheet(1.0, {}, NO_TREES), Trees((), 1.0, ()), Trees((), 3.0, ()), 0.0, ((0.0, 2, 1),))


def stumps(**features: tuple[float, float, float]) -> Trees:
    """Trees of one question each: (greatest value that goes left, bits left of it, bits right of it) by feature."""
    trees = (
        Tree((at, -1, -1), (most, 0.0, 0.0), (True,) * 3, (1, 0, 0), (2, 0, 0), (0.0, below, above))
        for at, (most, below, above) in enumerate(features.values())
    )
    return Trees(tuple(features), 0.0, tuple(trees))


def group(*names: str, candidate: str = "c") -> pd.DataFrame:
    return pd.DataFrame({"candidate": candidate, "account_id": names}, dtype="str")


def found(night: Night, members: pd.DataFrame) -> measuring.Measures:
    with sharing.open_sharing(night) as connection:
        return measuring.measure(connection, members)


def small_world(open_night: OpenNight) -> Night:
    """The first four share a device with a stranger, and all an address; the fifth has a device and a home of its own.

    A0010 to A0013 live at one address. A0020 to A0023 pass by at the home of A0024, on its device, too.
    """
    devices = [used(name, "ring", MONDAY) for name in [*EVERYBODY[:4], EVERYBODY[999]]]
    devices += [used(EVERYBODY[4], "own", day) for day in WEEK]
    devices += [used(EVERYBODY[24], "spoofed", day) for day in WEEK]
    devices += [used(name, "spoofed", MONDAY) for name in EVERYBODY[20:24]]
    ips = [connected(name, "carrier", MONDAY) for name in EVERYBODY]
    ips += [connected(EVERYBODY[4], "villa", day) for day in WEEK]
    ips += [connected(name, "home", day) for name in EVERYBODY[10:14] for day in WEEK]
    ips += [connected(EVERYBODY[24], "victim", day) for day in WEEK]
    ips += [connected(name, "victim", MONDAY) for name in EVERYBODY[20:24]]
    return open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY), "devices": devices, "ips": ips}})
