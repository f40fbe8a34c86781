"""How the jars come into the cache, from a repository on this machine."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from repository import Repository, served

from ringwatch.errors import InfrastructureError
from ringwatch.server import download
from ringwatch.server.download import fetch_jars
from ringwatch.server.jars import Jar
from ringwatch.server.ports import free_port
from ringwatch.settings import Settings

KERNEL = "org/neo4j/kernel/5.26.1/kernel-5.26.1.jar"
ALGORITHMS = "org/neo4j/gds/algo/2.13.1/algo-2.13.1.jar"
NATIVE = "io/netty/epoll/4.1/epoll-4.1-linux-x86_64.jar"
CONTENT = {KERNEL: b"kernel " * 900, ALGORITHMS: b"algorithms " * 700, NATIVE: b"native " * 500}


def locked(group: str, artifact: str, version: str, classifier: str, content: bytes) -> Jar:
    return Jar(group, artifact, version, classifier, hashlib.sha256(content).hexdigest(), len(content))


JARS = (
    locked("org.neo4j", "kernel", "5.26.1", "", CONTENT[KERNEL]),
    locked("org.neo4j.gds", "algo", "2.13.1", "", CONTENT[ALGORITHMS]),
    locked("io.netty", "epoll", "4.1", "linux-x86_64", CONTENT[NATIVE]),
)


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setattr(download, "locked_jars", lambda: JARS)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda _: None))
    with served() as repository:
        repository.files.update(CONTENT)
        yield repository


@pytest.fixture
def settings(make_settings: Callable[..., Settings], repository: Repository) -> Settings:
    return make_settings(maven_repository=repository.url + "/")


def test_all_jars_lie_in_lib_and_those_with_procedures_in_plugins(settings: Settings) -> None:
    folder = fetch_jars(settings)

    assert contents(folder / "lib") == {Path(path).name: content for path, content in CONTENT.items()}
    assert contents(folder / "plugins") == {"algo-2.13.1.jar": CONTENT[ALGORITHMS]}


def test_a_second_start_downloads_nothing(settings: Settings, repository: Repository) -> None:
    fetch_jars(settings)
    fetch_jars(settings)

    assert repository.asked == dict.fromkeys(CONTENT, 1)


def test_two_starts_at_once_download_each_jar_once(settings: Settings, repository: Repository) -> None:
    with ThreadPoolExecutor(2) as threads:
        folders = set(threads.map(fetch_jars, [settings, settings]))

    assert len(folders) == 1
    assert repository.asked == dict.fromkeys(CONTENT, 1)


@pytest.mark.parametrize(
    "fault",
    [(200, b"garbage", 7), (200, CONTENT[KERNEL][:99], 99), (200, CONTENT[KERNEL][:99], 6300), (503, b"", 0)],
    ids=["garbage", "too short", "cut off", "unavailable"],
)
def test_a_download_that_went_wrong_is_repeated(
    settings: Settings, repository: Repository, fault: tuple[int, bytes, int]
) -> None:
    repository.faults[KERNEL] = [fault]

    folder = fetch_jars(settings)

    assert (folder / "lib" / "kernel-5.26.1.jar").read_bytes() == CONTENT[KERNEL]
    assert repository.asked[KERNEL] == 2


def test_a_jar_that_is_not_the_locked_one_is_never_kept(settings: Settings, repository: Repository) -> None:
    repository.files[KERNEL] = b"k" * len(CONTENT[KERNEL])

    with pytest.raises(InfrastructureError, match=r"^kernel-5.26.1.jar from .* is not the locked file"):
        fetch_jars(settings)

    assert list(download.jar_folder(settings).rglob("kernel*")) == []


def test_an_interrupted_download_goes_on_where_it_was(settings: Settings, repository: Repository) -> None:
    del repository.files[KERNEL]
    with pytest.raises(InfrastructureError, match=r"cannot download kernel-5.26.1.jar: 404 .*RINGWATCH_MAVEN_REPO"):
        fetch_jars(settings)
    there = set(contents(download.jar_folder(settings) / "lib"))
    repository.files[KERNEL] = CONTENT[KERNEL]
    repository.asked.clear()

    fetch_jars(settings)

    assert there
    assert {Path(path).name for path in repository.asked} == {jar.name for jar in JARS} - there


def test_a_jar_of_the_wrong_size_in_the_cache_is_repaired(settings: Settings, repository: Repository) -> None:
    folder = fetch_jars(settings)
    (folder / "lib" / "kernel-5.26.1.jar").write_bytes(CONTENT[KERNEL][:99])
    repository.asked.clear()

    fetch_jars(settings)

    assert (folder / "lib" / "kernel-5.26.1.jar").read_bytes() == CONTENT[KERNEL]
    assert repository.asked == {KERNEL: 1}


def test_a_repository_that_cannot_be_reached_is_named(make_settings: Callable[..., Settings], repository: None) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(InfrastructureError, match=f"{nowhere} cannot be reached; check the network"):
        fetch_jars(make_settings(maven_repository=nowhere))


def test_a_full_disk_is_noticed_before_anything_is_downloaded(
    settings: Settings, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=100))

    with pytest.raises(InfrastructureError, match=r"^no disk space .* RINGWATCH_CACHE"):
        fetch_jars(settings)

    assert not repository.asked


def test_a_cache_that_cannot_be_written_is_told_in_one_sentence(
    make_settings: Callable[..., Settings], tmp_path: Path, repository: Repository
) -> None:
    (tmp_path / "cache").write_text("a file")

    with pytest.raises(InfrastructureError, match=r"^cannot write the server's jars to .*: Not a directory$"):
        fetch_jars(make_settings(maven_repository=repository.url))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
