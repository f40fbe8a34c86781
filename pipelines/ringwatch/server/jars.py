"""The jars that make the embedded server, as `jars.json` locks them."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

LOCK = Path(__file__).with_name("jars.json")
GDS_GROUP = "org.neo4j.gds"


@dataclass(frozen=True, order=True)
class Jar:
    """One file of a Maven repository; `size` is in bytes."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        return "-".join(part for part in (self.artifact, self.version, self.classifier) if part) + ".jar"

    @property
    def path(self) -> str:
        """Where the jar is, relative to the repository's address."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"

    @property
    def is_plugin(self) -> bool:
        """Whether Neo4j must look into the jar for procedures."""
        return self.group == GDS_GROUP


@cache
def locked_jars() -> tuple[Jar, ...]:
    """Return the locked jars in the order of the lock."""
    return tuple(Jar(**jar) for jar in json.loads(LOCK.read_text(encoding="utf-8"))["jars"])


@cache
def lock_digest() -> str:
    """Return the first 16 hex digits of the lock's SHA-256: the name of the folder that holds its jars."""
    return sha256(LOCK.read_bytes()).hexdigest()[:16]


def write_lock(jars: list[Jar]) -> None:
    """Write the lock, one jar a line so that a change of one version is a change of one line."""
    lines = ",\n".join("  " + json.dumps(vars(jar)) for jar in sorted(jars))
    LOCK.write_text(f'{{"jars": [\n{lines}\n]}}\n', encoding="utf-8")
