"""What is told of a group, in a world that was worked out by hand."""

from dataclasses import replace

import pandas as pd
import pytest
from hand_worked import CARD, EVERYBODY, OpenNight, group, small_world, stumps

from ringwatch.score import groups
from ringwatch.score.scorecard import Sheet
from ringwatch.window import sharing

# Six bits for a device in common, three against a device of one's own; without either, half as likely as not.
USUAL = {"device_bits": 0.3, "device_own": 0.99, "closed": 0.4}
TREES = stumps(device_bits=(0.9, -2.0, 6.0), device_own=(0.4, 1.0, -3.0), closed=(0.4, 0.01, 0.02))


@pytest.fixture
def told(open_night: OpenNight) -> dict[str, pd.DataFrame]:
    """The four on one device with a stranger, and four that live at one address and share nothing else."""
    found = pd.concat([group(*EVERYBODY[:4], candidate="ring"), group(*EVERYBODY[10:14], candidate="family")])
    card = replace(CARD, flag=Sheet(-1.0, USUAL, TREES))
    with sharing.open_sharing(small_world(open_night)) as connection:
        tables = groups.score_groups(connection, found.assign(lane="wide", stability=1.0), card, 4).tables
    names = tables["members"].drop_duplicates("candidate").set_index("account_id")["candidate"]
    ring = tables["evidence"][tables["evidence"]["candidate"] == names[EVERYBODY[0]]]
    return tables | {"ring": ring.set_index("reason")}


def test_the_bits_of_all_reasons_add_up_to_the_odds(told: dict[str, pd.DataFrame]) -> None:
    added = told["evidence"].groupby("candidate")["bits"].sum().round(6)
    assert added.to_dict() == told["rings"].set_index("candidate")["bits"].to_dict()


def test_what_members_share_is_told_in_members_against_chance(told: dict[str, pd.DataFrame]) -> None:
    # One stranger on the device of four: among any four of a thousand that makes 0.006.
    assert told["ring"].loc["device_bits", "text"] == "All 4 members used the same device (by chance: hardly any)"


def test_the_start_and_what_weighs_little_are_told_in_words(told: dict[str, pd.DataFrame]) -> None:
    assert told["ring"].loc["prior", "text"] == "Most groups that are looked at are harmless"
    assert told["ring"].loc["rest", "text"] == "1 more thing of little weight"


def test_the_first_line_is_what_members_share_and_the_weightiest_fact_beside_it(told: dict[str, pd.DataFrame]) -> None:
    summary = told["rings"].set_index("candidate").loc[told["ring"]["candidate"].iloc[0], "summary"]
    assert summary == "4 accounts used the same device; no member mainly used a device of their own"
