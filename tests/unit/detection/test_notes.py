"""What a reviewer asks next of a likely ring, worked out by hand."""

from math import log2

import pandas as pd
import pytest
from clean_days import MONDAY, accounts, connected, used, write_days
from hand_worked import stumps

from ringwatch.score.notes import Compared, Context, look_alikes, of_rings
from ringwatch.score.scorecard import Scorecard, Sheet
from ringwatch.score.trees import Trees
from ringwatch.window import sharing

EVERYBODY = [f"A{i:03}" for i in range(1000)]
RING = EVERYBODY[:6]

# Five bits for a device in common, on odds of one half.
SHEET = Sheet(-1.0, {"device_bits": 0.0}, stumps(device_bits=(0.9, 0.0, 5.0)))
TREES = Trees((), 0.0, ())
RINGS = pd.DataFrame(
    [("ring", 6, 0.9, "operator"), ("near", 5, 0.01, "context"), ("far", 40, 0.02, "operator")],
    columns=["candidate", "size", "probability", "kind"],
)
BITS = pd.DataFrame(
    {"device_bits": [5.0, 4.0, 0.0], "ip_spread": [2.0, -1.0, -3.0], "born": [-1.0, 0.0, -1.0]}, RINGS["candidate"]
)
CARD = Scorecard(1, {}, ("accounts", "devices"), SHEET, TREES, TREES, 0.0, ((0.0, 1, 1),))


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """A ring whose four on the device d1 and three on d2 have one member in common; two groups that are no rings."""
    devices = [used(name, "d1", MONDAY) for name in RING[:4]] + [used(name, "d2", MONDAY) for name in RING[3:]]
    ips = [connected(name, "everywhere", MONDAY) for name in EVERYBODY]
    day = {"accounts": accounts(*EVERYBODY), "devices": devices, "ips": ips}
    night = write_days(tmp_path_factory.mktemp("home"), {MONDAY: day})
    groups = pd.DataFrame({"candidate": "ring", "account_id": RING}, dtype="str")
    probabilities = [0.9, 0.9, 0.9, 0.9, 0.5, 0.2]
    members = pd.DataFrame({"candidate": "ring", "account_id": RING, "probability": probabilities})
    with sharing.open_sharing(night) as connection:
        context = Context(connection, groups, pd.Series({"ring": 1.0}), CARD, 0.0)
        rows = [of_rings(context, RINGS, members), look_alikes([Compared(RINGS, BITS)])]
        return pd.concat(rows).set_index("reason")


def test_the_bridge_is_what_most_members_come_loose_without(notes: pd.DataFrame) -> None:
    # Without d1 the three on d2 are left, without d2 the four on d1.
    assert notes.loc["bridge", "identifiers"] == ["device: d1"]
    assert notes.loc["bridge", "observed"] == 3
    assert notes.loc["bridge", "text"] == "Weakest point: without one device, 3 of 6 members would come loose"


def test_the_facts_that_dissolve_a_ring_are_named_with_what_is_left_then(notes: pd.DataFrame) -> None:
    # Without d1 half of the members share some ten bits: still five of the sheet; without both its odds are 1 to 2.
    assert log2((3 / 6) / (0.5 / 995)) > 9
    assert notes.loc["dissolves", "identifiers"] == ["device: d1", "device: d2"]
    assert notes.loc["dissolves", "text"] == ("Check these 2 first: were they false, the probability would be 0.33")


def test_the_honest_accounts_to_expect_are_what_its_members_lack_to_certainty(notes: pd.DataFrame) -> None:
    # The ring is one with 0.9, and its members belong to it then with 0.9, 0.5 and 0.2.
    assert notes.loc["honest", "observed"] == pytest.approx(4 * (1 - 0.81) + (1 - 0.45) + (1 - 0.18))
    assert notes.loc["honest", "text"] == "Acting on all 6 members would hit about 2 honest accounts"


def test_the_look_alike_is_no_ring_and_says_least_less(notes: pd.DataFrame) -> None:
    # near: 1 + 3 + 1 bits apart, far: 5 + 5 + 0; near says less by these two, and more by when they were opened.
    assert notes.loc["look-alike", "observed"] == pytest.approx(5)
    assert notes.loc["look-alike", "text"] == (
        "The harmless group most like it has 5 accounts; it differs most in this: how many IP addresses they use; "
        "the devices they share"
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_look_alike_is_the_same_whatever_shards_the_groups_are_in(order: tuple[int, ...]) -> None:
    apart = [Compared(RINGS.iloc[[one]], BITS.iloc[[one]]) for one in order]

    pd.testing.assert_frame_equal(look_alikes(apart), look_alikes([Compared(RINGS, BITS)]))


def test_what_is_to_be_checked_weighs_nothing_and_is_no_reason_against(notes: pd.DataFrame) -> None:
    assert set(notes["bits"]) == {0.0}
    assert set(notes["direction"]) == {"check"}
