"""`ringwatch erase` on a real Neo4j, after whole nights: the account is nowhere, and does not come back."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from click.testing import Result
from nights import DAYS, easily_flagging, environment, run_all
from typer.testing import CliRunner

from ringwatch import stages
from ringwatch.cli import app
from ringwatch.graph import Graph
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.store.store import Store
from traces import holding

pytestmark = pytest.mark.integration

Erase = Callable[..., Result]


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return easily_flagging(settings)


@pytest.fixture(scope="module")
def member(nights: Night) -> str:
    """A member of a ring on both nights; one that others paid, or name as their host, if there is one."""
    named = nights.graph.read(
        "MATCH (a:Account)-[m:MEMBER_OF]->() WHERE m.since = $first "
        "RETURN a.account_id AS id ORDER BY EXISTS { (a)<-[:TRANSFERRED_TO|REFERRED_BY]-() } DESC, id LIMIT 1",
        first=DAYS[0],
    )
    return str(named[0]["id"])


@pytest.fixture(scope="module")
def before(nights: Night, member: str) -> dict[str, Any]:
    """How things were: consumers' changes, the rings of the last day, the neighbours of the account."""
    return {
        "changes": changes(nights.store),
        "rings": sizes(nights),
        "others": nights.graph.read(
            "MATCH (n) WHERE NOT n:LoadState AND (NOT n:Account OR n.account_id <> $id) RETURN count(n) AS n",
            id=member,
        )[0]["n"],
        "named": bool(holding(nights.settings.home, member)),
    }


