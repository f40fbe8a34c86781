"""The order of accounts and identifiers: whatever they are called, what is first among equals is the same."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.window import order
from ringwatch.window.making import Here

# account, identifier and the days on which one used the other.
Use = tuple[int, int, str]
MANY = settings(max_examples=30, deadline=None, derandomize=True)
# Few accounts and few ways to use a thing, so that many of them look the same.
USES = st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 5)), st.sampled_from(["1", "11"]), max_size=24)
OPENED = st.lists(st.integers(1, 2), min_size=8, max_size=8)


def placed(uses: Sequence[Use], opened: Sequence[int], accounts: Sequence[int], things: Sequence[int]) -> list[object]:
    """The accounts in their order, by when they were opened, and who used what, by places; accounts and things are
    called what the last two say, and their rows come in the order of these names.
    """
    use = pd.DataFrame(uses, columns=["account", "identifier", "days"])
    counts = use.groupby("identifier").size()
    person = pd.DataFrame({"account": range(len(opened)), "account_id": [f"a{name}" for name in accounts]})
    person = person.assign(active_days=1, opened=opened).sort_values("account_id")
    thing = pd.DataFrame({"identifier": counts.index, "facet": "device", "accounts": counts.to_numpy()})
    thing = thing.assign(name=[f"d{things[identifier]}" for identifier in counts.index]).sort_values("name")
    with duckdb.connect() as connection:
        for name, rows in (("person", person), ("thing", thing), ("use", use)):
            connection.register("rows", rows)
            connection.execute(f"CREATE TEMP TABLE {name} AS FROM rows")
        connection.execute("ALTER TABLE thing ADD COLUMN owner INTEGER")
        order.add(Here(connection))
        people = connection.execute(
            "SELECT place, opened FROM account_place JOIN person USING (account) ORDER BY place"
        ).fetchall()
        used = connection.execute(
            "SELECT a.place, i.place, days FROM use JOIN account_place a USING (account) "
            "JOIN identifier_place i USING (identifier) ORDER BY ALL"
        ).fetchall()
    return [*people, *used]


@MANY
@given(USES, OPENED, st.permutations(range(8)), st.permutations(range(6)))
def test_any_names_give_the_same_graph_in_the_same_order(
    uses: dict[tuple[int, int], str], opened: list[int], accounts: list[int], things: list[int]
) -> None:
    rows = [(account, thing, days) for (account, thing), days in uses.items()]

    plain = placed(rows, opened, range(8), range(6))

    assert placed(rows, opened, accounts, things) == plain


def renamed_ways(uses: Sequence[Use], accounts: int, things: int) -> list[list[object]]:
    """The order under several names."""
    random_numbers = np.random.default_rng(5)
    names = [(random_numbers.permutation(accounts), random_numbers.permutation(things)) for _ in range(6)]
    return [placed(uses, [1] * accounts, *map(list, pair)) for pair in names]


def test_mirror_images_that_depend_on_each_other_come_in_one_order() -> None:
    """Ten pairs of accounts on a device each, all on one more: whose device is first says whose pair is."""
    uses = [(account, account // 2, "1") for account in range(20)] + [(account, 10, "1") for account in range(20)]

    first, *others = renamed_ways(uses, 20, 11)

    assert all(other == first for other in others)


def test_rings_of_equals_come_in_one_order() -> None:
    """Two circles of six accounts, each of which shares one device with the account on either side."""
    circle = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4), (5, 4), (5, 5), (0, 5)]
    uses = [(account + 6 * i, device + 6 * i, "1") for i in range(2) for account, device in circle]

    first, *others = renamed_ways(uses, 12, 12)

    assert all(other == first for other in others)


def test_a_crowd_of_equals_on_the_same_things_takes_no_choices() -> None:
    everybody = [(account, thing, "1") for account in range(200) for thing in range(20)]

    first, other, *_ = renamed_ways(everybody, 200, 20)

    assert first == other


def test_accounts_that_share_nothing_are_told_apart_by_when_they_were_opened() -> None:
    found = placed([], [2, 1, 2], range(3), range(1))

    assert sorted(found) == [(1, found[0][1]), (2, found[1][1]), (3, found[2][1])]  # type: ignore[index,type-var]
    assert found in ([(1, 2), (2, 2), (3, 1)], [(1, 1), (2, 2), (3, 2)])
