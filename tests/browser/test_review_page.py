"""The review page in a real browser: from the queue to a verdict, two reviewers, small and dark screens, axe."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ringwatch.night import Night
from ringwatch.review.desk import Desk
from ringwatch.web import report, serving
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review
from tests.unit.web.rings_of_a_home import CARD, HOSTILE, TUESDAY, home_of_a_ring

NOW = datetime(2026, 3, 4, 9)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return home_of_a_ring(tmp_path_factory.mktemp("page"), text=f"They share one card {HOSTILE}")


@pytest.fixture
def review(made: Night) -> Review:
    return Review(lambda author: Desk(made.store, made.settings, author, lambda: NOW), made)


@pytest.fixture
def access() -> Access:
    return Access("", "x-user", {"*": "admin"})


@pytest.fixture
def address(review: Review, access: Access) -> Iterator[str]:
    """The page, served as the command serves it, to people whom a proxy names."""
    listening = serving.bound(0)
    server = uvicorn.Server(uvicorn.Config(create(review, access), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    for verdict in review.desk("tidy").log():
        if not verdict["undone_by"] and verdict["decision"] not in ("undo", "noted"):
            review.desk("tidy").undo(verdict["seq"])


def open_as(browser: Browser, name: str, **options: object) -> Page:
    """A browser window of somebody, in which an alert or an error in the console ends the test."""
    page = browser.new_context(extra_http_headers={"x-user": name}, **options).new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a script of the data ran: {dialog.message}"))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def test_a_ring_goes_from_the_queue_to_a_verdict_by_keys(browser: Browser, address: str, review: Review) -> None:
    page = open_as(browser, "anna")
    page.goto(f"{address}/queue")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rings/*")
    expect(page.get_by_role("heading", name="Who shares what")).to_be_visible()
    page.keyboard.press("c")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("Your verdict is kept.")
    assert [(row["author"], row["decision"]) for row in review.desk("anna").log()][-1] == ("anna", "confirmed")
    page.goto(f"{address}/queue")
    expect(page.get_by_text("Nothing is open")).to_be_visible()


def test_a_key_in_the_queue_asks_before_it_decides(browser: Browser, address: str, review: Review) -> None:
    page = open_as(browser, "anna")
    page.goto(f"{address}/queue")

    page.keyboard.press("j")
    page.keyboard.press("b")
    page.get_by_label("Note", exact=True).last.fill("a class of mine")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("Your verdict is kept.")
    kept = [row for row in review.desk("anna").log() if not row["undone_by"] and row["decision"] != "undo"]
    assert [(row["decision"], row["note"]) for row in kept] == [("benign", "a class of mine")]


def test_what_is_said_beside_a_verdict_is_said_by_forms(browser: Browser, address: str, review: Review) -> None:
    """A note by key, two members released, a pair kept apart and taken back, an identifier allowed."""
    page = open_as(browser, "anna")
    page.goto(f"{address}/queue")
    page.locator("[data-ring] h2 a").click()
    page.wait_for_url("**/rings/*")  # keys mean something once the page is loaded

    page.keyboard.press("n")
    page.keyboard.type("ask the shop")
    page.get_by_role("button", name="Only keep the note").click()
    expect(page.get_by_role("status")).to_have_text("Your note is kept.")

    page.get_by_role("checkbox", name="A2 does not belong").check()
    page.get_by_role("checkbox", name="A3 does not belong").check()
    page.wait_for_load_state()
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is released")

    page.get_by_text("Two accounts: together or apart").click()
    page.get_by_label("Account", exact=True).fill("A4")
    page.get_by_label("Other account").fill("A5")
    page.get_by_role("button", name="Do not").click()
    page.get_by_role("button", name="Undo apart by anna").click()
    expect(page.get_by_role("status")).to_have_text("The decision is undone.")

    page.get_by_text("An identifier: sharing it means nothing").click()
    page.get_by_role("button", name="Show what that would do").click()
    assert not Axe().run(page).response["violations"]
    page.get_by_label("harmless").check()
    page.get_by_label("Until").fill("2026-04-01")
    page.get_by_role("button", name="Allow it").click()
    expect(page.get_by_role("status")).to_contain_text("is allowed")

    told = [row["decision"] for row in review.desk("anna").log() if not row["undone_by"]]
    assert told[-5:] == ["noted", "released", "released", "undo", "harmless"]


def test_two_reviewers_do_not_decide_on_one_ring(browser: Browser, address: str) -> None:
    anna, ben = open_as(browser, "anna"), open_as(browser, "ben")
    for page in (anna, ben):
        page.goto(f"{address}/queue")
        page.locator("[data-ring] h2 a").click()

    anna.locator("button.verdict.confirmed").click()
    expect(anna.get_by_role("status")).to_be_visible()
    ben.locator("button.verdict.benign").click()

    expect(ben.get_by_role("heading")).to_contain_text("anna decided on")


def test_a_link_signs_in_and_identifiers_are_revealed_on_demand(browser: Browser, address: str, access: Access) -> None:
    access.header, access.author = None, "ada"
    page = browser.new_page()

    page.goto(f"{address}/sign-in?token={access.new_link()}")
    page.locator("[data-ring] h2 a").click()
    assert CARD not in page.content()
    page.get_by_role("button", name="Reveal identifiers").click()

    expect(page.get_by_text(CARD).first).to_be_attached()
    assert "token=" not in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_fit_for_all_on_a_small_screen(
    browser: Browser, address: str, review: Review, scheme: str
) -> None:
    (row,) = review.desk("anna").queue(status="all")
    page = open_as(browser, "anna", color_scheme=scheme, viewport={"width": 380, "height": 800})
    paths = ["/queue", f"/rings/{row.ring_id}", "/nights/2026-03-03", "/allowances", "/statistics", "/accounts?id=B1"]

    for path in paths:
        page.goto(address + path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide"
        found = Axe().run(page)
        assert not found.response["violations"], f"{path}: {found.generate_report()}"


def test_the_report_opens_from_disk(browser: Browser, review: Review, tmp_path: Path) -> None:
    path = report.write(review, "nightly", TUESDAY)
    asked: list[str] = []
    page = open_as(browser, "nobody")
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: pytest.fail(message.text))

    page.goto(path.as_uri())

    assert asked == [path.as_uri()]
    expect(page.locator("svg.picture:not(.sign)").first).to_be_visible()
    assert not Axe().run(page).response["violations"]
