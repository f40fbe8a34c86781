"""Makes what the official Neo4j image lacks: the OpenGDS jars of the lock, and the libraries they need.

    python scripts/neo4j_image.py LIB OUT      LIB: the image's lib/; OUT gets plugins/ and lib/, to be laid over it

Neo4j's own jars stay those of the image, which must be of the locked version.
"""

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from ringwatch.errors import InfrastructureError, RingwatchError
from ringwatch.server.download import fetch_jars
from ringwatch.server.jars import Jar, locked_jars
from ringwatch.settings import load_settings


def main() -> None:
    lib, out = (Path(argument) for argument in sys.argv[1:])
    try:
        lacking = jars_lacking(locked_jars(), {path.name for path in lib.glob("*.jar")})
        copy(lacking, fetch_jars(load_settings()) / "lib", out)
    except RingwatchError as error:
        sys.exit(str(error))


def jars_lacking(locked: Iterable[Jar], present: set[str]) -> list[Jar]:
    """Return the jars of GDS, and the libraries of the lock of which `present` (file names) has no version at all.

    Raises InfrastructureError when `present` is of another Neo4j than the locked one.
    """
    jars = list(locked)
    kernel = next(jar for jar in jars if jar.artifact == "neo4j-kernel")
    if kernel.name not in present:
        raise InfrastructureError(f"this image is not Neo4j {kernel.version}, for which the jars are locked")
    return [jar for jar in jars if jar.is_plugin or not (_is_neo4j(jar) or _has_artifact(present, jar.artifact))]


def copy(jars: Iterable[Jar], source: Path, out: Path) -> None:
    for jar in jars:
        folder = out / ("plugins" if jar.is_plugin else "lib")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / jar.name, folder / jar.name)


def _is_neo4j(jar: Jar) -> bool:
    return jar.group == "org.neo4j" or (jar.group.startswith("org.neo4j.") and not jar.is_plugin)


def _has_artifact(present: set[str], artifact: str) -> bool:
    """Whether a file is called `<artifact>-<version>.jar`."""
    return any(name.startswith(f"{artifact}-") and name[len(artifact) + 1].isdigit() for name in present)


if __name__ == "__main__":
    main()
