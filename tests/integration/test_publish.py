"""The stage publish on a real Neo4j: the graph shows the newest published rings and nothing else."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.days.files import Files
from ringwatch.days.history import clean_schema
from ringwatch.graph import Graph
from ringwatch.night import Night, Report
from ringwatch.score.tables import TABLES
from ringwatch.settings import load_settings
from ringwatch.stages import publish

pytestmark = pytest.mark.integration

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
PublishNight = Callable[..., Report]


@pytest.fixture
def world(graph: Graph) -> Graph:
    """A hundred accounts A00 to A99 and no rings."""
    graph.write("UNWIND range(0, 99) AS n CREATE (:Account {account_id: 'A' + right('0' + toString(n), 2)})")
    return graph


@pytest.fixture
def publish_night(world: Graph, tmp_path: Path) -> PublishNight:
    """Publish candidates (numbers of accounts by name) for a day."""

    def run(day: date, **groups: Iterable[int]) -> Report:
        files = Files(tmp_path)
        for table, rows in _judged(groups).items():
            files.scored(day, table).parent.mkdir(parents=True, exist_ok=True)
            pa.Table.from_pylist(rows, schema=TABLES[table]).to_pandas().to_parquet(files.scored(day, table))
        night = Night(day, load_settings(home=tmp_path, batch_rows=3, store_url=None, canaries=False), files)
        night.doors.graph = world
        return publish.run(night)

    return run


def _judged(groups: dict[str, Iterable[int]]) -> dict[str, list[dict[str, object]]]:
    named = {name: [f"A{n:02}" for n in numbers] for name, numbers in groups.items()}
    ring = {"probability": 0.9, "low": 0.8, "high": 0.95, "kind": "operator", "bits": 3.0}
    reason = {"facet": "payment", "reason": "shared_card", "direction": "for", "observed": 1.0, "expected": 0.1}
    reason |= {"bits": 3.0, "identifiers": ["card:1"], "text": "they share one card"}
    return {
        "rings": [
            ring | {"candidate": name, "size": len(members), "summary": f"{len(members)} accounts share one card"}
            for name, members in named.items()
        ],
        "members": [
            {"candidate": name, "account_id": account, "probability": 0.8, "role": "core"}
            for name, members in named.items()
            for account in members
        ],
        "evidence": [reason | {"candidate": name, "members": len(members)} for name, members in named.items()],
    }


def shown(graph: Graph) -> dict[str, set[str]]:
    """Members by ring, as the graph shows them."""
    rows = graph.read(
        "MATCH (r:Ring {state: 'current'}) OPTIONAL MATCH (a:Account)-[:MEMBER_OF]->(r) "
        "RETURN r.ring_id AS ring, collect(a.account_id) AS m"
    )
    return {row["ring"]: set(row["m"]) for row in rows}


def stored(home: Path, day: date) -> dict[str, set[str]]:
    """Members by ring, as the review store has them."""
    night = Night(day, load_settings(home=home, store_url=None, canaries=False), Files(home))
    flagged: pd.DataFrame = night.store.published.flagged(day)
    return {str(ring): set(group) for ring, group in flagged.groupby("ring_id")["account_id"]}


def test_the_graph_shows_the_rings_of_the_store(publish_night: PublishNight, world: Graph, tmp_path: Path) -> None:
    report = publish_night(MONDAY, a=range(7), b=range(10, 15))
    assert shown(world) == stored(tmp_path, MONDAY)
    assert sorted(len(members) for members in shown(world).values()) == [5, 7]
    assert report.warnings == ()
    rings = world.read("MATCH (r:Ring) RETURN r{.*} AS ring ORDER BY r.size")
    small = rings[0]["ring"]
    assert small["day"].to_native() == small["updated_on"].to_native() == MONDAY
    assert (small["probability"], small["kind"], small["size"], small["event"]) == (0.9, "operator", 5, "new")
    assert small["summary"] == "5 accounts share one card"


def test_memberships_and_rings_that_are_gone_leave_the_graph(
    publish_night: PublishNight, world: Graph, tmp_path: Path
) -> None:
    publish_night(MONDAY, a=range(7), b=range(10, 15))
    publish_night(TUESDAY, a=range(2, 9))
    assert shown(world) == stored(tmp_path, TUESDAY)
    members = world.read("MATCH (a)-[m:MEMBER_OF]->() RETURN a.account_id AS id, m{.*} AS m ORDER BY id")
    since = {row["id"]: row["m"]["since"].to_native() for row in members}
    assert (since["A02"], since["A08"]) == (MONDAY, TUESDAY)
    assert {(row["m"]["probability"], row["m"]["role"]) for row in members} == {(0.8, "core")}


def test_a_corrected_day_leaves_nothing_of_its_first_form(
    publish_night: PublishNight, world: Graph, tmp_path: Path
) -> None:
    publish_night(MONDAY, a=range(7), b=range(10, 15))
    publish_night(MONDAY, a=range(6))
    assert shown(world) == stored(tmp_path, MONDAY)
    assert [len(members) for members in shown(world).values()] == [6]


def test_the_same_night_twice_leaves_the_same_graph(publish_night: PublishNight, world: Graph) -> None:
    whole = "MATCH (r:Ring)<-[m:MEMBER_OF]-(a) RETURN r{.*} AS r, m{.*} AS m, a{.*} AS a ORDER BY a.account_id"
    publish_night(MONDAY, a=range(7), b=range(10, 15))
    before = world.read(whole)
    publish_night(MONDAY, b=range(7), a=range(10, 15))
    assert len(before) == 12
    assert world.read(whole) == before


def test_an_old_day_published_again_leaves_the_newest_in_the_graph(publish_night: PublishNight, world: Graph) -> None:
    publish_night(MONDAY, a=range(7))
    publish_night(TUESDAY, a=range(8))
    before = shown(world)
    publish_night(MONDAY, a=range(6), b=range(20, 30))
    assert shown(world) == before


def test_a_night_without_rings_clears_the_graph(publish_night: PublishNight, world: Graph) -> None:
    publish_night(MONDAY, a=range(7))
    publish_night(TUESDAY)
    assert shown(world) == {}


def test_a_member_that_was_never_loaded_is_warned_of(publish_night: PublishNight, world: Graph) -> None:
    world.write("MATCH (a:Account {account_id: 'A03'}) DELETE a")
    report = publish_night(MONDAY, a=range(7))
    assert report.warnings == ("1 members have no account in the graph; run `ringwatch load` of 2026-03-02 again",)


def test_a_day_that_is_rolled_back_leaves_the_graph_with_the_day_before_and_then_with_none(
    world: Graph, publish_night: PublishNight, tmp_path: Path
) -> None:
    publish_night(MONDAY, a=range(6))
    monday = shown(world)
    publish_night(TUESDAY, a=range(8), b=range(20, 26))

    for day, expected in ((MONDAY, monday), (MONDAY - timedelta(1), {})):
        night = Night(day, load_settings(home=tmp_path, store_url=None), Files(tmp_path))
        night.doors.graph = world
        publish.roll_back(night, "wrong", "ana")
        assert shown(world) == expected


def test_the_graph_shows_who_left_which_ring_within_the_window(publish_night: PublishNight, world: Graph) -> None:
    publish_night(MONDAY, a=range(7), b=range(10, 15))
    left = "MATCH (a)-[w:WAS_MEMBER_OF]->(r) RETURN a.account_id AS id, r.state AS state, w.until AS until ORDER BY id"
    assert world.read(left) == []

    publish_night(TUESDAY, a=range(2, 9))

    rows = world.read(left)
    assert [(row["id"], row["state"]) for row in rows if row["id"] < "A10"] == [("A00", "current"), ("A01", "current")]
    assert {(row["id"], row["state"]) for row in rows if row["id"] >= "A10"} == {
        (f"A{n}", "dormant") for n in range(10, 15)
    }
    assert {row["until"].to_native() for row in rows} == {TUESDAY}

    publish_night(WEDNESDAY, a=range(9))  # A00 and A01 are back

    assert {row["state"] for row in world.read(left)} == {"dormant"}


def test_the_graph_shows_when_members_were_active_and_whom_they_paid_and_nothing_of_it_stays(
    publish_night: PublishNight, world: Graph, tmp_path: Path
) -> None:
    _delivered(tmp_path, MONDAY)

    publish_night(MONDAY, a=range(7))

    hours = world.read("MATCH ({account_id: 'A00'})-[m:MEMBER_OF]->() RETURN m.active_hours AS hours")
    assert hours == [{"hours": [6, 0, 0, 0, 0, 0, 0]}]
    paid = "MATCH (a)-[p:PAID]->(b) RETURN a.account_id AS a, b.account_id AS b, p.amount AS amount, p.currency AS c"
    assert world.read(paid) == [{"a": "A00", "b": "A50", "amount": 12.5, "c": "EUR"}]
    publish_night(TUESDAY, a=range(1, 7))
    assert world.read(paid) == []


def test_accounts_have_their_role_as_a_label_while_they_are_members(publish_night: PublishNight, world: Graph) -> None:
    publish_night(MONDAY, a=range(7))
    core = "MATCH (a:Core) RETURN count(a) AS core"
    assert world.read(core) == [{"core": 7}]

    publish_night(TUESDAY, a=range(2, 9))

    assert world.read(core) == [{"core": 7}]
    assert world.read("MATCH (a:Core {account_id: 'A00'}) RETURN a.account_id") == []


def _delivered(home: Path, day: date) -> None:
    """What A00 did on the day: active from one to three, and a payment to A50."""
    night = Night(day, load_settings(home=home, canaries=False), Files(home))
    active = {"account_id": "A00", "capability": "chat", "exchanges": 1, "active_hours": 6, "day": day}
    paid = {"payment_id": "1", "account_id": "A00", "counterparty_account_id": "A50", "amount": 12.5, "currency": "EUR"}
    paid |= {"paid_at": datetime(day.year, day.month, day.day), "day": day}
    for feed, row in (("usage", active), ("payments", paid)):
        path = night.files.clean(day, feed)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([row], schema=clean_schema(night.model.feeds[feed])), path)
