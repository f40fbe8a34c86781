"""What is lacking for Spark is said in one sentence, before anything is started."""

import pickle
from datetime import date
from pathlib import Path

import pytest
from py4j.protocol import Py4JError

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.night import open_night
from ringwatch.search import shard
from ringwatch.settings import load_settings
from ringwatch.spark.session import failures, session
from ringwatch.stages import run_night


def java(folder: Path, version: str) -> None:
    program = folder / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    program.chmod(0o755)


def test_without_pyspark_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringwatch.spark.session.find_spec", lambda name: None)

    with pytest.raises(UsageError, match=r"pip install 'ringwatch\[spark\]'"):
        session(load_settings(home=tmp_path, engine="spark"))


def test_without_java_the_package_to_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UsageError, match=r"needs Java, and there is none.*openjdk-17"):
        session(load_settings(home=tmp_path, engine="spark"))


def test_a_java_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java(tmp_path, "11.0.22")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(UsageError, match=rf"Java 17 or later, and {tmp_path}/bin/java is another"):
        session(load_settings(home=tmp_path, engine="spark"))


def test_a_night_that_lacks_java_for_its_engine_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    begun: list[str] = []

    with (
        open_night(load_settings(home=tmp_path / "home", engine="spark"), date(2026, 3, 2)) as night,
        pytest.raises(UsageError, match="needs Java"),
    ):
        run_night(night, begun.append)

    assert begun == []
    assert not (tmp_path / "home").exists()


def test_what_hadoop_lacks_is_said_and_not_which_call_found_it() -> None:
    class Broken(Py4JError):
        def __str__(self) -> str:
            return (
                "An error occurred while calling o44.getFileSystem.\n: java.lang.X: Class S3A not found\n\tat a.b(C)\n"
            )

    said = r"^Spark gave up on a look: java.lang.X: Class S3A not found$"
    with pytest.raises(InfrastructureError, match=said), failures("a look"):
        raise Broken


def test_what_shards_are_looked_at_with_has_no_secrets() -> None:
    settings = load_settings(neo4j_password="swordfish", seed=9)

    asked = shard.without_secrets(settings)

    assert b"swordfish" not in pickle.dumps(asked)
    assert (asked.seed, asked.min_ring_size) == (9, settings.min_ring_size)
