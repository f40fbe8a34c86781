"""From the queue to a verdict, by forms: what is decided is kept, once, by whom it was."""

import re

import pytest
from fastapi.testclient import TestClient
from forms import send
from people_of_a_page import NOW, ROLES, Client
from rings_of_a_home import BRIDGE, CARD

from ringwatch.night import Night
from ringwatch.review.desk import Desk
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review


def test_the_queue_leads_to_the_ring_and_the_verdict_closes_it(by: Client, review: Review, ring_id: str) -> None:
    anna = by("anna")
    assert f"/rings/{ring_id}" in anna.get("/queue").text

    answer = send(anna, f"/rings/{ring_id}/decide", decision="confirmed", seen="0", note="same hand")

    assert answer.headers["location"] == f"/rings/{ring_id}?done=decided"
    assert "same hand" in anna.get(answer.headers["location"]).text
    assert f"/rings/{ring_id}" not in anna.get("/queue").text
    assert f"/rings/{ring_id}" in anna.get("/queue?status=closed").text
    kept = review.desk("anna").log(ring_id)
    assert [(row["author"], row["decision"], row["note"]) for row in kept] == [("anna", "confirmed", "same hand")]


def test_members_that_are_ticked_are_released(by: Client, review: Review, ring_id: str) -> None:
    send(by("anna"), f"/rings/{ring_id}/decide", decision="partly_confirmed", seen="0", released=["A2", "A3"])

    decided = {member["account_id"]: member["decision"] for member in review.desk("anna").ring(ring_id).members}
    assert decided == {"A2": "released", "A3": "released", "A4": "belongs", "A5": "belongs"}


def test_two_reviewers_never_review_the_same_ring(by: Client, ring_id: str) -> None:
    anna, ben = by("anna"), by("ben")
    send(anna, f"/rings/{ring_id}/claim")

    claimed = send(ben, f"/rings/{ring_id}/claim")
    decided = send(ben, f"/rings/{ring_id}/decide", decision="benign", seen="0")

    assert "anna is on it" in ben.get("/queue").text
    assert claimed.status_code == decided.status_code == 400
    assert "anna is reviewing" in decided.text


def test_who_decides_second_is_told_what_the_first_decided(by: Client, review: Review, ring_id: str) -> None:
    anna, ben = by("anna"), by("ben")
    send(anna, f"/rings/{ring_id}/decide", decision="confirmed", seen="0")

    late = send(ben, f"/rings/{ring_id}/decide", decision="benign", seen="0")

    assert late.status_code == 409
    assert "anna decided" in late.text
    assert [row["decision"] for row in review.desk("ben").log(ring_id)] == ["confirmed"]


def test_a_decision_is_undone_from_the_page(by: Client, ring_id: str, review: Review) -> None:
    anna = by("anna")
    send(anna, f"/rings/{ring_id}/decide", decision="benign", seen="0")
    (kept,) = review.desk("anna").log(ring_id)

    send(anna, "/undo", seq=kept["seq"], ring=ring_id)

    assert f"/rings/{ring_id}" in anna.get("/queue").text


def test_several_rings_are_decided_at_once(by: Client, ring_id: str, review: Review) -> None:
    send(by("anna"), "/queue/decide", decision="benign", ring=[ring_id], note="a class")

    assert review.desk("anna").queue(status="closed")[0].outcome == "benign"


