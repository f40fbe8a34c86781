from datetime import date, datetime
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.days.files import Files
from ringwatch.days.history import clean_schema
from ringwatch.evaluate.metrics import Agreement
from ringwatch.evaluate.one_line_rules import Rule, _Known, _rings, best_rules
from ringwatch.night import Night
from ringwatch.settings import load_settings

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12)


def night(home: Path, window_days: int = 28, **feeds: list[dict[str, Any]]) -> Night:
    """A night whose clean day has the rows of these feeds."""
    made = Night(DAY, load_settings(home=home, feeds=tuple(feeds), window_days=window_days), Files(home))
    for feed, rows in feeds.items():
        path = made.files.clean(DAY, feed)
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = clean_schema(made.model.feeds[feed])
        pq.write_table(pa.Table.from_pylist([row | {"day": DAY} for row in rows], schema=schema), path)
    return made


def accounts(names: str) -> list[dict[str, Any]]:
    return [{"account_id": name, "created_at": NOON, "status": "active"} for name in names]


def devices(**users: str) -> list[dict[str, Any]]:
    seen = {"first_seen": NOON, "last_seen": NOON}
    return [{"account_id": name, "device": device} | seen for device, names in users.items() for name in names]


def transfers(*pairs: str) -> list[dict[str, Any]]:
    """`ab`: a pays b."""
    return [
        {"payment_id": pair, "account_id": pair[0], "counterparty_account_id": pair[1], "paid_at": NOON}
        for pair in pairs
    ]


def members(**rings: str) -> pd.DataFrame:
    rows = [(account, ring, "operator") for ring, names in rings.items() for account in names]
    return pd.DataFrame(rows, columns=["account_id", "operator_id", "kind"])


def named(rules: tuple[Rule, ...]) -> dict[str, Rule]:
    return {rule.what: rule for rule in rules}


def test_the_limits_are_those_under_which_a_rule_is_best_and_it_says_them(tmp_path: Path) -> None:
    shared = devices(cafe="abcdefgh", phone1="abcd", phone2="ef", phone3="gh", own="i")
    found = best_rules(night(tmp_path, accounts=accounts("abcdefghi"), devices=shared), members(r="abcd"), ids(), 3)

    assert [rule.name for rule in found] == ["device, by up to 5"]
    assert found[0].accounts == Agreement(flagged=4, actual=4, right=4)
    assert found[0].rings == Agreement(flagged=1, actual=1, right=1)


def test_homes_of_two_are_left_out_where_a_device_must_have_more(tmp_path: Path) -> None:
    shared = devices(phone1="abcd", phone2="dx", phone3="xy", phone4="yz")
    found = best_rules(night(tmp_path, accounts=accounts("abcdxyz"), devices=shared), members(r="abcd"), ids(), 3)

    assert (found[0].least, found[0].accounts.precision, found[0].accounts.recall) == (3, 1.0, 1.0)


def test_money_joins_accounts_by_payer_by_payee_and_by_pair(tmp_path: Path) -> None:
    money = transfers("pa", "pb", "pc", "xq", "yq", "zq", "mn")
    everybody = accounts("abcpxyzqmn")

    found = named(best_rules(night(tmp_path, accounts=everybody, payments=money), members(r="abc", s="xyz"), ids(), 3))

    assert found["from the same account: transfer"].accounts == Agreement(flagged=3, actual=6, right=3)
    assert found["to the same account: transfer"].accounts == Agreement(flagged=3, actual=6, right=3)
    assert found["transfer"].accounts == Agreement(flagged=8, actual=6, right=6)


def test_accounts_without_a_label_join_others_and_count_for_nothing(tmp_path: Path) -> None:
    shared = devices(phone1="au", phone2="ub", phone3="bc")
    known = ids("abc")

    found = best_rules(night(tmp_path, accounts=accounts("abcu"), devices=shared), members(r="abc"), known, 3)

    assert found[0].accounts == Agreement(flagged=3, actual=3, right=3)


def test_what_lies_before_the_window_joins_nobody(tmp_path: Path) -> None:
    made = night(tmp_path, window_days=1, accounts=accounts("abc"), devices=devices(phone="abc"))
    later = Night(date(2026, 3, 3), made.settings, made.files)

    assert best_rules(later, members(r="abc"), ids(), 3) == ()


def test_two_kinds_are_tried_together(tmp_path: Path) -> None:
    cards = [{"payment_id": name, "account_id": name, "instrument": "card", "paid_at": NOON} for name in "bc"]
    made = night(tmp_path, accounts=accounts("abcd"), devices=devices(phone="ab"), payments=cards)

    found = named(best_rules(made, members(r="abc"), ids(), 3))

    assert found["device or payment"].accounts == Agreement(flagged=3, actual=3, right=3)
    assert found["device"].accounts.flagged == found["payment"].accounts.flagged == 0


EDGES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 7)), max_size=30, unique=True)


@settings(max_examples=100, deadline=None)
@given(EDGES, st.integers(2, 4), st.sampled_from([2, 3, 5, None]), st.integers(1, 4))
def test_rings_are_the_components_that_networkx_finds(
    edges: list[tuple[int, int]], least: int, most: int | None, smallest: int
) -> None:
    use = pd.DataFrame(edges, columns=["account", "thing"], dtype=int)
    use["shared"] = use.groupby("thing")["account"].transform("size")
    everybody = np.ones(12, dtype=bool)

    found = _rings([use], 12, least, most, _Known(everybody, everybody, smallest))

    graph = nx.Graph()
    graph.add_nodes_from(range(12))
    kept = use[(use["shared"] >= least) & (use["shared"] <= (most or 99))]
    graph.add_edges_from(
        (account, ("thing", thing)) for account, thing in zip(kept["account"], kept["thing"], strict=True)
    )
    expected = [{node for node in part if isinstance(node, int)} for part in nx.connected_components(graph)]
    rings = {frozenset(np.flatnonzero(found == ring).tolist()) for ring in np.unique(found[found >= 0])}
    assert rings == {frozenset(part) for part in expected if len(part) >= smallest}


def ids(names: str = "abcdefghipqxyzmn") -> pd.Series:
    return pd.Series(list(names))
