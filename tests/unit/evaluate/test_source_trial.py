from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ringwatch.evaluate.losses import Losses, Reached, losses, reached
from ringwatch.evaluate.metrics import Agreement
from ringwatch.evaluate.source_trial import against
from ringwatch.sources import Source

DAY = date(2026, 3, 2)


def source(rings: dict[str, str], honest: str = "", unknown: str = "", smallest: int = 3, **columns: Any) -> Source:
    """Accounts are letters: those of rings, honest ones, and those without a label."""
    rows = [(account, ring, 1) for ring, names in rings.items() for account in names]
    rows += [(account, None, 0) for account in honest] + [(account, None, None) for account in unknown]
    truth = pd.DataFrame(rows, columns=["account_id", "ring_id", "label"]).astype({"label": "Int8"}).assign(**columns)
    return Source("shop", Path("shop"), DAY, (DAY,), 28, ("accounts",), smallest, "", "", False, truth)


def judged(*groups: tuple[str, float] | tuple[str, float, str]) -> pd.DataFrame:
    """Groups of accounts with their probability, and kind if it is not operator."""
    rows = [
        (f"g{i}", account, kind[0] if kind else "operator", probability, probability >= 0.5)
        for i, (names, probability, *kind) in enumerate(groups)
        for account in names
    ]
    judged = pd.DataFrame(rows, columns=["ring_id", "account_id", "kind", "ring_probability", "flagged"])
    return judged.astype({"ring_id": "str", "account_id": "str", "kind": "str", "flagged": bool})


def candidates(*groups: str) -> pd.DataFrame:
    rows = [(f"c{i}", account) for i, names in enumerate(groups) for account in names]
    return pd.DataFrame(rows, columns=["candidate", "account_id"])


def labels(*parts: tuple[Iterable[str], int]) -> pd.Series:
    return pd.Series({account: label for names, label in parts for account in names})


def test_accounts_without_a_label_count_for_nothing() -> None:
    known = source({"r": "abc"}, honest="xyz", unknown="uvw")

    found = against(judged(("abcuv", 0.9)), known)

    assert found.accounts == Agreement(flagged=3, actual=3, right=3)
    assert found.rings == Agreement(flagged=1, actual=1, right=1)
    assert (found.all_accounts, found.false_cases) == (6, 0)


def test_rings_smaller_than_the_source_judges_are_left_out_and_those_with_unknown_accounts_are_not() -> None:
    known = source({"r": "abcd", "s": "ef"}, honest="xyz", unknown="u")

    found = against(judged(("xy", 0.9), ("abu", 0.9)), known)

    assert found.accounts == Agreement(flagged=2, actual=6, right=2)
    assert found.rings == Agreement(flagged=1, actual=1, right=1)
    assert found.false_cases == 0


def test_a_case_is_false_when_less_than_half_of_its_labelled_accounts_belong_to_a_ring() -> None:
    known = source({"r": "abcdef"}, honest="xyzpq", unknown="uvw")

    found = against(judged(("abxy", 0.9), ("cuvwpqz", 0.8)), known)

    assert found.false_cases == 1
    assert found.false_positives_per_100k == pytest.approx(100_000)


def test_fraud_without_a_ring_is_to_be_found_and_makes_no_ring() -> None:
    known = source({"r": "abc"}, honest="xyz")
    alone = pd.DataFrame({"account_id": list("mno"), "ring_id": None, "label": 1}).astype({"label": "Int8"})
    object.__setattr__(known, "truth", pd.concat([known.truth, alone], ignore_index=True))

    found = against(judged(("mno", 0.9)), known)

    assert found.accounts == Agreement(flagged=3, actual=6, right=3)
    assert found.rings == Agreement(flagged=1, actual=1, right=0)


def test_a_truth_that_knows_no_ring_and_no_context_is_judged_by_accounts() -> None:
    truth = pd.DataFrame({"account_id": list("abx"), "ring_id": None, "label": [1, 1, 0]}).astype({"label": "Int8"})
    known = Source("shop", Path("shop"), DAY, (DAY,), 28, ("accounts",), 2, "", "", False, truth)

    found = against(judged(("ab", 0.9)), known)

    assert found.accounts == Agreement(flagged=2, actual=2, right=2)
    assert (found.styles, found.contexts, found.victims, found.rings.actual) == ((), (), (), 0)


def test_victims_and_hosts_of_exits_are_counted_apart_where_the_truth_knows_them() -> None:
    marks = {"victim": [False] * 3 + [True, True, False], "exit_host": [False] * 3 + [True, False, False]}
    known = source({"r": "abc"}, honest="xyz", context=[None] * 3 + ["home", "home", "office"], **marks)

    found = against(judged(("abcx", 0.9)), known)

    assert [(row.context, row.accounts, row.flagged) for row in found.victims] == [
        ("victim", 2, 1),
        ("exit host", 1, 1),
    ]
    assert [(row.context, row.flagged) for row in found.contexts] == [("home", 1), ("office", 0)]


def test_each_account_of_a_ring_is_found_or_lost_at_one_step() -> None:
    known = labels(("abcdefghijklmn", 1), ("vwxyz", 0))
    groups = judged(("abc", 0.9), ("def", 0.3), ("gxyz", 0.7 - 0.4), ("hij", 0.8, "reseller"), ("kl", 0.9))

    found = losses(groups, candidates("abcdef", "gxyz", "hijkl", "mvw"), known, smallest=3)

    assert found == Losses(14, found=3, below=3, in_crowd=1, other_kind=3, small=2, not_picked=1, no_candidate=1)


def test_accounts_flagged_among_honest_ones_are_found_all_the_same() -> None:
    found = losses(judged(("axyz", 0.9)), candidates("axyz"), labels(("a", 1), ("xyz", 0)), smallest=3)

    assert (found.found, found.in_crowd) == (1, 0)


def test_rings_are_followed_from_candidates_to_flags() -> None:
    rings = pd.DataFrame(
        [
            (account, ring)
            for ring, names in {"r": "abcd", "s": "efgh", "t": "ijkl", "u": "mn"}.items()
            for account in names
        ],
        columns=["account_id", "operator_id"],
    )
    everybody = pd.Series(list("abcdefghijklmnxy"))

    found = reached(
        judged(("abc?", 0.9), ("efg", 0.3)),
        candidates("abcd", "efgx", "ijxy", "ijkl", "mn"),
        rings,
        everybody,
        smallest=3,
    )

    assert found == Reached(rings=3, candidates=3, picked=2, flagged=1)


@pytest.mark.parametrize("groups", [judged(), judged(("abx", 0.2))])
def test_where_nothing_is_flagged_all_that_belongs_to_rings_is_lost(groups: pd.DataFrame) -> None:
    known = source({"r": "abc"}, honest="xyz")
    members = known.truth[known.truth["label"] == 1].rename(columns={"ring_id": "operator_id"})
    everybody, lost = known.truth["account_id"], labels(("abc", 1), ("xyz", 0))

    assert against(groups, known).accounts == Agreement(flagged=0, actual=3, right=0)
    assert losses(groups, candidates("abcx"), lost, smallest=3).found == 0
    assert losses(groups, candidates("abcx"), lost, smallest=3).no_candidate == 0
    assert reached(groups, candidates("abcx"), members, everybody, smallest=3).candidates == 1
    assert reached(groups, candidates("abcx"), members, everybody, smallest=3).flagged == 0
