"""Communities of several lanes become candidates."""

import pandas as pd

from ringwatch.search.candidates import merge
from ringwatch.search.lanes import stability


def communities(**groups: str) -> pd.DataFrame:
    rows = [(account, i) for i, accounts in enumerate(groups.values()) for account in accounts]
    return pd.DataFrame(rows, columns=["account_id", "community"]).assign(stability=1.0)


def test_a_group_that_two_lanes_find_is_one_candidate() -> None:
    merged = merge({"strict": communities(a="ABCD"), "wide": communities(x="EFGH", a="DCBA")}, min_size=4)

    groups = merged.groupby("candidate").agg({"account_id": "".join, "lane": "first"})
    assert sorted(map(tuple, groups.to_numpy())) == [("ABCD", "strict+wide"), ("EFGH", "wide")]


def test_groups_below_the_least_size_are_no_candidates() -> None:
    merged = merge({"strict": communities(a="ABC", b="DEFG")}, min_size=4)

    assert set(merged["account_id"]) == set("DEFG")


def test_a_candidate_has_the_same_name_whichever_way_its_accounts_were_found() -> None:
    one = merge({"strict": communities(a="ABCD", b="WXYZ")}, min_size=4)
    other = merge({"wide": communities(b="ZYXW", a="BADC")}, min_size=4)

    assert set(one["candidate"]) == set(other["candidate"])


def test_no_communities_are_no_candidates() -> None:
    nobody = communities()

    assert merge({"strict": nobody, "wide": nobody}, min_size=4).empty


def test_stability_is_how_much_of_a_community_comes_back() -> None:
    found = pd.DataFrame({"node": range(6), "community": [0, 0, 0, 0, 1, 1]})
    same, torn = found, found.assign(community=[0, 0, 5, 5, 1, 1])

    stable = stability(found, [same, torn])

    assert stable.tolist() == [0.75] * 4 + [1.0] * 2
