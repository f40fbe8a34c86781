"""Whole nights on a small simulated world and a real Neo4j."""

import hashlib
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nights import nights_run, run_all

from ringwatch import render
from ringwatch.days.run_report import read
from ringwatch.errors import DataRefused
from ringwatch.evaluate import Evaluation, evaluate
from ringwatch.graph import Graph
from ringwatch.night import STAGES, Night, open_night
from ringwatch.resources import SCHEMAS
from ringwatch.search.watch import CUTOFF
from ringwatch.settings import Settings, load_settings
from ringwatch.simulate import START, simulate
from ringwatch.window.places import PLACES

pytestmark = pytest.mark.integration

ADDRESSES = Path(__file__).parents[1] / "data" / "addresses.yml"
DAYS = [START + timedelta(days=i) for i in range(4)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Feeds and truth of 2,500 accounts over four days."""
    out = tmp_path_factory.mktemp("world")
    simulate(out, 2500, len(DAYS), seed=5)
    return out


@pytest.fixture(scope="module")
def nights(world: Path, settings: Settings) -> Iterator[Night]:
    """The last of four nights that were run one after the other, with its doors open."""
    yield from nights_run(settings, DAYS, world / "feeds")


@pytest.fixture(scope="module")
def evaluation(nights: Night, world: Path) -> Evaluation:
    return evaluate(nights.store, world / "truth", nights.day)


def files(night: Night) -> dict[str, str]:
    """SHA-256 of what the stages of the day hand on."""
    paths = sorted(night.files.day(night.day).rglob("*.parquet"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def everything(graph: Graph) -> list[dict[str, Any]]:
    """All nodes and relationships with their properties, in the order of their content."""
    nodes = graph.read("MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties")
    edges = graph.read(
        "MATCH (a)-[r]->(b) RETURN properties(a) AS a, type(r) AS type, properties(b) AS b, properties(r) AS properties"
    )
    return sorted(nodes, key=repr) + sorted(edges, key=repr)


def test_planted_rings_are_found(evaluation: Evaluation) -> None:
    found = {style.style: style for style in evaluation.styles}

    assert evaluation.accounts.precision >= 0.9
    assert found["careless"].rings_found >= 1  # in four days few things are shared often enough to be sure
    assert found["farm"].accounts_found / found["farm"].accounts >= 0.5


def test_campus_office_and_family_are_left_alone(evaluation: Evaluation) -> None:
    harmed = {harm.context: harm.flagged for harm in evaluation.contexts}

    assert harmed["campus"] == 0
    assert harmed["office"] == 0
    assert sum(harmed.values()) <= 5


def test_every_ring_has_reasons_that_add_up_to_its_probability(nights: Night) -> None:
    rings = [ring for ring in nights.store.published.rings(nights.day) if ring["flagged"]]
    assert rings
    for ring in rings:
        bits = sum(reason["bits"] for reason in nights.store.published.evidence(ring["ring_id"], nights.day))
        assert 1 / (1 + 2**-bits) == pytest.approx(ring["probability"], abs=1e-4)


def test_rows_add_up_in_the_run_report(nights: Night) -> None:
    report = read(nights)

    assert list(report) == list(STAGES)
    counts = report["validate"]["counts"]
    for feed in nights.settings.feeds:
        assert counts[f"{feed}.rows"] == sum(
            counts[f"{feed}.{part}"] for part in ("clean", "quarantined", "duplicates")
        )


def test_the_graph_shows_the_published_members(nights: Night) -> None:
    shown = nights.graph.read(
        "MATCH (a:Account)-[:MEMBER_OF]->(r:Ring) RETURN r.ring_id AS ring_id, a.account_id AS account_id"
    )

    published = nights.store.published.flagged(nights.day)[["ring_id", "account_id"]]
    assert len(published) > 0
    assert {(row["ring_id"], row["account_id"]) for row in shown} == set(published.itertuples(index=False, name=None))


def test_the_graph_says_what_place_each_address_is(nights: Night) -> None:
    seen = nights.graph.read("MATCH (i:IpAddress) WHERE i.accounts > 0 RETURN i.place AS place, count(*) AS addresses")
    asked = nights.graph.read("MATCH (d:Device) WHERE d.place IS NOT NULL RETURN d.device AS device")

    assert {"home", "office", "campus", "carrier"} <= {row["place"] for row in seen} <= set(PLACES)
    assert asked == []


def test_accounts_like_a_ring_are_watched_and_flagged_by_nobody(nights: Night) -> None:
    watched = pd.read_parquet(nights.files.watch(nights.day))
    before = nights.store.published.flagged(DAYS[-2])

    assert read(nights)["detect"]["counts"]["watched"] == len(watched) > 0
    assert set(watched["ring_id"]) <= set(before["ring_id"])
    assert not set(watched["account_id"]) & set(before["account_id"])
    assert watched["similarity"].between(CUTOFF, 1).all()


def test_rings_keep_their_ids_over_the_nights(nights: Night) -> None:
    yesterday, today = (set(nights.store.published.flagged(day)["ring_id"]) for day in DAYS[-2:])

    assert len(yesterday & today) >= 0.7 * len(yesterday)


def test_the_same_night_again_changes_nothing(nights: Night) -> None:
    before = files(nights), everything(nights.graph), nights.store.published.flagged(nights.day)

    run_all(nights)

    assert files(nights) == before[0]
    assert everything(nights.graph) == before[1]
    pd.testing.assert_frame_equal(nights.store.published.flagged(nights.day), before[2])


def test_a_missing_feed_stops_the_night_and_leaves_what_is_published(
    nights: Night, world: Path, tmp_path: Path
) -> None:
    tomorrow = DAYS[-1] + timedelta(days=1)
    shutil.copytree(world / "feeds" / DAYS[-1].isoformat(), tmp_path / tomorrow.isoformat())
    (tmp_path / tomorrow.isoformat() / "devices.parquet").unlink()
    before = everything(nights.graph)

    with (
        open_night(nights.settings, tomorrow, tmp_path) as night,
        pytest.raises(DataRefused, match=f"the feed devices is missing on {tomorrow}"),
    ):
        run_all(night)

    assert everything(nights.graph) == before
    assert max(nights.store.published.days()) == DAYS[-1]
    assert not night.files.day(tomorrow).joinpath("clean").exists()


def test_a_facet_that_a_deployment_adds_as_a_file_finds_a_ring(
    graph: Graph, neo4j_settings: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(SCHEMAS, tmp_path / "own" / "schemas")
    shutil.copy(ADDRESSES, tmp_path / "own" / "schemas")
    render.main(["--root", str(tmp_path / "own")])
    day = date(2026, 3, 2)
    names = [f"A{i:03}" for i in range(200)]
    accounts = pd.DataFrame({"account_id": names, "created_at": "2026-03-02T08:00:00", "status": "active"})
    orders = pd.DataFrame({"account_id": names, "address": ["here"] * 6 + [f"h{i}" for i in range(194)]})
    arrived = tmp_path / "feeds" / day.isoformat()
    arrived.mkdir(parents=True)
    accounts.to_csv(arrived / "accounts.csv", index=False)
    orders.to_csv(arrived / "addresses.csv", index=False)
    settings = load_settings(
        home=tmp_path / "var",
        canaries=False,
        model_dir=tmp_path / "own",
        feeds=("accounts", "addresses"),
        **neo4j_settings,
    )

    with open_night(settings, day, tmp_path / "feeds") as night:
        run_all(night)
        flagged = night.store.published.flagged(day)

    assert set(flagged["account_id"]) == set(names[:6])
