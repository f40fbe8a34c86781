"""Who may open the page, and what may be done there."""

import pytest
from fastapi.testclient import TestClient
from forms import send, token
from people_of_a_page import Client

from ringwatch.errors import UsageError
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review

SECRET = b"a secret of the proxy and the page"
KNOWN = {"x-ringwatch-proxy-secret": SECRET.decode()}
PATHS = ("/queue", "/nights", "/allowances", "/statistics", "/accounts?id=A1")


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_sees_nothing(review: Review, path: str) -> None:
    stranger = TestClient(create(review, Access("anna"), ("testserver",)))

    answer = stranger.get(path)

    assert answer.status_code == 401
    assert "review serve" in answer.text
    assert "A1" not in answer.text


def test_a_link_signs_in_once(review: Review) -> None:
    access = Access("anna")
    app, link = create(review, access, ("testserver",)), access.new_link()
    first, second = TestClient(app), TestClient(app)

    assert first.get("/sign-in", params={"token": link}).url.path == "/queue"
    assert second.get("/sign-in", params={"token": link}).status_code == 401
    assert second.get("/queue").status_code == 401


def test_the_session_is_out_of_reach_of_scripts_and_other_sites(review: Review) -> None:
    access = Access("anna")
    browser = TestClient(create(review, access, ("testserver",)))

    answer = browser.get("/sign-in", params={"token": access.new_link()}, follow_redirects=False)

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_signing_out_ends_the_session(review: Review) -> None:
    access = Access("anna")
    browser = TestClient(create(review, access, ("testserver",)))
    browser.get("/sign-in", params={"token": access.new_link()})
    session = dict(browser.cookies)

    send(browser, "/sign-out")

    again = TestClient(create(review, access, ("testserver",)), cookies=session)
    assert again.get("/queue").status_code == 401


@pytest.mark.parametrize("sent", [{}, {"token": "0" * 64}])
def test_a_form_without_the_persons_token_does_nothing(by: Client, ring_id: str, sent: dict[str, str]) -> None:
    form = sent | {"decision": "confirmed", "seen": "0"}

    answer = by("anna").post(f"/rings/{ring_id}/decide", data=form, follow_redirects=False)

    assert answer.status_code == 403
    assert "Nothing yet" in by("anna").get(f"/rings/{ring_id}").text


def test_the_token_of_one_person_is_of_no_use_to_another(by: Client, ring_id: str) -> None:
    form = {"token": token(by("ben")), "decision": "confirmed", "seen": "0"}

    assert by("anna").post(f"/rings/{ring_id}/decide", data=form).status_code == 403


def test_a_form_that_another_site_sends_does_nothing(by: Client, ring_id: str) -> None:
    anna = by("anna")
    form = {"token": token(anna), "decision": "confirmed", "seen": "0"}

    answer = anna.post(f"/rings/{ring_id}/decide", data=form, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "path", "form"),
    [
        ("rita", "/rings/RING/claim", {}),
        ("rita", "/rings/RING/decide", {"decision": "confirmed", "seen": "0"}),
        ("rita", "/rings/RING/reveal", {}),
        ("rita", "/rings/RING/note", {"note": "x"}),
        ("rita", "/rings/RING/release", {"released": "A2"}),
        ("rita", "/rings/RING/pair", {"account": "A2", "other": "A3", "decision": "apart"}),
        ("rita", "/undo", {"seq": "1"}),
        ("rita", "/queue/decide", {"decision": "benign", "ring": "RING"}),
        ("anna", "/allowances", {"facet": "ip", "identifier": "x", "decision": "hub", "expires": "2026-04-01"}),
    ],
)
def test_what_takes_another_role_is_refused(
    by: Client, ring_id: str, name: str, path: str, form: dict[str, str]
) -> None:
    person = by(name)
    sent = {key: value.replace("RING", ring_id) for key, value in form.items()}

    answer = person.post(path.replace("RING", ring_id), data={"token": _any_token(person), **sent})

    assert answer.status_code == 403
    assert f"you are a {'reader' if name == 'rita' else 'reviewer'}" in answer.text


def _any_token(person: TestClient) -> str:
    access: Access = person.app.state.access  # type: ignore[attr-defined]
    return access.token(_who(access, person))


def _who(access: Access, person: TestClient):
    from starlette.requests import Request

    headers = [(b"x-user", person.headers["x-user"].encode())]
    found = access.person(Request({"type": "http", "headers": headers}))
    assert found
    return found


def test_a_reader_is_offered_no_form(by: Client, ring_id: str) -> None:
    for path in ("/queue", f"/rings/{ring_id}", "/allowances"):
        assert 'method="post"' not in by("rita").get(path).text, path


@pytest.mark.parametrize(("sent", "status"), [({}, 401), ({"x-ringwatch-proxy-secret": "a guess"}, 401), (KNOWN, 200)])
def test_a_name_is_believed_only_of_the_proxy_that_knows_the_secret(
    review: Review, sent: dict[str, str], status: int
) -> None:
    access = Access("", "x-user", {"*": "admin"}, SECRET)
    browser = TestClient(create(review, access, ("testserver",)), headers={"x-user": "anna", **sent})

    assert browser.get("/queue").status_code == status


def test_a_role_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="reader, reviewer, admin"):
        Access("", "x-user", {"anna": "chief"})


def test_another_name_for_this_machine_is_refused(review: Review) -> None:
    app = create(review, Access("", "x-user", {"*": "admin"}))
    rebound = TestClient(app, base_url="http://evil.example", headers={"x-user": "anna"})

    assert rebound.get("/queue").status_code == 400


@pytest.mark.parametrize(
    "path", ["/queue", "/no-such-page", "/rings/R-NONE", "/static/page.js", "/allowances?facet=ip"]
)
def test_every_answer_forbids_what_the_page_does_not_need(by: Client, path: str) -> None:
    headers = by("anna").get(path).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] in {"no-store", "no-cache"}


def test_no_page_has_scripts_styles_or_handlers_in_its_text(by: Client, ring_id: str) -> None:
    for path in ("/queue", f"/rings/{ring_id}?bits=1", "/nights/2026-03-03", "/allowances", "/accounts?id=A1"):
        text = by("ada").get(path).text
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert text.count("<script") == 1, path
        assert " on" not in {part[:3] for part in text.split('"')[::2] if "=" in part and part.startswith(" on")}, path
