"""Statistics: what verdicts would teach is drawn, before and after; what ties members is read from the window."""

import numpy as np
import pandas as pd
from people_of_a_page import Client

from ringwatch.cli.calibrate import _tied
from ringwatch.night import Night
from ringwatch.review import adjustments
from ringwatch.review.calibrate import Verdicts
from ringwatch.review.desk import Desk


def misled(count: int = 100) -> Verdicts:
    """Verdicts on groups of which half share a card that says nothing here."""
    random = np.random.default_rng(1)
    odds = pd.Series(random.normal(0, 3, count))
    rings = pd.Series(random.random(count) < 1 / (1 + np.exp2(-odds)))
    card = pd.Series(np.where(random.random(count) < 0.5, 4.0, 0.0))
    return Verdicts.on_rings(odds + card, pd.DataFrame({"shared_card": card}), rings)


def test_an_adjustment_is_drawn_before_and_after(by: Client, night: Night) -> None:
    version = adjustments.propose(night.files.adjustments, misled(), 100)

    before = by("rita").get("/statistics").text
    adjustments.use(night.files.adjustments, version.number, "ada")
    after = by("rita").get("/statistics").text

    assert before.count('<svg class="reliability"') == 2
    assert "review calibrate --use 1" in before
    assert "in use." in after


def test_without_an_adjustment_nothing_is_drawn(by: Client) -> None:
    assert "reliability" not in by("rita").get("/statistics").text


def test_what_ties_a_member_is_what_it_shares_with_others_of_the_ring(night: Night, ring_id: str) -> None:
    """Four paid with one card, three used one device, and all came from one address; of B1 there is nothing."""
    members = [member["account_id"] for member in Desk(night.store, night.settings, "anna").ring(ring_id).members]

    facets = _tied(night, {ring_id: [*members, "B1"]})

    assert {account: "device" in facets[ring_id, account] for account in members} == {
        "A2": True,
        "A3": True,
        "A4": False,
        "A5": False,
    }
    assert all("payment" in facets[ring_id, account] for account in members)
    assert (ring_id, "B1") not in facets


def test_the_tables_of_another_day_say_nothing_of_ties(night: Night, ring_id: str) -> None:
    night.files.sharing.unlink()

    assert _tied(night, {ring_id: ["A2", "A3"]}) == {}
