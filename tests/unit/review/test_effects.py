"""What decisions do to the next night: on candidates made by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from judged import MONDAY, TUESDAY, accounts, judged

from ringwatch.review.effects import Terms, heed
from ringwatch.store.records import Candidates, Decisions

TERMS = Terms(seed_days=90, release_days=180)


def decided(*rows: dict[str, Any], identifiers: list[tuple[int, str, str]] = ()) -> Decisions:
    """Decisions of Monday, in order; `about`: the members of the ring then."""
    blank = dict.fromkeys(["ring_id", "account_id", "other_account_id", "facet", "identifier", "probability"])
    full = [
        blank | {"seq": seq, "at": datetime(2026, 3, 2, 9), "author": "ana", "day": MONDAY, "subject": "ring"} | row
        for seq, row in enumerate(rows, 1)
    ]
    members = [(row["seq"], account) for row in full for account in row.pop("about", ())]
    return Decisions(
        full,
        pd.DataFrame(members, columns=["seq", "account_id"]),
        pd.DataFrame(identifiers, columns=["seq", "facet", "identifier"]),
    )


def ring(decision: str, *numbers: int | range, **more: Any) -> dict[str, Any]:
    return {"decision": decision, "ring_id": "R-1", "about": accounts(*numbers)} | more


def pair(decision: str, first: str, other: str) -> dict[str, Any]:
    return {"subject": "pair", "decision": decision, "account_id": first, "other_account_id": other}


def released(account: str, *numbers: int | range) -> dict[str, Any]:
    return ring("released", *numbers, subject="member", account_id=account)


def groups(found: Candidates) -> dict[str, set[str]]:
    inside = found.members.groupby("candidate")["account_id"].agg(set)
    return {name: inside.get(name, set()) for name in found.rings["candidate"]}


def said(found: Candidates) -> list[tuple[str, str, str]]:
    rows = found.evidence[found.evidence["facet"] == "review"]
    return list(rows[["reason", "direction", "text"]].itertuples(index=False, name=None))


def night(candidates: Candidates, *rows: dict[str, Any], day: date = TUESDAY, **more: Any) -> Candidates:
    return heed(candidates, decided(*rows, **more), day, TERMS)


def test_without_decisions_nothing_is_changed() -> None:
    candidates = judged({"a": accounts(range(5))})
    assert night(candidates) is candidates


@pytest.mark.parametrize(
    ("now", "flagged"),
    [
        ([range(10)], False),
        ([range(8)], False),
        ([range(12)], False),  # two are new
        ([range(6), range(20, 23)], False),  # three of nine are new: not the half
        ([range(10), range(20, 30)], True),  # half is new
        ([0, 1, 20, 21, 22], True),  # three of five are new
        ([range(20, 30)], True),  # another group altogether
    ],
)
def test_what_was_cleared_is_not_flagged_again_unless_much_is_new(now: list[Any], flagged: bool) -> None:
    candidates = judged({"a": accounts(*now)})
    assert bool(groups(night(candidates, ring("benign", range(10), probability=0.9)))) is flagged


def test_a_cleared_group_that_is_flagged_again_says_what_is_new() -> None:
    candidates = judged({"a": accounts(range(4), range(20, 24))})
    found = night(candidates, ring("benign", range(4), probability=0.9))
    assert said(found) == [
        (
            "cleared",
            "check",
            "cleared by ana on 2026-03-02; new since then: 4 accounts (A020, A021, A022, A023)",
        )
    ]
    assert found.rings["probability"].tolist() == candidates.rings["probability"].tolist()


@pytest.mark.parametrize(("probability", "flagged"), [(0.9, False), (0.96, False), (0.985, True)])
def test_a_cleared_group_comes_back_when_it_is_in_a_higher_band_than_then(probability: float, flagged: bool) -> None:
    candidates = judged({"a": accounts(range(6))}, probability=probability)
    found = night(candidates, ring("benign", range(6), probability=0.9))
    assert bool(groups(found)) is flagged
    if flagged:
        assert "it is likelier a ring than it was then" in said(found)[0][2]


def test_the_newest_decision_on_a_group_counts() -> None:
    candidates = judged({"a": accounts(range(6))})
    assert groups(night(candidates, ring("benign", range(6)), ring("unsure", range(6)))) != {}
    assert groups(night(candidates, ring("unsure", range(6)), ring("benign", range(6)))) == {}


def test_two_confirmed_accounts_make_a_group_four_times_likelier() -> None:
    candidates = judged({"a": accounts(0, 1, range(20, 26)), "b": accounts(2, range(30, 36))}, probability=0.2)
    found = night(candidates, ring("confirmed", range(10)))
    assert found.rings["probability"].tolist() == pytest.approx([0.5, 0.2])  # odds of 1/4 times four
    assert said(found) == [("known_bad", "for", "2 of 8 members were confirmed by ana on 2026-03-02")]


def test_what_a_decision_adds_is_in_the_bits_of_the_ring() -> None:
    candidates = judged({"a": accounts(range(6))})
    found = night(candidates, ring("confirmed", range(6)))
    before, after = candidates.rings["bits"].item(), found.rings["bits"].item()
    added = found.evidence.loc[found.evidence["facet"] == "review", "bits"].sum()
    assert after - before == pytest.approx(added) == pytest.approx(3)
    numbers = found.rings[["low", "probability", "high"]].to_numpy().tolist()[0]
    assert numbers == sorted(numbers)


def test_new_accounts_on_what_a_confirmed_ring_rested_on_are_likelier() -> None:
    candidates = judged({"reborn": accounts(range(20, 25))}, probability=0.2)
    found = night(candidates, ring("confirmed", range(5)), identifiers=[(1, "payment", "card:1")])
    assert found.rings["probability"].item() == pytest.approx(0.5)
    assert said(found) == [("known_bad", "for", "it rests on what R-1 rested on, confirmed by ana on 2026-03-02")]
    assert (
        said(night(candidates, ring("confirmed", range(5)), identifiers=[(1, "ip", "ip:1")])) == []
    )  # a reason against


def test_confirmed_accounts_are_a_reason_for_so_many_days() -> None:
    candidates = judged({"a": accounts(range(6))})
    reasons = [
        said(night(candidates, ring("confirmed", range(6)), day=day)) for day in (date(2026, 5, 31), date(2026, 6, 1))
    ]
    assert [bool(reason) for reason in reasons] == [True, False]


def test_those_who_were_released_from_a_confirmed_ring_are_not_known_as_bad() -> None:
    candidates = judged({"a": accounts(0, 1, range(20, 26))})
    rows = released("A000", range(10)), ring("partly_confirmed", range(10))
    assert all(reason != "known_bad" for reason, *_ in said(night(candidates, *rows)))


def test_a_released_account_leaves_its_ring_but_not_another_one() -> None:
    candidates = judged({"a": accounts(range(6))})
    found = night(candidates, released("A000", range(6)))
    assert groups(found) == {"a": set(accounts(range(1, 6)))}
    assert found.rings["size"].tolist() == [5]
    assert said(found) == [("released", "check", "A000 was released by ana on 2026-03-02")]
    elsewhere = judged({"b": accounts(0, range(30, 36))})
    assert groups(night(elsewhere, released("A000", range(6)))) == groups(elsewhere)
    assert groups(night(candidates, released("A000", range(6)), day=date(2026, 8, 30))) == groups(candidates)


def test_of_two_who_were_told_apart_the_less_probable_member_leaves() -> None:
    candidates = judged({"a": accounts(range(6))})
    candidates.members.loc[candidates.members["account_id"] == "A003", "probability"] = 0.4
    found = night(candidates, pair("apart", "A001", "A003"))
    assert groups(found) == {"a": set(accounts(0, 1, 2, 4, 5))}
    assert said(found) == [("apart", "check", "A003 was told apart from A001 by ana on 2026-03-02")]


def test_of_two_who_belong_together_one_moves_to_the_likelier_group() -> None:
    both = [judged({"a": accounts(range(6))}, 0.9), judged({"b": accounts(range(10, 16))}, 0.6)]
    candidates = Candidates(
        *(
            pd.concat([getattr(one, name) for one in both], ignore_index=True)
            for name in ("rings", "members", "evidence")
        )
    )
    found = night(candidates, pair("together", "A000", "A010"))
    assert groups(found) == {"a": set(accounts(range(6), 10)), "b": set(accounts(range(11, 16)))}
    assert groups(night(candidates, pair("together", "A000", "A010"), pair("apart", "A000", "A010"))) == groups(
        candidates
    )


def test_the_order_of_rows_does_not_matter() -> None:
    candidates = judged({"a": accounts(range(8)), "b": accounts(range(10, 16)), "c": accounts(range(20, 26))})
    turned = Candidates(*(frame.iloc[::-1] for frame in (candidates.rings, candidates.members, candidates.evidence)))
    rows = (
        ring("benign", range(20, 26)),
        ring("confirmed", range(8)),
        released("A001", range(8)),
        pair("apart", "A002", "A003"),
        pair("together", "A004", "A010"),
    )
    assert groups(night(candidates, *rows)) == groups(night(turned, *rows))