def test_identifiers_are_masked_until_they_are_revealed_to_that_person(
    by: Client, ring_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    anna, ben, page = by("anna"), by("ben"), f"/rings/{ring_id}?bits=1"
    before = anna.get(page).text

    with caplog.at_level("INFO", logger="ringwatch"):
        send(anna, f"/rings/{ring_id}/reveal")

    assert not {CARD, BRIDGE} & {name for name in (CARD, BRIDGE) if name in before}
    assert CARD in anna.get(page).text
    assert BRIDGE in anna.get(page).text
    assert CARD not in ben.get(page).text
    (told,) = [record.getMessage() for record in caplog.records if "revealed" in record.getMessage()]
    assert "anna" in told
    assert ring_id in told
    assert CARD not in told


def test_an_identifier_is_allowed_after_its_effect_was_shown(by: Client, review: Review) -> None:
    ada = by("ada")

    shown = ada.get("/allowances", params={"facet": "payment", "identifier": CARD}).text
    send(
        ada,
        "/allowances",
        facet="payment",
        identifier=CARD,
        decision="harmless",
        expires="2026-04-01",
        note="test card",
    )

    assert "1 of them would no longer be flagged without it" in shown
    assert [row["identifier"] for row in review.desk("ada").allowances()] == [CARD]
    assert CARD not in ada.get("/allowances").text
    assert "test card" in ada.get("/allowances").text


def test_a_note_is_kept_and_decides_nothing(by: Client, ring_id: str) -> None:
    anna = by("anna")

    answer = send(anna, f"/rings/{ring_id}/note", note="ask the shop")

    assert answer.headers["location"] == f"/rings/{ring_id}?done=noted"
    assert "ask the shop" in anna.get(f"/rings/{ring_id}").text
    assert f"/rings/{ring_id}" in anna.get("/queue").text


def test_members_are_released_without_a_verdict_on_the_ring(by: Client, review: Review, ring_id: str) -> None:
    send(by("anna"), f"/rings/{ring_id}/release", released=["A2", "A3"], note="a couple")

    view = review.desk("anna").ring(ring_id)
    assert {m["account_id"]: m["decision"] for m in view.members if m["decision"]} == {
        "A2": "released",
        "A3": "released",
    }
    assert [row["note"] for row in view.verdicts] == ["a couple", "a couple"]
    assert view.row.status == "open"


def test_of_several_members_all_are_released_or_none(by: Client, review: Review, ring_id: str) -> None:
    answer = send(by("anna"), f"/rings/{ring_id}/release", released=["A2", "B1"])

    assert answer.status_code == 400
    assert "B1 is not in" in answer.text
    assert review.desk("anna").log() == []


@pytest.mark.parametrize(("decision", "said"), [("apart", "apart"), ("together", "together")])
def test_a_pair_is_on_the_page_of_its_ring_and_can_be_undone_there(
    by: Client, review: Review, ring_id: str, decision: str, said: str
) -> None:
    anna, page = by("anna"), f"/rings/{ring_id}"
    send(anna, f"{page}/pair", account="A2", other="A3", decision=decision)
    (kept,) = review.desk("anna").log()

    shown = anna.get(page).text
    send(anna, "/undo", seq=kept["seq"], ring=ring_id)

    assert f"<b>{said}</b> A2 and A3" in shown
    assert "Undone by anna" in anna.get(page).text


def test_an_identifier_of_the_ring_is_allowed_after_its_effect_was_shown(
    by: Client, review: Review, ring_id: str
) -> None:
    ada, page = by("ada"), f"/rings/{ring_id}"
    text = ada.get(page).text
    (alias,) = re.findall(r'<option value="([0-9a-f]{32})">payment', text)

    shown = ada.get(f"{page}/allow", params={"identifier": alias}).text
    answer = send(ada, f"{page}/allow", identifier=alias, decision="harmless", expires="2026-04-01", note="a test card")

    assert CARD not in text + shown
    assert "1 of them would no longer be flagged without it" in shown
    assert answer.headers["location"] == f"{page}?done=allowed"
    assert [(row["facet"], row["identifier"]) for row in review.desk("ada").allowances()] == [("payment", CARD)]


def test_who_is_no_admin_sees_the_effect_and_cannot_allow(by: Client, review: Review, ring_id: str) -> None:
    anna, page = by("anna"), f"/rings/{ring_id}"
    (alias,) = re.findall(r'<option value="([0-9a-f]{32})">payment', anna.get(page).text)

    shown = anna.get(f"{page}/allow", params={"identifier": alias}).text
    answer = send(anna, f"{page}/allow", identifier=alias, decision="hub", expires="2026-04-01")

    assert "It takes an admin" in shown
    assert answer.status_code == 403
    assert review.desk("anna").allowances() == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/rings/RING/note", {"note": "  "}),
        ("/rings/RING/release", {}),
        ("/rings/RING/decide", {"decision": "guilty", "seen": "0"}),
        ("/rings/RING/decide", {"decision": "confirmed", "seen": "0", "note": "x" * 2001}),
        ("/rings/RING/pair", {"account": "A1", "other": "A1", "decision": "apart"}),
        ("/rings/R-NONE/claim", {}),
        ("/queue/decide", {"decision": "benign"}),
        ("/undo", {"seq": "999"}),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(by: Client, ring_id: str, path: str, form: dict[str, str]) -> None:
    answer = send(by("anna"), path.replace("RING", ring_id), **form)

    assert answer.status_code in {400, 404, 409}
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


def test_a_second_opinion_is_asked_for_and_kept_as_one(night: Night, ring_id: str) -> None:
    settings = night.settings.model_copy(update={"review_second_share": 1.0})
    review = Review(lambda author: Desk(night.store, settings, author, lambda: NOW), night)
    app = create(review, Access("", "x-user", ROLES), ("testserver",))
    anna, ben = (TestClient(app, headers={"x-user": name}) for name in ("anna", "ben"))
    send(anna, f"/rings/{ring_id}/decide", decision="confirmed", seen="0")
    (first,) = review.desk("anna").log(ring_id)

    asked = ben.get("/queue").text
    send(ben, f"/rings/{ring_id}/decide", decision="benign", seen=first["seq"])

    assert "second opinion" in asked
    assert "second opinion" not in anna.get("/queue").text
    assert [row["stream"] for row in review.desk("ben").log(ring_id)] == ["queue", "second opinion"]
