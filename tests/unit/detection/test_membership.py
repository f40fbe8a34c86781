"""Who leaves a group, against worlds that were worked out by hand."""

import pandas as pd
import pytest
from clean_days import MONDAY, accounts, used
from test_grouping import EVERYBODY, OPENED, WEEK, OpenNight, found, group, night

from ringwatch.detection import membership
from ringwatch.detection.scorecard import Scale, Sheet
from ringwatch.night import Night

__all__ = ["night"]

NO_OPINION = Sheet(1.0, {})


def left(night: Night, members: pd.DataFrame, sheet: Sheet = NO_OPINION, smallest: int = 4) -> list[str]:
    return sorted(membership.eject(found(night, members), sheet, smallest)["account_id"])


def test_a_member_that_nothing_ties_to_the_group_leaves_it(night: Night) -> None:
    assert left(night, group(*EVERYBODY[:5])) == EVERYBODY[:4]


def test_a_group_that_is_too_small_without_them_is_dropped(night: Night) -> None:
    assert left(night, group(*EVERYBODY[:5]), smallest=5) == []


def test_a_victim_whose_home_and_device_others_made_use_of_leaves_whatever_the_sheet_says(night: Night) -> None:
    assert left(night, group(*EVERYBODY[20:25]), Sheet(99.0, {})) == EVERYBODY[20:24]


def test_who_the_sheet_is_against_leaves(open_night: OpenNight) -> None:
    # All five have one fingerprint, by chance or not; the last mostly uses another device, of its own.
    devices = [used(name, "same", MONDAY) for name in EVERYBODY[:5]]
    devices += [used(EVERYBODY[4], "own", day) for day in WEEK]
    night = open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED), "devices": devices}})
    own_device = Sheet(1.0, {"device": Scale((0.5,), (0.0, -2.0), 0.1)})

    assert left(night, group(*EVERYBODY[:5]), own_device) == EVERYBODY[:4]
    assert left(night, group(*EVERYBODY[:5])) == EVERYBODY[:5]


def test_what_ties_members_apart_from_the_others_is_told(open_night: OpenNight) -> None:
    devices = [used(name, "ring", MONDAY) for name in EVERYBODY[:4]]
    devices += [used(name, "family", MONDAY) for name in EVERYBODY[5:7]]
    late = accounts(*EVERYBODY[5:7], created_at=OPENED.replace(day=5))
    early = accounts(*(name for name in EVERYBODY if name not in EVERYBODY[5:7]), created_at=OPENED)
    night = open_night({WEEK[-1]: {"accounts": [*early, *late], "devices": devices}})

    values = membership.values(found(night, group(*EVERYBODY[:4], *EVERYBODY[5:7]))).loc["c"]

    assert values["part"].tolist() == [2.0] * 4 + [1.0] * 2
    assert values["kinds"].tolist() == [1] * 6
    assert values["aside"].tolist() == [0.0] * 4 + [2.0] * 2
    assert values["usual"].max() == pytest.approx(1.0)
