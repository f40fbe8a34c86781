"""The lock of the jars, and how it is made."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from repository import Repository, served

from ringwatch.errors import InfrastructureError
from ringwatch.server import jars, lock
from ringwatch.server.jars import Jar, locked_jars
from ringwatch.settings import Settings

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>org.example</groupId><artifactId>{name}</artifactId><version>{version}</version>
<dependencies>{needed}</dependencies>
<dependencyManagement><dependencies>{wished}</dependencies></dependencyManagement></project>"""
NEEDED = """<dependency><groupId>org.example</groupId><artifactId>{name}</artifactId><version>{version}</version>
<scope>{scope}</scope></dependency>"""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """server 1 needs library 1, net 1 at run time, and a tester for its tests; net 1 needs library 2 and codec 1.

    server 1 lists codec 2 among the versions that it would like, which binds nobody but its own build.
    """
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setattr(lock, "COORDINATES", ("org.example:server:1",))
    with served() as repository:
        publish(repository, "server", 1, ("library", 1, "compile"), ("net", 1, "runtime"), ("tester", 1, "test"))
        publish(repository, "net", 1, ("library", 2, "compile"), ("codec", 1, "compile"))
        for name, version in (("library", 1), ("library", 2), ("codec", 1), ("codec", 2), ("tester", 1)):
            publish(repository, name, version)
        yield repository


def test_the_lock_has_what_is_needed_at_run_time_in_the_nearest_version(
    make_settings: Callable[..., Settings], maven: Repository
) -> None:
    found = lock.resolve(make_settings(maven_repository=maven.url))

    assert {(jar.artifact, jar.version, jar.size) for jar in found} == {
        ("server", "1", 8),
        ("library", "1", 9),
        ("net", "1", 5),
        ("codec", "1", 7),
    }
    assert {jar.sha256 for jar in found if jar.artifact == "net"} == {hashlib.sha256(b"net 1").hexdigest()}


def test_a_jar_that_the_repository_lacks_ends_the_making_of_the_lock(
    make_settings: Callable[..., Settings], maven: Repository
) -> None:
    del maven.files["org/example/net/1/net-1.jar"]

    with pytest.raises(InfrastructureError, match=r"^cannot resolve the server's jars from .*net"):
        lock.resolve(make_settings(maven_repository=maven.url))


def test_the_lock_that_is_written_is_the_lock_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed, jars_of_it = jars.LOCK.read_text(), locked_jars()
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jars.json")

    jars.write_lock(list(reversed(jars_of_it)))

    assert (tmp_path / "jars.json").read_text() == committed


def test_the_committed_lock_is_of_the_versions_that_are_asked_for() -> None:
    of = {(jar.group, jar.artifact): jar.version for jar in locked_jars()}

    assert {tuple(coordinate.split(":")[:2]): coordinate.split(":")[2] for coordinate in lock.COORDINATES}.items() <= (
        of.items()
    )
    assert {version for (group, _), version in of.items() if group == "org.neo4j.gds"} == {lock.OPENGDS}


def test_no_two_jars_of_the_lock_would_have_one_file() -> None:
    names = [jar.name for jar in locked_jars()]

    assert len(names) == len(set(names)) > 300


def test_a_jar_lies_where_maven_lays_it() -> None:
    jar = Jar("io.netty", "epoll", "4.1.Final", "linux-x86_64", "", 0)

    assert jar.path == "io/netty/epoll/4.1.Final/epoll-4.1.Final-linux-x86_64.jar"


def publish(repository: Repository, name: str, version: int, *needed: tuple[str, int, str]) -> None:
    at = f"org/example/{name}/{version}/{name}-{version}"
    listed = "".join(NEEDED.format(name=name, version=version, scope=scope) for name, version, scope in needed)
    wished = NEEDED.format(name="codec", version=2, scope="compile") if name == "server" else ""
    repository.files[f"{at}.pom"] = POM.format(name=name, version=version, needed=listed, wished=wished).encode()
    repository.files[f"{at}.jar"] = f"{name} {version}".encode()
    for end in ("pom", "jar"):
        digest = hashlib.sha1(repository.files[f"{at}.{end}"]).hexdigest()
        repository.files[f"{at}.{end}.sha1"] = digest.encode()
