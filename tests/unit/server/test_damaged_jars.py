"""A jar that is damaged and as long as it was is found out when the server does not start."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from repository import Repository, served

from ringwatch.errors import InfrastructureError
from ringwatch.server import download, embedded
from ringwatch.server.jars import Jar
from ringwatch.settings import Settings

GOOD, ALSO = b"kernel " * 900, b"netty " * 900
JARS = tuple(
    Jar(group, artifact, "1", "", hashlib.sha256(content).hexdigest(), len(content))
    for group, artifact, content in (("org.neo4j", "kernel", GOOD), ("io.netty", "netty", ALSO))
)


@pytest.fixture
def settings(make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a cache that is filled from a repository on this machine."""
    monkeypatch.setattr(download, "locked_jars", lambda: JARS)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda _: None))
    with served() as repository:
        repository.files |= {JARS[0].path: GOOD, JARS[1].path: ALSO}
        yield made(make_settings, repository)


def made(make_settings: Callable[..., Settings], repository: Repository) -> Settings:
    settings = make_settings(maven_repository=repository.url)
    download.fetch_jars(settings)
    return settings


def damage(settings: Settings) -> Path:
    path = download.jar_folder(settings) / "lib" / "kernel-1.jar"
    path.write_bytes(b"\0" * len(GOOD))
    return path


def starts_when_whole(path: Path, tries: list[bytes]) -> Callable[..., str]:
    """A launch that works when the jar is what it should be."""

    def launch(*_: object) -> str:
        tries.append(path.read_bytes())
        if tries[-1] != GOOD:
            raise InfrastructureError("Neo4j ended while starting: NoClassDefFoundError")
        return "connected"

    return launch


def test_a_damaged_jar_is_fetched_anew_and_the_server_started_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, tries = damage(settings), list[bytes]()
    monkeypatch.setattr(embedded, "_launch", starts_when_whole(path, tries))
    caplog.set_level(logging.WARNING)

    assert embedded.start(settings) == "connected"

    assert len(tries) == 2
    assert [record.getMessage().count("kernel-1.jar") for record in caplog.records] == [1]
    assert "they have been fetched anew" in caplog.text


def test_a_start_that_fails_with_whole_jars_is_not_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def launch(*_: object) -> None:
        tries.append(1)
        raise InfrastructureError("no memory")

    monkeypatch.setattr(embedded, "_launch", launch)

    with pytest.raises(InfrastructureError, match=r"^no memory$"):
        embedded.start(settings)
    assert tries == [1]


def test_a_whole_cache_has_nothing_to_fetch(settings: Settings) -> None:
    assert download.fetch_damaged(settings) == []
