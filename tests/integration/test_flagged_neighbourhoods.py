"""A graph that holds flagged neighbourhoods says of them what a graph of all accounts says, on a real Neo4j."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import DAYS, easily_flagging, nights_run, run_night

from ringwatch import investigate, stages
from ringwatch.days.run_report import read
from ringwatch.erasure import erase as erasing
from ringwatch.night import Night, open_night
from ringwatch.resources import cypher
from ringwatch.settings import Settings
from ringwatch.simulate import simulate
from ringwatch.upkeep import steps

pytestmark = pytest.mark.integration

# What asks of more than what is around a ring: these know no other accounts (docs/scale.md).
OF_ALL = {"hubs", "path_between"}
MEMBERS = "MATCH (a:Account)-[m:MEMBER_OF]->(:Ring) RETURN DISTINCT a.account_id AS account ORDER BY account"
OF_RINGS = "MATCH (r:Ring {state: 'current'}) RETURN r.accounts AS accounts"
CROWD = "MATCH (x:IpAddress {ip: $ip}) RETURN x.hub AS hub, x.accounts AS accounts, COUNT { (x)<--() } AS users"
CROWDED = "21.48.200.77"
RINGS = "MATCH (r:Ring {state: 'current'}) RETURN r.ring_id AS ring ORDER BY ring"


class Graph(NamedTuple):
    """What a graph says: nodes (labels, properties) and relationships (source, type and properties, target) as text."""

    nodes: frozenset[tuple[str, str]]
    relationships: frozenset[tuple[str, str, str]]

    @property
    def accounts(self) -> int:
        return sum('"Account"' in labels for labels, _ in self.nodes)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The feeds of 500 accounts over three days; on the first, half of them come from one address."""
    out = tmp_path_factory.mktemp("few")
    simulate(out, 500, len(DAYS), seed=5)
    path = out / "feeds" / DAYS[0].isoformat() / "ips.parquet"
    rows = pq.read_table(path).to_pylist()
    accounts = sorted({row["account_id"] for row in rows})[::2]
    crowd = [rows[0] | {"account_id": name, "ip": CROWDED} for name in accounts]
    pq.write_table(pa.Table.from_pylist([*rows, *crowd], pq.read_schema(path)), path)
    return out / "feeds"


@pytest.fixture(scope="module")
def nights(world: Path, settings: Settings) -> Iterator[tuple[Night, Graph]]:
    """The second of two nights, and what the graph said after the first."""
    own = {"engine": "local", "graph_holds": "flagged", "processes": 1}
    flagging = easily_flagging(settings).model_copy(update=own)
    for night in nights_run(flagging, DAYS[:1], world):
        first = said(night)
    run_night(flagging, DAYS[1], world)
    with open_night(flagging, DAYS[1], world) as night:
        yield night, first


@pytest.fixture(scope="module")
def night(nights: tuple[Night, Graph]) -> Night:
    return nights[0]


@pytest.fixture(scope="module")
def flagged(night: Night) -> Graph:
    """What the graph says after two nights."""
    return said(night)


def said(night: Night) -> Graph:
    nodes = [(text(sorted(row["labels"])), text(row["node"])) for row in night.graph.read(cypher("upkeep/read_nodes"))]
    relationships = [
        (text(row["source"]), text([row["type"], row["relationship"]]), text(row["target"]))
        for row in night.graph.read(cypher("upkeep/read_relationships"))
    ]
    return Graph(frozenset(nodes), frozenset(relationships))


def answers(night: Night) -> dict[tuple[str, str], list[str]]:
    """Return what each question that is about a ring, a member or a day says of each of them."""
    asked = {
        "ring_id": [row["ring"] for row in night.graph.read(RINGS)],
        "account_id": [row["account"] for row in night.graph.read(MEMBERS)],
        "day": [str(day) for day in DAYS],
    }
    found = {}
    for query in investigate.queries():
        for name in asked if query.name not in OF_ALL else ():
            for value in asked[name] if name in query.parameters else ():
                given = {name: value} | ({"limit": "100000"} if "limit" in query.parameters else {})
                rows = night.graph.read(query.text, **investigate.values(query, given, night.model.identifiers))
                found[query.name, value] = sorted(map(text, rows))
    return found


def text(value: Any) -> str:
    return json.dumps(without_updated_on(value), default=str, sort_keys=True)


