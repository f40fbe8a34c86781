"""Who leaves a group, against worlds that were worked out by hand."""

import pandas as pd
import pytest
from clean_days import MONDAY, Rows, accounts, connected, sent, used
from hand_worked import EVERYBODY, OPENED, WEEK, OpenNight, found, group

from ringwatch.night import Night
from ringwatch.score import membership
from ringwatch.score.trees import Tree, Trees

NO_OPINION, SURE = Trees((), 1.0, ()), Trees((), 99.0, ())
RING, HOST, PARTNER = EVERYBODY[:4], *EVERYBODY[24:26]


def left(night: Night, members: pd.DataFrame, trees: Trees = NO_OPINION, least: float = 0.0) -> list[str]:
    """Who is left of a group whose members must have the odds `least`; its forms come from the widest to the surest."""
    formed = membership.forms(found(night, members), trees)
    return sorted(formed.loc[formed["group"] == membership.FORMS.index(least), "account_id"])


def test_a_member_that_nothing_ties_to_the_group_leaves_it(night: Night) -> None:
    assert left(night, group(*EVERYBODY[:5])) == EVERYBODY[:4]


def test_who_nothing_speaks_against_is_in_all_forms_but_the_surest(night: Night) -> None:
    assert left(night, group(*EVERYBODY[:4]), least=-2.0) == EVERYBODY[:4]
    assert left(night, group(*EVERYBODY[:4]), least=2.0) == []


def test_a_victim_whose_home_and_device_others_made_use_of_leaves_whatever_trees_say(night: Night) -> None:
    assert left(night, group(*EVERYBODY[20:25]), SURE) == EVERYBODY[20:24]


def test_who_trees_are_against_leaves(open_night: OpenNight) -> None:
    # All five have one fingerprint, by chance or not; the last mostly uses another device, of its own.
    devices = [used(name, "same", MONDAY) for name in EVERYBODY[:5]]
    devices += [used(EVERYBODY[4], "own", day) for day in WEEK]
    night = open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED), "devices": devices}})
    against = Tree((0, -1, -1), (0.5, 0, 0), (True, True, True), (1, 0, 0), (2, 0, 0), (0.0, 0.0, -2.0))
    own_device = Trees(("device",), 1.0, (against,))

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


def visits() -> Rows:
    """HOST lives on a line that changes its address every day; each day two of RING come, and to other lines, too."""
    rows = [connected(HOST, f"10.0.0.{i}", day) for i, day in enumerate(WEEK)]
    rows += [connected(RING[(i + k) % 4], f"10.0.0.{i}", day) for i, day in enumerate(WEEK) for k in (0, 1)]
    return rows + [connected(name, f"10.{i}.{k}.1", WEEK[k]) for i, name in enumerate(RING, 1) for k in range(6)]


def world(open_night: OpenNight, **feeds: Rows) -> Night:
    return open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED)} | feeds})


def own_acts(night: Night, members: pd.DataFrame, facet: str) -> pd.Series:
    measured = found(night, members).members
    return measured[measured["facet"] == facet].set_index("account_id")["own_act"]


def test_who_is_a_guest_at_a_home_is_told_from_its_host(open_night: OpenNight) -> None:
    values = membership.values(found(world(open_night, ips=visits()), group(*RING, HOST))).loc["c"]

    # Each is on six days at addresses of its own, and on three, four, three and two at the host's.
    assert values["guest"].tolist() == pytest.approx([3 / 9, 4 / 10, 3 / 9, 2 / 8, 0])
    assert (values["visits"].iloc[:4] >= membership.LEAST_OWN_ACT).all()
    assert values["visits"].iloc[-1] == 0


def test_a_host_whose_line_changes_its_address_leaves_and_its_visitors_stay(open_night: OpenNight) -> None:
    assert left(world(open_night, ips=visits()), group(*RING, HOST), SURE) == RING


