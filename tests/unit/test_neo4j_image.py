"""Which of the locked jars are laid over the official Neo4j image."""

from pathlib import Path
from types import ModuleType

import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.server.jars import Jar, locked_jars

ROOT = Path(__file__).parents[2]


@pytest.fixture
def neo4j_image(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import neo4j_image

    return neo4j_image


def jar(group: str, artifact: str, version: str) -> Jar:
    return Jar(group, artifact, version, classifier="", sha256="", size=1)


KERNEL = jar("org.neo4j", "neo4j-kernel", "5.26.22")
LOCKED = [
    KERNEL,
    jar("org.neo4j", "annotations", "5.26.22"),
    jar("org.neo4j.client", "neo4j-browser", "5.24.0"),
    jar("org.neo4j.gds", "annotations", "2.13.9"),
    jar("com.github.ben-manes.caffeine", "caffeine", "3.1.8"),
    jar("com.carrotsearch", "hppc", "0.7.3"),
    jar("org.opencypher", "cypher-ast-factory-9.0", "9.0.20210312"),
]


def test_gds_and_the_libraries_that_neo4j_lacks_are_added_and_nothing_else(neo4j_image: ModuleType) -> None:
    present = {
        "neo4j-kernel-5.26.22.jar",
        "annotations-5.26.22.jar",
        "caffeine-3.1.7.jar",
        "cypher-ast-factory-5.26.22.jar",
    }

    added = {jar.name for jar in neo4j_image.jars_lacking(LOCKED, present)}

    assert added == {"annotations-2.13.9.jar", "hppc-0.7.3.jar", "cypher-ast-factory-9.0-9.0.20210312.jar"}


def test_an_image_of_another_neo4j_is_refused(neo4j_image: ModuleType) -> None:
    with pytest.raises(InfrastructureError, match=r"not Neo4j 5\.26\.22"):
        neo4j_image.jars_lacking(LOCKED, {"neo4j-kernel-5.26.30.jar"})


def test_gds_goes_to_plugins_and_its_libraries_to_lib(neo4j_image: ModuleType, tmp_path: Path) -> None:
    gds, library = LOCKED[3], LOCKED[5]
    for one in (gds, library):
        (tmp_path / one.name).write_text(one.artifact)

    neo4j_image.copy([gds, library], tmp_path, tmp_path / "out")

    assert (tmp_path / "out/plugins/annotations-2.13.9.jar").read_text() == "annotations"
    assert (tmp_path / "out/lib/hppc-0.7.3.jar").read_text() == "hppc"


def test_the_image_is_of_the_locked_neo4j() -> None:
    version = next(jar.version for jar in locked_jars() if jar.artifact == "neo4j-kernel")

    assert f"\nARG NEO4J_IMAGE=neo4j:{version}-community\n" in (ROOT / "Dockerfile").read_text()
