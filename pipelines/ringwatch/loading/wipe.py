"""An empty graph, and nothing known of what it was told: where a rebuild begins."""

from __future__ import annotations

import shutil

from ringwatch import server
from ringwatch.loading.tables import tables
from ringwatch.night import Night

# What is in the graph besides what load brings: publish's, and load's own notes.
_OTHERS = ("Ring", "LoadedDay", "LoadState")


def wipe(night: Night) -> None:
    """Remove the embedded server's database, or from your own server every node that ringwatch writes."""
    shutil.rmtree(night.files.graph, ignore_errors=True)
    if night.settings.neo4j_uri is None:
        night.close_graph()
        server.discard_database(night.settings)
        return
    labels = [table.name for table in tables(night.model) if table.far is None]
    night.graph.write_in_batches(night.cypher("load/delete_all"), labels=[*labels, *_OTHERS])
