"""The stage load on a real Neo4j: the graph says what all clean days say, however they were loaded."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch import render
from ringwatch.days import history, run_report
from ringwatch.days.files import Files
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.graph import Graph
from ringwatch.night import Night, Report
from ringwatch.resources import SCHEMAS
from ringwatch.settings import load_settings
from ringwatch.stages import load, validate

pytestmark = pytest.mark.integration

SUNDAY, MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (1, 2, 3, 4))
ADDRESSES = Path(__file__).parents[1] / "data" / "addresses.yml"
OpenNight = Callable[[date], Night]
Row = dict[str, Any]

WHOLE = """
MATCH (n)
OPTIONAL MATCH (n)-[r]->(m)
WITH n, r, m, [x IN [n, m] | coalesce(x.account_id, x.device, x.mailbox, toString(x.day))] AS keys
RETURN labels(n) AS labels, n{.*} AS node, type(r) AS type, r{.*} AS relationship, keys
ORDER BY labels, keys[0], type, keys[1]
"""


@pytest.fixture
def open_night(graph: Graph, tmp_path: Path) -> OpenNight:
    def night(day: date) -> Night:
        opened = Night(
            day,
            load_settings(home=tmp_path / "var", batch_rows=2, refresh_days=1),
            Files(tmp_path / "var", tmp_path / "in"),
        )
        opened.doors.graph = graph
        return opened

    return night


def account(account_id: str, **more: Any) -> Row:
    return {"account_id": account_id, "created_at": datetime(2026, 2, 1, 9), "status": "active"} | more


def device(account_id: str, name: str, seen: datetime, **more: Any) -> Row:
    return {"account_id": account_id, "device": name, "first_seen": seen, "last_seen": seen} | more


def arrive(night: Night, refused: int = 0, duplicates: int = 0, **feeds: list[Row]) -> None:
    """Leave the clean rows of a day as validate does."""
    counts: dict[str, int] = {}
    for name, rows in feeds.items():
        clean, quarantine = night.files.clean(night.day, name), night.files.quarantine(night.day, name)
        for path in (clean, quarantine):
            path.parent.mkdir(parents=True, exist_ok=True)
        schema = history.clean_schema(night.model.feeds[name])
        pq.write_table(pa.Table.from_pylist([row | {"day": night.day} for row in rows], schema=schema), clean)
        pq.write_table(pa.table({"row": list(range(refused))}), quarantine)
        counts |= {
            f"{name}.rows": len(rows) + refused + duplicates,
            f"{name}.held": 0,
            f"{name}.duplicates": duplicates,
        }
    run_report.add(night, Report("validate", night.day, counts))


def load_day(night: Night, **feeds: list[Row]) -> Report:
    arrive(night, **feeds)
    return load.run(night)


def edges(graph: Graph, relationship_type: str) -> dict[tuple[str, str], Row]:
    """Properties of each relationship of a type, by account and far end."""
    rows = graph.read(
        "MATCH (a:Account)-[r]->(x) WHERE type(r) = $type "
        "RETURN a.account_id AS a, coalesce(x.device, x.mailbox, x.address, x.account_id) AS x, r{.*} AS r",
        type=relationship_type,
    )
    return {(row["a"], row["x"]): {name: native(value) for name, value in row["r"].items()} for row in rows}


def accounts(graph: Graph) -> dict[str, Row]:
    rows = graph.read("MATCH (a:Account) RETURN a{.*} AS a")
    return {row["a"]["account_id"]: {name: native(value) for name, value in row["a"].items()} for row in rows}


def native(value: Any) -> Any:
    return value.to_native() if hasattr(value, "to_native") else value


def test_rows_become_accounts_identifiers_and_what_was_seen_between_them(open_night: OpenNight, graph: Graph) -> None:
    morning, evening = datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 20)
    load_day(
        open_night(MONDAY),
        accounts=[account("A", country="NL"), account("B")],
        devices=[
            device("A", "phone", morning, platform="ios", sessions=3),
            device("A", "phone", evening, sessions=4),
            device("A", "desk", morning),
        ],
        usage=[
            {"account_id": "A", "capability": "chat", "exchanges": 5},
            {"account_id": "A", "capability": "code", "exchanges": 7},
        ],
    )
    day = {"updated_on": MONDAY, "days": 1}
    assert edges(graph, "USED_DEVICE") == {
        ("A", "phone"): day | {"first_seen": morning, "last_seen": evening, "events": 7},
        ("A", "desk"): day | {"first_seen": morning, "last_seen": morning, "events": 1},
    }
    opened = datetime(2026, 2, 1, 9)
    said = {"created_at": opened, "status": "active", "updated_on": MONDAY}
    assert accounts(graph) == {
        "A": said
        | {"account_id": "A", "country": "NL", "exchanges": 12}
        | {"first_seen": datetime(2026, 3, 2), "last_seen": evening},  # usage names no hour
        "B": said | {"account_id": "B", "first_seen": opened, "last_seen": opened},
    }
    devices = graph.read("MATCH (d:Device) RETURN d.device AS device, d.platform AS platform ORDER BY device")
    assert devices == [{"device": "desk", "platform": None}, {"device": "phone", "platform": "ios"}]


def test_the_same_night_twice_leaves_the_same_graph(open_night: OpenNight, graph: Graph) -> None:
    rows = {
        "accounts": [account("A", mailbox="m1"), account("B", mailbox="m1", referred_by="A")],
        "devices": [device("A", "d", datetime(2026, 3, 2, 8)), device("B", "d", datetime(2026, 3, 2, 9))],
    }
    load_day(open_night(MONDAY), **rows)
    once = graph.read(WHOLE)
    load_day(open_night(MONDAY), **rows)
    assert len(once) == 9  # five relationships, two identifiers, the day and what the graph was told
    assert graph.read(WHOLE) == once


def test_an_old_day_again_brings_nothing_old_back(open_night: OpenNight, graph: Graph) -> None:
    monday = {"accounts": [account("A", mailbox="m1")], "devices": [device("A", "d", datetime(2026, 3, 2, 8))]}
    load_day(open_night(MONDAY), **monday)
    load_day(
        open_night(TUESDAY),
        accounts=[account("A", mailbox="m2", status="closed")],
        devices=[device("A", "d", datetime(2026, 3, 3, 8), platform="ios")],
    )
    before = graph.read(WHOLE)
    load_day(open_night(MONDAY), **monday)
    assert accounts(graph)["A"]["status"] == "closed"
    assert graph.read(WHOLE) == before


def test_a_late_row_counts_for_its_own_time(open_night: OpenNight, graph: Graph) -> None:
    load_day(
        open_night(MONDAY), accounts=[account("A")], devices=[device("A", "d", datetime(2026, 3, 2, 8), platform="ios")]
    )
    late = [device("A", "d", datetime(2026, 3, 1, 7), platform="android")]
    load_day(open_night(TUESDAY), accounts=[], devices=late)
    assert edges(graph, "USED_DEVICE")["A", "d"] == {
        "first_seen": datetime(2026, 3, 1, 7),
        "last_seen": datetime(2026, 3, 2, 8),
        "days": 2,
        "events": 2,
        "updated_on": TUESDAY,
    }
    assert graph.read("MATCH (d:Device) RETURN d.platform AS platform") == [{"platform": "ios"}]
    assert accounts(graph)["A"]["first_seen"] == datetime(2026, 3, 1, 7)


def test_an_edge_waits_for_the_account_it_leads_to(open_night: OpenNight, graph: Graph) -> None:
    load_day(open_night(MONDAY), accounts=[account("A", referred_by="B"), account("C", referred_by="C")])
    assert set(accounts(graph)) == {"A", "C"}
    load_day(open_night(TUESDAY), accounts=[account("B")])
    assert set(edges(graph, "REFERRED_BY")) == {("A", "B")}
    assert edges(graph, "REFERRED_BY")["A", "B"]["first_seen"] == datetime(2026, 3, 2)


def test_only_the_newest_mailbox_of_an_account_is_left(open_night: OpenNight, graph: Graph) -> None:
    load_day(open_night(MONDAY), accounts=[account(name, mailbox="old") for name in "ABC"])
    load_day(open_night(TUESDAY), accounts=[account("A", mailbox="new"), account("B")])
    assert set(edges(graph, "HAS_MAILBOX")) == {("A", "new"), ("C", "old")}


def test_days_that_the_graph_lacks_are_loaded_along(open_night: OpenNight, graph: Graph) -> None:
    seen = [device("A", "d", datetime(2026, 3, day, 8)) for day in (1, 2, 3)]
    arrive(open_night(SUNDAY), accounts=[account("A")], devices=seen[:1])
    arrive(open_night(MONDAY), accounts=[account("B")], devices=seen[1:2])
    report = load_day(open_night(TUESDAY), accounts=[], devices=seen[2:])
    assert report.counts["days"] == 3
    assert set(accounts(graph)) == {"A", "B"}
    assert edges(graph, "USED_DEVICE")["A", "d"]["days"] == 3
    assert load_day(open_night(WEDNESDAY), accounts=[]).counts["days"] == 1


def test_a_graph_that_lost_an_account_is_not_written_in_silence_and_can_be_rebuilt(
    open_night: OpenNight, graph: Graph
) -> None:
    load_day(open_night(MONDAY), accounts=[account("A", referred_by="B"), account("B")])
    graph.write("MATCH (b:Account {account_id: 'B'}) DETACH DELETE b")
    with pytest.raises(InfrastructureError, match="load/write_relationships_referred_by wrote 0 of 1 rows"):
        load_day(open_night(TUESDAY), accounts=[account("A", referred_by="B")])
    load.run(open_night(TUESDAY))
    assert set(edges(graph, "REFERRED_BY")) == {("A", "B")}


def test_a_day_that_was_not_validated_is_refused(open_night: OpenNight) -> None:
    with pytest.raises(UsageError, match="run `ringwatch validate --day 2026-03-02 --feeds DIR` first"):
        load.run(open_night(MONDAY))


@pytest.mark.parametrize("part", ["clean", "quarantine"])
def test_a_day_without_the_files_of_validate_is_refused(open_night: OpenNight, part: str) -> None:
    night = open_night(MONDAY)
    arrive(night, accounts=[account("A")])
    (night.files.day(MONDAY) / part / "accounts.parquet").unlink()
    with pytest.raises(UsageError, match=f"{part}/accounts.parquet is missing; run `ringwatch validate"):
        load.run(night)


def test_rows_that_do_not_add_up_stop_the_load(open_night: OpenNight, graph: Graph) -> None:
    night = open_night(MONDAY)
    arrive(night, refused=2, duplicates=3, accounts=[account("A")])
    assert load.run(night).counts["accounts.rows"] == 6
    arrived = run_report.read(night)["validate"]["counts"]
    run_report.add(night, Report("validate", MONDAY, arrived | {"accounts.rows": 7}))
    with pytest.raises(UsageError, match=r"7 rows arrived, but 1 are clean, 0 held, 2 in quarantine and 3 duplicates"):
        load.run(night)


def test_values_that_mean_nothing_never_become_identifiers(open_night: OpenNight, graph: Graph) -> None:
    night = open_night(MONDAY)
    night = replace(night, settings=night.settings.model_copy(update={"feeds": ("accounts", "devices")}))
    night.doors.graph = graph
    folder = night.files.arrived(MONDAY)
    folder.mkdir(parents=True)
    opened = "2026-02-01T09:00:00"
    (folder / "accounts.csv").write_text(
        f"account_id,created_at,status\nA,{opened},active\nB,{opened},active\n", encoding="utf-8"
    )
    seen = "2026-03-02T08:00:00,2026-03-02T09:00:00"
    (folder / "devices.csv").write_text(
        f"account_id,device,first_seen,last_seen\nA,0000,{seen}\nB,Unknown,{seen}\nA,d-17,{seen}\n", encoding="utf-8"
    )
    run_report.add(night, validate.run(night))
    load.run(night)
    assert set(edges(graph, "USED_DEVICE")) == {("A", "d-17")}
    labels = graph.read("MATCH (n) UNWIND labels(n) AS label RETURN label, count(*) AS nodes ORDER BY label")
    assert labels == [
        {"label": "Account", "nodes": 2},
        {"label": "Device", "nodes": 1},
        {"label": "LoadState", "nodes": 1},
        {"label": "LoadedDay", "nodes": 1},
    ]


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    """A deployment's own model: the shipped one and a feed of addresses, with its statements."""
    shutil.copytree(SCHEMAS, tmp_path / "own" / "schemas")
    shutil.copy(ADDRESSES, tmp_path / "own" / "schemas")
    render.main(["--root", str(tmp_path / "own")])
    return tmp_path / "own"


def test_a_deployment_adds_a_facet_with_one_file(graph: Graph, own_model: Path, tmp_path: Path) -> None:
    night = Night(MONDAY, load_settings(home=tmp_path / "var", model_dir=own_model), Files(tmp_path / "var"))
    night.doors.graph = graph
    sent = [{"account_id": name, "address": "here", "town": "Delft"} for name in "AB"]
    load_day(night, accounts=[account("A"), account("B")], addresses=sent)
    assert set(edges(graph, "SHIPPED_TO")) == {("A", "here"), ("B", "here")}
    assert graph.read("MATCH (s:ShippingAddress) RETURN s.town AS town") == [{"town": "Delft"}]


def test_statements_that_are_not_those_of_the_model_are_refused(own_model: Path, tmp_path: Path) -> None:
    statement = own_model / "cypher" / "load" / "write_accounts.cypher"
    statement.write_text("MATCH (a:Account) RETURN count(a) AS written", encoding="utf-8")
    night = Night(MONDAY, load_settings(home=tmp_path / "var", model_dir=own_model), Files(tmp_path / "var"))
    with pytest.raises(
        UsageError, match=r"write_accounts.cypher is not what .*; run `python -m ringwatch.render --root"
    ):
        load.run(night)