@pytest.mark.parametrize(("days", "stays"), [(2, False), (3, True)])
def test_who_is_hardly_seen_may_live_where_the_others_come(open_night: OpenNight, days: int, stays: bool) -> None:
    ips = [connected(name, f"10.{k}.0.1", day) for k, day in enumerate(WEEK) for name in RING]
    ips += [connected(HOST, f"10.{k}.0.1", WEEK[k]) for k in range(days)]

    assert left(world(open_night, ips=ips), group(*RING, HOST), SURE) == (sorted([*RING, HOST]) if stays else RING)


def test_a_household_leaves_when_only_visitors_of_its_home_tie_it_to_the_group(open_night: OpenNight) -> None:
    home = [connected(PARTNER, f"10.0.0.{i}", day) for i, day in enumerate(WEEK)]
    devices = [used(name, "family", day) for name in (HOST, PARTNER) for day in WEEK]
    night = world(open_night, ips=visits() + home, devices=devices)

    assert left(night, group(*RING, HOST, PARTNER), SURE) == RING


def test_who_is_on_a_device_of_the_ring_stays_though_the_ring_comes_to_its_home(open_night: OpenNight) -> None:
    devices = [used(name, "ring", day) for name in (RING[0], HOST) for day in WEEK]

    assert left(world(open_night, ips=visits(), devices=devices), group(*RING, HOST)) == [*RING, HOST]


def test_a_cell_with_the_network_of_ones_home_is_no_act_of_ones_own(open_night: OpenNight) -> None:
    ring, others = EVERYBODY[:8], EVERYBODY[500:520]
    ips = [connected(HOST, "10.0.0.99", day) for day in WEEK]
    ips += [connected(name, f"10.0.0.{i}", MONDAY) for i, name in enumerate(ring)]
    tool = {"capability": "chat", "exchanges": 1, "template": "T"}
    night = world(open_night, ips=ips, usage=[tool | {"account_id": name} for name in (*ring, HOST, *others)])

    acts = own_acts(night, group(*ring, HOST), "cell")

    assert acts[HOST] == 0
    assert (acts[ring] > membership.LEAST_OWN_ACT).all()


def test_a_device_of_ones_own_is_imposed_when_the_others_mostly_use_theirs(open_night: OpenNight) -> None:
    devices = [used(HOST, "spoofed", day) for day in WEEK]
    devices += [used(name, "spoofed", day) for name in RING for day in WEEK[:3]]
    devices += [used(name, f"of {name}", day) for name in RING for day in WEEK[:5]]

    acts = own_acts(world(open_night, devices=devices), group(*RING, HOST), "device")

    assert acts[HOST] == 0
    assert (acts[RING] > membership.LEAST_OWN_ACT).all()


def test_being_paid_is_no_act_of_ones_own(open_night: OpenNight) -> None:
    night = world(open_night, payments=[sent(name, HOST, MONDAY) for name in RING])

    acts = own_acts(night, group(*RING, HOST), "transfer")

    assert acts[HOST] == 0
    assert (acts[RING] > membership.LEAST_OWN_ACT).all()


def test_a_couple_that_is_tied_to_each_other_alone_is_no_part_of_a_large_ring(open_night: OpenNight) -> None:
    ring, couple = EVERYBODY[:20], EVERYBODY[30:32]
    devices = [used(name, "ring", MONDAY) for name in ring] + [used(name, "theirs", MONDAY) for name in couple]

    assert left(world(open_night, devices=devices), group(*ring, *couple)) == ring
    assert left(world(open_night, devices=devices), group(*ring[:4], *couple)) == [*ring[:4], *couple]


def test_a_device_that_is_the_only_one_of_all_is_imposed_on_nobody(open_night: OpenNight) -> None:
    devices = [used(name, "ring", day) for name in RING for day in WEEK[: 6 if name == RING[0] else 2]]

    acts = own_acts(world(open_night, devices=devices), group(*RING), "device")

    assert (acts > membership.LEAST_OWN_ACT).all()