def without_updated_on(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_updated_on(one) for name, one in value.items() if name != "updated_on"}
    return [without_updated_on(one) for one in value] if isinstance(value, list | tuple) else value


def test_only_flagged_neighbourhoods_are_there_and_shares_are_of_all_accounts(night: Night, flagged: Graph) -> None:
    members = set(night.store.published.flagged(night.day)["account_id"])
    known = read(night)["load"]["counts"]["known_accounts"]

    assert len(members) < flagged.accounts < known / 2
    assert {row["accounts"] for row in night.graph.read(OF_RINGS)} == {known}
    (crowded,) = night.graph.read(CROWD, ip=CROWDED)
    assert crowded["hub"]
    assert 0 < crowded["users"] < crowded["accounts"]


def test_published_again_the_same_night_writes_nothing(night: Night, flagged: Graph) -> None:
    counts = stages.run_stage("publish", night).counts

    assert {name for name, n in counts.items() if name.startswith("graph.") and n} == set()
    assert said(night) == flagged


def test_the_day_before_again_leaves_the_graph_at_the_newest_day(night: Night, flagged: Graph) -> None:
    for stage in ("load", "link", "publish"):
        stages.run_stage(stage, night.on(DAYS[0]))
    assert said(night) == flagged
    list(stages.republish(night, lambda day, stage: None))
    assert said(night) == flagged


def test_rolled_back_it_says_what_it_said_and_what_came_since_is_gone(
    nights: tuple[Night, Graph], flagged: Graph
) -> None:
    night, first = nights

    report = stages.roll_back(night.on(DAYS[0]), "a trial", "ada")

    assert said(night) == first
    assert report.counts["graph.removed.accounts"] > 0
    stages.run_stage("publish", night)
    assert said(night) == flagged


def test_the_upkeep_finds_nothing_amiss(night: Night, flagged: Graph) -> None:
    assert steps.run("purge", night).counts == {"removed": 0, "kept": 0}
    assert said(night) == flagged


def test_of_flagged_rings_it_says_what_a_graph_of_all_accounts_says(night: Night, flagged: Graph) -> None:
    published = night.store.published.flagged(night.day)
    found = answers(night)
    everything = night.settings.model_copy(update={"graph_holds": "all"})

    with open_night(everything, night.day) as other:
        stages.rebuild(other, lambda stage: None)
        full, of_all = said(other), answers(other)

    assert {value for name, value in found if name == "ring_members"} == set(published["ring_id"])
    assert {value for name, value in found if name == "account_uses"} == set(published["account_id"])
    assert found == of_all
    assert flagged.nodes < full.nodes
    inside = {node for _, node in flagged.nodes}
    assert flagged.relationships == {row for row in full.relationships if {row[0], row[2]} <= inside}


def test_a_graph_of_all_accounts_becomes_one_of_flagged_neighbourhoods_when_they_are_shown(
    night: Night, flagged: Graph
) -> None:
    counts = stages.roll_back(night, "nothing to take back", "ada").counts
    assert said(night) == flagged
    assert counts["graph.removed.accounts"] > flagged.accounts


def test_made_anew_it_says_the_same(night: Night, flagged: Graph) -> None:
    stages.rebuild(night, lambda stage: None)
    assert said(night) == flagged


def test_with_new_keys_it_has_the_same_neighbourhoods_under_other_tokens(night: Night, flagged: Graph) -> None:
    mailboxes = "MATCH (m:Mailbox) RETURN m.mailbox AS token"
    before = {row["token"] for row in night.graph.read(mailboxes)}

    stages.rotate(night, "ada", lambda stage: None)

    after = {row["token"] for row in night.graph.read(mailboxes)}
    assert len(after) == len(before)
    assert not after & before
    assert said(night).accounts == flagged.accounts


def test_an_erased_member_is_gone_and_does_not_come_back(night: Night) -> None:
    accounts = "MATCH (a:Account) RETURN a.account_id AS account"
    before = {row["account"] for row in night.graph.read(accounts)}
    member = night.graph.read(MEMBERS)[0]["account"]

    erasing.erase(night, erasing.account_of(night, member), "asked for it", "ada")
    gone = {row["account"] for row in night.graph.read(accounts)}
    stages.rebuild(night, lambda stage: None)

    assert gone == before - {member}
    assert {row["account"] for row in night.graph.read(accounts)} <= gone
    assert member not in json.dumps(night.graph.read(MEMBERS))
