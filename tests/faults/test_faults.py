"""What breaks in the middle of a night is one sentence and the right exit code, and the next run makes it good.

Each row is a fault and the stage in which it comes. `make faults` runs all and writes docs/measurements/faults.md;
other runs take those that are marked.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from deployments import ALL, Deployment

import postgres_server

pytestmark = pytest.mark.integration

GRAPH = ("ringwatch.graph", "Graph.write_frame", 2)
POINTS = {
    "validate": ("ringwatch.store.deliveries", "Deliveries.record", 1),
    "load": GRAPH,
    "link": GRAPH,
    "detect": ("ringwatch.search.communities", "_ask", 2),
    "score": ("pyarrow.parquet", "write_table", 2),
    "publish": ("ringwatch.store.changes", "write", 1),
}
WITHIN_GDS = ("ringwatch.search.memory", "Heap.check", 1)
GONE, FULL = "does not answer|not answer any more|has ended", "no disk space in"
KILLED = -signal.SIGKILL
# Fault, stage, where it comes, exit code, what the sentence says, whether it is always run.
ROWS: list[tuple[str, str, tuple[str, str, int], int, str, bool]] = [
    *(("client killed", stage, point, KILLED, "", stage == "publish") for stage, point in POINTS.items()),
    *(("server killed", stage, POINTS[stage], 4, GONE, False) for stage in ("load", "link", "detect")),
    ("server killed", "publish", GRAPH, 4, GONE, False),
    *(("disk full", stage, POINTS[stage], 4, FULL, False) for stage in ("load", "link", "detect", "score", "publish")),
    *(("server restarted", stage, GRAPH, 0, "", False) for stage in ("link", "publish")),
    *((f"clock a day {way}", "score", POINTS["score"], 0, "", False) for way in ("back", "on")),
    ("more than the heap of GDS", "detect", POINTS["detect"], 4, "times the server's heap", False),
    ("GDS refuses for want of memory", "detect", WITHIN_GDS, 4, "MB free", False),
]


@pytest.mark.parametrize(
    ("fault", "stage", "point", "code", "sentence"),
    [pytest.param(*each[:5], id=f"{each[0]} in {each[1]}".replace(" ", "-")) for each in ROWS if ALL or each[5]],
)
def test_a_fault_is_told_in_a_sentence_and_the_next_run_says_what_an_undisturbed_one_says(
    deployment: Deployment,
    undisturbed: Callable[[str], str],
    row: dict[str, Any],
    fault: str,
    stage: str,
    point: tuple[str, str, int],
    code: int,
    sentence: str,
) -> None:
    engine = "gds" if stage == "detect" else "local"
    expected = undisturbed(engine)
    deployment = deployment.on(engine)
    deployment.empty()

    broken = deployment.broken_night(stage, fault, point)

    said = " ".join(broken.stderr.split())
    assert broken.returncode == code, said
    assert "Traceback" not in said
    if sentence:
        assert any(part in said for part in sentence.split("|")), said
    if code:
        again = deployment.night()
        assert again.returncode == 0, again.stderr
    row |= {
        "fault": fault,
        "stage": stage,
        "code": code,
        "sentence": last_sentence(said, deployment) if code > 0 else "",
    }
    assert deployment.says() == expected
    row["equal"] = True


@pytest.mark.skipif(not ALL, reason="make faults runs it")
def test_the_second_of_two_nights_at_once_is_told_who_works(
    deployment: Deployment, undisturbed: Callable[[str], str], row: dict[str, Any]
) -> None:
    expected = undisturbed("local")
    deployment.empty()
    first = subprocess.Popen(
        deployment.breaking("score", "another night", POINTS["score"]),
        env=deployment.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert first.stdout
    assert "held up" in first.stdout.readline()

    second = deployment.night()

    said = " ".join(second.stderr.split())
    assert second.returncode == 4
    assert "score of" in said
    first.kill()
    first.wait()
    assert deployment.night().returncode == 0
    row |= {"fault": "two nights at once", "stage": "score", "code": 4, "sentence": last_sentence(said, deployment)}
    assert deployment.says() == expected
    row["equal"] = True


@pytest.mark.skipif(not ALL, reason="make faults runs it")
def test_a_wrong_password_is_told_and_the_right_one_goes_on(
    deployment: Deployment, undisturbed: Callable[[str], str], row: dict[str, Any]
) -> None:
    from ringwatch import server

    expected = undisturbed("local")
    deployment.empty()
    connection = server.start(deployment.settings)
    deployment.more = {"NEO4J_URI": connection.uri, "NEO4J_USER": "neo4j", "NEO4J_PASSWORD": "wrong-password"}
    try:
        refused = deployment.night()
    finally:
        deployment.more = {}
    said = " ".join(refused.stderr.split())
    assert refused.returncode in (2, 4), said
    assert "check NEO4J_USER and NEO4J_PASSWORD" in said
    assert "wrong-password" not in said
    assert deployment.night().returncode == 0
    row |= {
        "fault": "wrong password",
        "stage": "load",
        "code": refused.returncode,
        "sentence": last_sentence(said, deployment),
    }
    assert deployment.says() == expected
    row["equal"] = True


@pytest.fixture(scope="module")
def on_postgres(deployment: Deployment) -> Iterator[tuple[Deployment, postgres_server.Postgres, str]]:
    """The deployment with its review store in Postgres, the server, and what an undisturbed night says there."""
    where = postgres_server.binaries()
    if where is None:
        pytest.skip(postgres_server.SKIPPED)
    with postgres_server.running(where) as server:
        folder = {"folder": str(server.folder), "user": postgres_server._user()}
        commands = {"stopping": server.stopping, "starting": server.starting}
        more = {"RINGWATCH_STORE_URL": server.address, "FAULT_POSTGRES": json.dumps(commands | folder)}
        stored = replace(deployment, more=more)
        stored.empty()
        done = stored.night()
        assert done.returncode == 0, done.stderr
        yield stored, server, stored.says()


@pytest.mark.skipif(not ALL, reason="make faults runs it")
@pytest.mark.parametrize("stage", ["link", "publish"])
def test_a_review_store_that_goes_away_is_told_and_the_next_run_makes_it_good(
    on_postgres: tuple[Deployment, postgres_server.Postgres, str], row: dict[str, Any], stage: str
) -> None:
    stored, server, undisturbed = on_postgres
    stored.empty()

    broken = stored.broken_night(stage, "Postgres gone", POINTS[stage])
    still_gone = stored.night()

    server.start()
    said = " ".join(broken.stderr.split())
    assert (broken.returncode, still_gone.returncode) == (4, 4), said
    assert "the review store" in said
    assert "Traceback" not in said + still_gone.stderr
    assert stored.night().returncode == 0
    row |= {"fault": "Postgres gone", "stage": stage, "code": 4, "sentence": last_sentence(said, stored)}
    assert stored.says() == undisturbed
    row["equal"] = True


@pytest.mark.skipif(not ALL, reason="make faults runs it")
def test_a_review_store_that_is_away_for_a_minute_while_nobody_asks_it_stops_nothing(
    on_postgres: tuple[Deployment, postgres_server.Postgres, str], row: dict[str, Any]
) -> None:
    stored, _, undisturbed = on_postgres
    stored.empty()

    away = stored.broken_night("link", "Postgres away for a minute", POINTS["link"])

    assert away.returncode == 0, away.stderr
    row |= {"fault": "Postgres away for a minute", "stage": "link", "code": 0, "sentence": ""}
    assert stored.says() == undisturbed
    row["equal"] = True


def last_sentence(said: str, deployment: Deployment) -> str:
    """Return it without what is other each time: the home, and ports."""
    sentence = said.rpartition("ringwatch: ")[2].replace(str(deployment.settings.home), "<home>")
    return re.sub(r"(127\.0\.0\.1:|port )\d+", r"\1<port>", sentence)
