"""What the pages say: of a ring, a night, an account; whatever its text may hold."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from forms import send
from people_of_a_page import NOW, Client
from rings_of_a_home import CARD, HOSTILE, RING, TUESDAY, home_of_a_ring, publish

from ringwatch.review.desk import Desk
from ringwatch.web import report
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review

WEDNESDAY = date(2026, 3, 4)


def test_a_ring_is_explained(by: Client, ring_id: str) -> None:
    text = by("anna").get(f"/rings/{ring_id}").text

    assert "0.90" in text
    assert "32 times likelier" in text  # five bits
    assert "a quarter as likely" in text  # two against
    assert "Weakest point" in text
    assert re.search(r'class="node thing \w+ *\w* *weak"', text)
    assert "left tonight" in text  # A1
    assert "MATCH (a:Account)-[m:MEMBER_OF]-&gt;(r:Ring {ring_id: &#39;" + ring_id in text


def test_slight_reasons_and_bits_are_shown_when_asked_for(by: Client, ring_id: str) -> None:
    plain, asked = (by("anna").get(f"/rings/{ring_id}{query}").text for query in ("", "?bits=1"))

    assert "at about the same time" not in plain
    assert "at about the same time" in asked
    assert "+5.0 bits" in asked


@pytest.mark.parametrize("found_by", ["A3", "RING", CARD])
def test_the_queue_is_searched_by_account_ring_and_identifier(by: Client, ring_id: str, found_by: str) -> None:
    params = {"q": found_by.replace("RING", ring_id)}

    assert f'data-ring="{ring_id}"' in by("anna").get("/queue", params=params).text
    assert f'data-ring="{ring_id}"' not in by("anna").get("/queue", params={"q": "nobody"}).text


def test_a_night_shows_what_changed(by: Client, ring_id: str) -> None:
    text = by("anna").get("/nights/2026-03-03").text

    assert ring_id in text
    assert by("anna").get("/nights/2026-03-09").status_code == 404


def test_an_account_says_why_it_is_in_a_ring_or_in_none(by: Client, ring_id: str) -> None:
    assert f"/rings/{ring_id}" in by("anna").get("/accounts?id=A3").text
    assert "Why it is in none" in by("anna").get("/accounts?id=B1").text
    assert f"/rings/{ring_id}" in by("anna").get("/accounts?id=A1").text  # it left, and still shares
    assert by("anna").get("/accounts?id=nobody").status_code == 404


def test_a_day_without_the_windows_tables_is_shown_without_a_picture(by: Client, review: Review, ring_id: str) -> None:
    review.night.files.sharing.unlink()

    text = by("anna").get(f"/rings/{ring_id}").text

    assert '<svg class="picture"' not in text
    assert "ringwatch link --day 2026-03-03" in text
    assert "32 times likelier" in text


def test_a_sampled_group_is_shown_as_a_ring_whose_probability_is_not_told_yet(by: Client, review: Review) -> None:
    publish(review.night, WEDNESDAY, RING, "They share one card", probability=0.2, asked=1)
    (row,) = review.desk("anna").queue()
    anna, path = by("anna"), f"/rings/{row.ring_id}"

    before = anna.get(path).text
    send(anna, f"{path}/decide", decision="confirmed", seen="0")

    assert row.ring_id in anna.get("/queue?status=all").text
    assert "stays hidden until you decide" in before
    assert "32 times likelier" in before
    assert "0.20" not in before
    assert "0.20" in anna.get(path).text
    assert row.ring_id not in anna.get(f"/nights/{WEDNESDAY}").text
    assert row.ring_id not in report.write(review, "nightly", WEDNESDAY).read_text(encoding="utf-8")


def test_statistics_say_when_verdicts_are_too_few_for_recall(by: Client) -> None:
    assert "Too few verdicts for an estimate of recall" in by("rita").get("/statistics").text


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """A home in which accounts, sentences and reasons are what would do harm if they were not escaped."""
    members = tuple(f"{number}{HOSTILE}" for number in range(5))
    night = home_of_a_ring(tmp_path_factory.mktemp("hostile"), members, HOSTILE)
    return Review(lambda author: Desk(night.store, night.settings, author, lambda: NOW), night)


def test_no_text_of_the_data_becomes_markup(hostile: Review) -> None:
    (row,) = hostile.desk("anna").queue()
    name = f"anna{HOSTILE.encode('ascii', 'ignore').decode()}"
    browser = TestClient(
        create(hostile, Access("", "x-user", {"*": "admin"}), ("testserver",)), headers={"x-user": name}
    )
    send(browser, f"/rings/{row.ring_id}/decide", decision="confirmed", seen="0", note=HOSTILE)
    send(browser, "/allowances", facet="ip", identifier=HOSTILE, decision="hub", expires="2026-04-01", note=HOSTILE)
    paths = ("/queue?status=all", f"/rings/{row.ring_id}?bits=1", "/nights/2026-03-03", "/allowances", "/statistics")

    for path in paths:
        _is_harmless(browser.get(path).text, path)
    _is_harmless(browser.get("/queue", params={"q": HOSTILE}).text, "search")
    _is_harmless(browser.get("/accounts", params={"id": f"1{HOSTILE}"}).text, "account")
    _is_harmless(browser.get("/allowances", params={"facet": HOSTILE, "identifier": HOSTILE}).text, "preview")
    _is_harmless(report.write(hostile, "anna", TUESDAY).read_text(encoding="utf-8"), "report")


def _is_harmless(text: str, where: str) -> None:
    assert "alert(1)" in text, where  # it is there, as text
    assert "<script>" not in text, where
    assert "<b>'" not in text, where
    assert "49" not in re.sub(r"&[#\w]+;|[0-9a-f]{16,}", "", text).split("alert(1)")[1][:60], where  # {{ 7*7 }}


def test_the_report_needs_nothing_but_itself(review: Review) -> None:
    path = report.write(review, "nightly", TUESDAY)

    text = path.read_text(encoding="utf-8")
    assert path == review.night.files.day(TUESDAY) / "report.html"
    assert 'class="picture"' in text
    assert "<script" not in text
    assert "<form" not in text
    assert not re.search(r"(?:src|href)=\"(?!#)", text)
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert CARD not in text


def test_the_report_is_the_same_when_it_is_written_again(review: Review, tmp_path: Path) -> None:
    first = shutil.copy(report.write(review, "nightly", TUESDAY), tmp_path / "first.html")

    assert report.write(review, "nightly", TUESDAY).read_bytes() == Path(first).read_bytes()
