"""A deployment that may be broken: how its nights are run, in peace or not, and all that it says."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ringwatch import server
from ringwatch.graph import Graph
from ringwatch.settings import Settings
from ringwatch.simulate import START
from ringwatch.store.store import Store

ALL = os.environ.get("FAULTS") == "all"
VIEWS = ("ring", "flagged_rings", "flagged_ring_members", "flagged_rings_history", "flagged_ring_members_history")
IN_GRAPH = {
    "nodes": "MATCH (n) RETURN labels(n) AS labels, properties(n) AS held",
    "links": "MATCH (a)-[r]->(b) RETURN a.account_id AS source, type(r) AS kind, properties(b) AS target, "
    "properties(r) AS held",
}


@dataclass
class Deployment:
    settings: Settings
    feeds: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        names = ("home", "cache", "server_bolt_port", "server_http_port", "server_heap_mb", "server_pagecache_mb")
        names += ("flag_probability", "keep_probability", "canaries", "server_start_seconds", "engine", "processes")
        ours = {f"RINGWATCH_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("RINGWATCH_", "NEO4J_"))}
        return outside | ours | self.more

    def on(self, engine: str) -> Deployment:
        return replace(self, settings=self.settings.model_copy(update={"engine": engine}))

    def night(self) -> subprocess.CompletedProcess[str]:
        """Run the night as it is run."""
        return self._run([sys.executable, "-c", "from ringwatch.cli import main; main()", *self._asked()])

    def broken_night(self, stage: str, fault: str, point: tuple[str, str, int]) -> subprocess.CompletedProcess[str]:
        return self._run(self.breaking(stage, fault, point))

    def breaking(self, stage: str, fault: str, point: tuple[str, str, int]) -> list[str]:
        program = Path(__file__).with_name("breaking.py")
        return [sys.executable, str(program), stage, fault, point[0], point[1], str(point[2]), *self._asked()]

    def empty(self) -> None:
        """As before the first night, but for the server that runs."""
        graph = Graph(server.start(self.settings))
        graph.write("MATCH (n) DETACH DELETE n")
        graph.close()
        for path in self.settings.home.iterdir():
            if path.name in ("days", "graph"):
                shutil.rmtree(path)
            elif path.name.startswith(("review.db", "sharing.duckdb")):
                path.unlink()
        if address := self.more.get("RINGWATCH_STORE_URL"):
            _empty_database(address)

    def says(self) -> str:
        """Digest of all that consumers and the graph see."""
        store = Store.open(self.more.get("RINGWATCH_STORE_URL", self.settings.store_address))
        with store.engine.connect() as connection:
            shown = {view: sorted(map(str, connection.exec_driver_sql(f"SELECT * FROM {view}"))) for view in VIEWS}
        store.close()
        graph = Graph(server.start(self.settings))
        shown |= {what: sorted(_text(row) for row in graph.read(query)) for what, query in IN_GRAPH.items()}
        graph.close()
        assert shown["flagged_rings"]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()

    def _asked(self) -> list[str]:
        return ["run", "--feeds", str(self.feeds), "--day", START.isoformat()]

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=600)


def _empty_database(address: str) -> None:
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def _text(row: dict[str, Any]) -> str:
    held = {name: value for name, value in row["held"].items() if name != "content"}
    return json.dumps({**row, "held": held}, sort_keys=True, default=str)
