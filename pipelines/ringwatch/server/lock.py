"""Re-makes `jars.json`: in go the coordinates below, out comes every jar they need, each with its SHA-256 and size.

Run it as `python -m ringwatch.server.lock` after changing a version here.
"""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path
from typing import Any

from ringwatch.errors import InfrastructureError, RingwatchError
from ringwatch.server.download import THREADS, repository
from ringwatch.server.jars import LOCK, Jar, write_lock
from ringwatch.settings import Settings, load_settings

NEO4J = "5.26.22"
OPENGDS = "2.13.9"
BROWSER = "5.24.0"  # the newest that is in Maven's repository; the server's modules do not ask for it themselves
COORDINATES = (
    f"org.neo4j.app:neo4j-server:{NEO4J}",
    f"org.neo4j:neo4j:{NEO4J}",
    f"org.neo4j.client:neo4j-browser:{BROWSER}",
    f"org.neo4j.gds:proc:{OPENGDS}",
    f"org.neo4j.gds:opengds-extension:{OPENGDS}",
    f"org.neo4j.gds:open-model-catalog:{OPENGDS}",
    f"org.neo4j.gds:open-write-services:{OPENGDS}",
)
RAW = "!"  # jgo: take the versions that the modules ask for, as Maven does, and not those of their parents' lists
TIMEOUT_SECONDS = 60


def main() -> None:
    """Write the lock and say how many jars it has."""
    logging.basicConfig(level=logging.WARNING)
    try:
        jars = resolve(load_settings())
    except RingwatchError as error:
        sys.exit(f"ringwatch: {error}")
    write_lock(jars)
    print(f"{LOCK}: {len(jars)} jars, {sum(jar.size for jar in jars) / 1e6:.0f} MB")  # noqa: T201


def resolve(settings: Settings) -> list[Jar]:
    """Return the jars that the coordinates need at run time, downloaded into Maven's local repository to be hashed.

    Raises InfrastructureError when one of them cannot be had.
    """
    try:
        artifacts = _artifacts(settings)
        with ThreadPoolExecutor(THREADS) as threads:
            return list(threads.map(_jar, artifacts))
    except (OSError, RuntimeError) as error:  # what jgo and requests raise
        raise InfrastructureError(f"cannot resolve the server's jars from {repository(settings)}: {error}") from None


def _artifacts(settings: Settings) -> list[Any]:
    from jgo.maven import MavenContext, PythonResolver
    from jgo.parse import Coordinate

    maven = MavenContext(PythonResolver(), remote_repos={"maven": repository(settings)}, timeout=TIMEOUT_SECONDS)
    roots = [maven.create_dependency(Coordinate.parse(coordinate + RAW)) for coordinate in COORDINATES]
    named, needed = maven.resolver.resolve(roots)
    return [dependency.artifact for dependency in [*named, *needed]]


def _jar(artifact: Any) -> Jar:
    path = Path(artifact.resolve())
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return Jar(
        artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier or "", digest, path.stat().st_size
    )


if __name__ == "__main__":
    main()
