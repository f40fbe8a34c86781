"""Fills the database of the embedded server, while it is stopped, from CSV files: Neo4j's offline import."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ringwatch.errors import InfrastructureError
from ringwatch.rights import kept
from ringwatch.server.conf import FLAGS, Memory, java, machine_memory_mb, size_memory
from ringwatch.server.connection import DATABASE
from ringwatch.server.download import fetch_damaged, fetch_jars
from ringwatch.server.embedded import alone, end_all
from ringwatch.server.home import Home, create_home, draw_password, server_home
from ringwatch.server.process import run
from ringwatch.server.ready import explain
from ringwatch.settings import Settings

MAIN_CLASS = "org.neo4j.cli.AdminTool"


@dataclass(frozen=True)
class ImportFiles:
    """CSV files with Neo4j's import headers, by label and relationship type; multiline: values have line breaks."""

    nodes: Mapping[str, Path]
    relationships: Mapping[str, Path]
    multiline: bool = False


def import_database(settings: Settings, files: ImportFiles) -> None:
    """Make the database of the embedded server hold what is in the files and nothing else; the server is ended first.

    While it goes on the home is marked, so that a database of which only a part is there is never started. Raises
    InfrastructureError with the reason that the tool gave; the database is then empty at the next start.
    """
    home = server_home(settings)
    jars = fetch_jars(settings)
    with kept(settings), alone(create_home(home), settings.server_start_seconds):
        end_all(home)
        draw_password(home)
        home.importing.touch()
        memory = size_memory(settings, machine_memory_mb())
        environment = {"NEO4J_HOME": str(home.folder), "NEO4J_CONF": str(home.conf.parent)}
        code = run(command(home, jars / "lib", memory, files), home.folder, home.import_log, environment)
        if code != 0:
            damaged = fetch_damaged(settings)
            raise _failure(home, damaged)
        home.importing.unlink()


def command(home: Home, lib: Path, memory: Memory, files: ImportFiles) -> list[str]:
    """Return the command line that imports the files."""
    return [
        str(java()),
        f"-Xmx{memory.heap_mb}m",
        *FLAGS,
        "-cp",
        f"{lib}/*",
        MAIN_CLASS,
        *("database", "import", "full", DATABASE),
        home.import_argument,
        "--overwrite-destination=true",
        "--bad-tolerance=0",
        f"--max-off-heap-memory={memory.heap_mb + memory.pagecache_mb}m",
        *(["--multiline-fields=true"] if files.multiline else []),
        *(f"--nodes={label}={_named(home, path)}" for label, path in files.nodes.items()),
        *(f"--relationships={name}={_named(home, path)}" for name, path in files.relationships.items()),
    ]


def _named(home: Home, path: Path) -> str:
    """The file as seen from where the tool runs: it would take commas and signs in a home for a pattern."""
    return os.path.relpath(path.resolve(), home.folder)


def _failure(home: Home, damaged: list[str]) -> InfrastructureError:
    if damaged:
        return InfrastructureError(
            f"Neo4j could not import the files of the load: jars of it were damaged; they have been fetched anew "
            f"({', '.join(damaged)}); load again"
        )
    return explain("Neo4j could not import the files of the load", home.import_log)