@pytest.fixture(scope="module")
def erased(before: dict[str, Any], member: str, settings: Settings) -> dict[str, Any]:
    """What the command said."""
    result = ringwatch(settings, "erase", "--account", member, "--why", "asked for it", "--yes", "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def sizes(night: Night) -> dict[str, int]:
    return {row["ring_id"]: row["size"] for row in night.store.published.rings(DAYS[1])}


def night_of(night: Night, day: Any) -> Night:
    other = night.on(day)
    other.doors.graph = night.graph
    return other


def ringwatch(settings: Settings, *arguments: str, answer: str = "") -> Result:
    return CliRunner(env=environment(settings)).invoke(app, arguments, input=answer)


def changes(store: Store) -> list[tuple[Any, ...]]:
    query = "SELECT ring_id, change FROM change ORDER BY change_seq"
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def rows_naming(store: Store, account_id: str) -> list[str]:
    with store.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = {table: connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables}
    return [table for table, found in rows.items() if account_id in repr(found)]


def nodes_naming(graph: Graph, account_id: str) -> list[dict[str, Any]]:
    return graph.read(
        "MATCH (n) WHERE any(key IN keys(n) WHERE toString(n[key]) CONTAINS $id) RETURN n{.*} AS n "
        "UNION ALL MATCH ()-[n]->() WHERE any(key IN keys(n) WHERE toStringOrNull(n[key]) CONTAINS $id) "
        "RETURN n{.*} AS n",
        id=account_id,
    )


def test_a_dry_run_shows_everything_and_changes_nothing(nights: Night, member: str, before: dict[str, Any]) -> None:
    shown = ringwatch(nights.settings, "erase", "--account", member, "--why", "asked for it", "--dry-run", "--json")

    said = json.loads(shown.stdout)
    assert said["graph"]["accounts"] == 1
    assert said["days"]
    assert len(said["rings"]) == 1
    assert not said["erased"]
    assert nights.store.tombstones.tokens() == frozenset()
    assert nodes_naming(nights.graph, member)


def test_a_no_erases_nothing(nights: Night, member: str, before: dict[str, Any]) -> None:
    result = ringwatch(nights.settings, "erase", "--account", member, "--why", "asked for it", answer="n\n")

    assert result.exit_code == 1
    assert nodes_naming(nights.graph, member)


def test_an_unknown_account_is_one_sentence(nights: Night) -> None:
    result = ringwatch(nights.settings, "erase", "--account", "nobody", "--why", "asked for it", "--yes")

    assert result.exit_code == 2
    assert "nothing that ringwatch keeps names this account" in " ".join(result.stderr.split())
    assert nights.store.tombstones.tokens() == frozenset()


def test_no_file_no_node_and_no_row_names_the_account(
    erased: dict[str, Any], nights: Night, member: str, before: dict[str, Any]
) -> None:
    assert before["named"]
    assert holding(nights.settings.home, member) == []
    assert nodes_naming(nights.graph, member) == []
    assert rows_naming(nights.store, member) == []


def test_identifiers_that_nobody_else_uses_are_gone_and_all_others_are_there(
    erased: dict[str, Any], nights: Night, before: dict[str, Any]
) -> None:
    (left,) = nights.graph.read("MATCH (n) WHERE NOT n:LoadState RETURN count(n) AS n")
    assert before["others"] - left["n"] == erased["graph"]["identifiers"]
    alone = "MATCH (n) WHERE NOT (n)--() AND NOT n:Account AND NOT n:LoadedDay AND NOT n:LoadState RETURN n"
    assert nights.graph.read(alone) == []


def test_rings_keep_their_sizes_and_consumers_hear_of_the_one_that_changed(
    erased: dict[str, Any], nights: Night, before: dict[str, Any]
) -> None:
    (ring,) = erased["rings"]
    assert changes(nights.store)[len(before["changes"]) :] == [(ring["ring_id"], "members")]
    assert erased["changes"] == 1
    assert sizes(nights) == before["rings"]
    assert len(nights.store.published.members(ring["ring_id"], DAYS[1])) == ring["size"]


def test_erasing_again_finds_nothing_and_is_fine(erased: dict[str, Any], nights: Night, member: str) -> None:
    result = ringwatch(nights.settings, "erase", "--account", member, "--why", "asked for it", "--yes")

    assert result.exit_code == 0
    assert "nothing names it any more" in result.stdout


def test_publishing_the_day_again_changes_nothing_for_consumers(
    erased: dict[str, Any], nights: Night, before: dict[str, Any]
) -> None:
    report = stages.run_stage("publish", night_of(nights, DAYS[1]))

    assert report.counts["changes"] == 0
    assert not [warning for warning in report.warnings if "no account in the graph" in warning]


def test_the_next_nights_do_not_bring_it_back(
    erased: dict[str, Any], nights: Night, small_world: Path, member: str
) -> None:
    """The sources still hold it: a night that is run again, and a new one."""
    assert holding(small_world, member)

    for day in DAYS[1:]:
        run_all(night_of(nights, day))

    assert holding(nights.settings.home, member) == []
    assert nodes_naming(nights.graph, member) == []
    assert rows_naming(nights.store, member) == []
    refused = ringwatch(nights.settings, "quarantine", "list", "--rule", "erased", "--json")
    delivered = {str(day) for day in DAYS[1:] if is_delivered(small_world / str(day), member)}
    assert delivered
    assert {row["day"] for row in json.loads(refused.stdout)} >= delivered


def is_delivered(feeds: Path, account_id: str) -> bool:
    """Whether a day's feeds have rows of the account itself."""
    return any(account_id in pq.read_table(path)["account_id"].to_pylist() for path in feeds.glob("*.parquet"))


def test_the_graph_is_the_one_that_a_rebuild_makes(erased: dict[str, Any], nights: Night, member: str) -> None:
    """Of what load brings: what link and publish add is theirs to bring up to date."""
    last = night_of(nights, DAYS[2])
    stages.run_stage("load", last)
    grown = loaded(nights.graph)

    nights.graph.write("MATCH (n) DETACH DELETE n")
    shutil.rmtree(nights.files.graph)
    stages.run_stage("load", last)

    assert grown
    assert loaded(nights.graph) == grown


def loaded(graph: Graph) -> list[str]:
    """All that load brings, in the order of its content."""
    nodes = graph.read(
        "MATCH (n) WHERE NOT n:Ring "
        "RETURN [label IN labels(n) WHERE NOT label IN ['Hub', 'Core', 'Fringe']] AS labels, "
        "  n{.*, accounts: null, hub: null, bits: null, place: null, "
        "  updated_on: CASE WHEN n:Account THEN n.updated_on END} AS properties"  # link writes identifiers, too
    )
    edges = graph.read(
        "MATCH (a)-[r]->(b) WHERE NOT type(r) IN ['LINKED_TO', 'MEMBER_OF', 'WAS_MEMBER_OF', 'PAID'] "
        "RETURN coalesce(a.account_id, '') AS a, type(r) AS type, "
        "b{.account_id, .device, .instrument, .ip, .mailbox, .phone, .template} AS b, properties(r) AS properties"
    )
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in (*nodes, *edges))
