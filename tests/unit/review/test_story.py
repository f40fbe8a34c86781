"""Ten nights of one deployment, published and reviewed as they would be: what reviewers say changes the next night.

The candidates of each night are given; identity, effects, audit, store, command line and page are the real ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from judged import accounts, judged
from test_publish_stage import night_of
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.night import open_night
from ringwatch.review.desk import Desk
from ringwatch.settings import load_settings
from ringwatch.stages import publish
from ringwatch.store.records import Candidates
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review

FIRST = date(2026, 3, 2)
CREW, RIVALS, CAMPUS = range(8), range(20, 28), range(100, 120)


class Deployment:
    """Nights that are published one after the other, and a reviewer, Ana, who works by commands."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.day = FIRST - timedelta(1)

    def night(self, groups: Mapping[str, list[str]], **probability: float) -> dict[str, dict[str, Any]]:
        """Publish the next day and return its rings, by ring_id."""
        self.day += timedelta(1)
        night = night_of(self.day, self.home, _candidates(groups, probability))
        with night:
            self.counts = publish.run(night).counts
            return {row["ring_id"]: row for row in night.store.published.rings(self.day)}

    def ana(self, *words: str) -> Any:
        ended = CliRunner().invoke(
            app, ["review", *words, *([] if words[0] == "allowances" else ["--by", "ana"]), "--json"]
        )
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def confirm(self, ring_id: str, note: str = "", release: str = "") -> None:
        self.ana("confirm", ring_id, "--note", note, *(["--release", release] if release else []))

    def clear(self, ring_id: str, note: str = "") -> None:
        self.ana("clear", ring_id, "--note", note)

    def undo_newest(self, ring_id: str) -> None:
        self.ana("undo", str(self.ana("log", ring_id)[-1]["seq"]))

    def decisions(self) -> list[str]:
        return [row["decision"] for row in self.ana("log")]

    def queue(self) -> set[str]:
        return {row["ring_id"] for row in self.ana("queue")}

    def members(self, ring_id: str) -> set[str]:
        return {member["account_id"] for member in self.ana("show", ring_id)["members"]}

    def reasons(self, ring_id: str) -> list[str]:
        shown = self.ana("show", ring_id)["evidence"]
        return [row["text"] for rows in shown.values() for row in rows if row["facet"] == "review"]


class OnThePage(Deployment):
    """The same, by a browser: what Ana reads is HTML, what she decides are forms."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        settings = load_settings()
        self.opened = open_night(settings, date.min)
        review = Review(lambda name: Desk(self.opened.store, settings, name), self.opened)
        page = create(review, Access("", "x-user", {"*": "reviewer"}), ("testserver",))
        self.browser = TestClient(page, headers={"x-user": "ana"})

    def night(self, groups: Mapping[str, list[str]], **probability: float) -> dict[str, dict[str, Any]]:
        rings = super().night(groups, **probability)
        shown = set(re.findall(r"chip event-(\w+)", self._read(f"/nights/{self.day}")))
        assert shown == {row["event"] for row in rings.values()}
        return rings

    def confirm(self, ring_id: str, note: str = "", release: str = "") -> None:
        released = {"released": [release]} if release else {}
        self._decide(ring_id, decision="partly_confirmed" if release else "confirmed", note=note, **released)

    def clear(self, ring_id: str, note: str = "") -> None:
        self._decide(ring_id, decision="benign", note=note)

    def undo_newest(self, ring_id: str) -> None:
        newest, *_ = re.findall(r'name="seq" value="(\d+)"', self._read(f"/rings/{ring_id}"))
        self._send("/undo", ring_id, seq=newest, ring=ring_id)

    def decisions(self) -> list[str]:
        """Those on members apart that were confirmed with their ring."""
        log = re.findall(r"<li><b>([\w ]+)</b>", self._read("/statistics"))
        return [decision.replace(" ", "_") for decision in reversed(log) if decision != "belongs"]

    def queue(self) -> set[str]:
        return set(re.findall(r'data-ring="([^"]+)"', self._read("/queue")))

    def members(self, ring_id: str) -> set[str]:
        return set(re.findall(r'aria-label="(A\d+) does not belong"', self._read(f"/rings/{ring_id}")))

    def reasons(self, ring_id: str) -> list[str]:
        return re.findall(r'(?:<li>|<th scope="row">)([^<]*by ana on [^<]*)', self._read(f"/rings/{ring_id}"))

    def _read(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def _decide(self, ring_id: str, **form: Any) -> None:
        page = self.browser.get(f"/rings/{ring_id}")  # of a merged ring this is the page of the other
        (seen,) = re.findall(r'name="seen" value="(\d+)"', page.text)
        self._send(f"{page.url.path}/decide", ring_id, seen=seen, **form)

    def _send(self, path: str, ring_id: str, **form: Any) -> None:
        token, *_ = re.findall(r'name="token" value="([0-9a-f]+)"', self._read(f"/rings/{ring_id}"))
        answer = self.browser.post(path, data={"token": token, **form}, follow_redirects=False)
        assert answer.status_code == 303, answer.text


def _candidates(groups: Mapping[str, list[str]], probability: Mapping[str, float]) -> Candidates:
    """Groups that each rest on a card of their own, named before the dash of the group's name."""
    if not groups:
        return judged({})
    made = [judged({name: members}, probability.get(name, 0.9)) for name, members in groups.items()]
    for name, one in zip(groups, made, strict=True):
        one.evidence["identifiers"] = [[f"{name.partition('_')[0]}:{facet}"] for facet in one.evidence["facet"]]
    parts = ("rings", "members", "evidence")
    return Candidates(*(pd.concat([getattr(one, part) for one in made], ignore_index=True) for part in parts))


