"""What is read of a connection once, and what is measured from it."""

import pandas as pd
from hand_worked import EVERYBODY, group

from ringwatch.night import Night
from ringwatch.score import known, measuring
from ringwatch.window import sharing


def test_tables_are_read_once_for_a_connection_and_forgotten_with_it(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        first = known.of(connection)
        assert known.of(connection) is first
    with sharing.open_sharing(night) as connection:
        assert known.of(connection) is not first


def test_what_is_measured_of_a_group_does_not_depend_on_others(night: Night) -> None:
    one, other = group(*EVERYBODY[:5]), group(*EVERYBODY[10:14], *EVERYBODY[20:25], candidate="d")

    with sharing.open_sharing(night) as connection:
        alone, beside = (measuring.measure(connection, rows) for rows in (one, pd.concat([other, one])))

    for table in ("members", "facets", "groups"):
        mine = getattr(beside, table).query("candidate == 'c'").drop(columns=["group", "member"], errors="ignore")
        expected = getattr(alone, table).drop(columns=["group", "member"], errors="ignore")
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), expected, check_dtype=False)


def test_accounts_that_nobody_saw_are_members_of_no_group(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        found = measuring.measure(connection, group(*EVERYBODY[:4], "nobody"))

    assert found.groups["n"].tolist() == [4]


def test_no_groups_have_no_measures(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        found = measuring.measure(connection, group().astype("str"))

    assert found.groups.empty
    assert found.members.empty
    assert found.facets.empty
    assert found.ties.empty