@pytest.fixture(params=[Deployment, OnThePage], ids=["by commands", "on the page"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.chdir(tmp_path)
    for name, value in {"HOME": tmp_path, "MAX_FLAGGED_SHARE": 1, "REVIEW_SECOND_SHARE": 0}.items():
        monkeypatch.setenv(f"RINGWATCH_{name}", str(value))
    made: Deployment = request.param(tmp_path)
    return made


def _only(rings: Mapping[str, Mapping[str, Any]], event: str) -> str:
    (found,) = [ring_id for ring_id, row in rings.items() if row["event"] == event]
    return found


def test_ten_nights(deployment: Deployment) -> None:
    # 1. A ring and a campus are new. Ana confirms the ring and clears the campus.
    rings = deployment.night({"crew": accounts(CREW), "campus": accounts(CAMPUS)})
    assert [row["event"] for row in rings.values()] == ["new", "new"]
    crew, campus = sorted(rings, key=lambda ring_id: rings[ring_id]["size"])
    deployment.confirm(crew, note="one card")
    deployment.clear(campus, note="a university")
    assert deployment.queue() == set()

    # 2. The ring grows; the campus, with a new student, is not flagged again.
    rings = deployment.night({"crew": accounts(range(10)), "campus": accounts(range(100, 121))})
    assert (rings[crew]["event"], rings[campus]["event"], rings[campus]["flagged"]) == ("grown", "dormant", False)
    assert deployment.counts["cleared"] == 1
    assert rings[campus]["summary"] == (
        f"cleared by ana on {_today()}; flagged again with 20 new accounts, or when it is in a higher band of "
        "probability than then"
    )
    assert deployment.reasons(crew) == ["8 of 10 members were confirmed by ana on " + _today()]
    assert deployment.queue() == set()

    # 3. Another ring is new, and is left for tomorrow.
    rings = deployment.night({"crew": accounts(range(10)), "rivals": accounts(RIVALS)})
    rivals = _only(rings, "new")
    assert rings[crew]["event"] == "unchanged"
    assert deployment.queue() == {rivals}

    # 4. Both turn out to be one. The reviewed ring keeps its id and is to be looked at again, since most of it is new.
    rings = deployment.night({"crew": accounts(range(10), RIVALS)})
    assert (rings[crew]["event"], rings[rivals]["related"]) == ("merged", [crew])
    assert deployment.queue() == {crew}
    deployment.confirm(rivals, release="A020")
    assert deployment.queue() == set()

    # 5. The released account is in the candidate again, and stays out of the ring.
    rings = deployment.night({"crew": accounts(range(10), RIVALS)})
    assert deployment.members(crew) == set(accounts(range(10), range(21, 28)))
    assert "A020 was released by ana on " + _today() in deployment.reasons(crew)
    assert (rings[crew]["event"], rings[crew]["departed"]) == ("unchanged", 1)  # it had come the night before

    # 6. They part again: both go under the ids they had, and both are known.
    rings = deployment.night({"crew": accounts(range(10)), "rivals": accounts(range(21, 28))})
    assert {ring_id for ring_id, row in rings.items() if row["flagged"]} == {crew, rivals}
    assert deployment.members(crew) == set(accounts(range(10)))
    assert deployment.queue() == set()

    # 7. All of them are banned.
    rings = deployment.night({})
    assert {row["event"] for row in rings.values()} == {"dormant"}

    # 8. New accounts on the card of the confirmed ring: too little for a ring, had nobody known that card. Its case is
    #    open again.
    rings = deployment.night({"crew": accounts(range(60, 66)), "other": accounts(range(80, 86))}, crew=0.4, other=0.4)
    (reborn,) = [ring_id for ring_id, row in rings.items() if row["flagged"]]
    assert (reborn, rings[reborn]["event"]) == (crew, "returned")
    assert crew in deployment.queue()
    assert deployment.members(reborn) == set(accounts(range(60, 66)))
    assert f"it rests on what {crew} rested on, confirmed by ana on {_today()}" in deployment.reasons(reborn)

    # 9. On the cleared campus, beside newcomers, somebody runs a ring: it is flagged, and only what is new is shown.
    rings = deployment.night({"campus": accounts(range(100, 109), range(140, 146))}, campus=0.99)
    (flagged,) = [ring_id for ring_id, row in rings.items() if row["flagged"]]
    (reason,) = deployment.reasons(flagged)
    assert reason.startswith(
        f"cleared by ana on {_today()}; new since then: 6 accounts (A140, A141, A142, A143, A144 and "
    )
    assert reason.endswith("it is likelier a ring than it was then")
    assert flagged in deployment.queue()

    # 10. Nothing changes, and what Ana takes back is open again.
    rings = deployment.night({"campus": accounts(range(100, 109), range(140, 146))}, campus=0.99)
    assert rings[flagged]["event"] == "unchanged"
    deployment.confirm(flagged)
    assert flagged not in deployment.queue()
    deployment.undo_newest(flagged)
    assert flagged in deployment.queue()
    assert deployment.decisions() == ["confirmed", "benign", "released", "partly_confirmed", "confirmed", "undo"]


def test_a_night_that_is_published_again_says_the_same_whatever_was_decided_since(deployment: Deployment) -> None:
    before = deployment.night({"campus": accounts(CAMPUS)})
    deployment.clear(*before)
    deployment.day -= timedelta(1)

    again = deployment.night({"campus": accounts(CAMPUS)})

    run = dict.fromkeys(["run_id"])
    assert [row | run for row in again.values()] == [row | run for row in before.values()]


def _today() -> str:
    """The day on which the store's clock says that this is decided."""
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%F}"
