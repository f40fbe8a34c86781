"""What the server is started with."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ringwatch.server import conf
from ringwatch.server.conf import Memory, command, machine_memory_mb, size_memory, write_conf
from ringwatch.server.home import create_home, server_home
from ringwatch.server.ports import Ports
from ringwatch.settings import Settings

MakeSettings = Callable[..., Settings]


@pytest.mark.parametrize(
    ("machine_mb", "sized"),
    [(1024, Memory(512, 128)), (8192, Memory(2048, 1024)), (262_144, Memory(4096, 2048))],
    ids=["small", "usual", "large"],
)
def test_memory_follows_the_machine_within_bounds(make_settings: MakeSettings, machine_mb: int, sized: Memory) -> None:
    assert size_memory(make_settings(), machine_mb) == sized


def test_memory_that_is_set_wins(make_settings: MakeSettings) -> None:
    settings = make_settings(server_heap_mb=777, server_pagecache_mb=99)

    assert size_memory(settings, 8192) == Memory(777, 99)


def test_a_container_has_the_memory_of_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{512 * 2**20}\n")
    monkeypatch.setattr(conf, "CGROUP_LIMIT", limit)

    assert machine_memory_mb() == 512


def test_a_container_without_a_limit_has_the_memory_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conf, "CGROUP_LIMIT", tmp_path / "absent")
    machine = machine_memory_mb()
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    monkeypatch.setattr(conf, "CGROUP_LIMIT", limit)

    assert machine_memory_mb() == machine > 512


def test_the_server_listens_on_loopback_only_and_lets_no_procedures_in_but_gds(make_settings: MakeSettings) -> None:
    home = server_home(make_settings())
    create_home(home)
    write_conf(home, Ports(bolt=1111, http=2222), Memory(512, 128), {"Device": "device"})

    written = dict(re.findall(r"^([\w.]+)=(.*)$", home.conf.read_text(), re.MULTILINE))

    addresses = {name: value for name, value in written.items() if name.endswith("_address")}
    assert addresses["server.bolt.listen_address"] == "127.0.0.1:1111"
    assert addresses["server.http.listen_address"] == "127.0.0.1:2222"
    assert {value.partition(":")[0] for value in addresses.values()} == {"127.0.0.1"}
    assert {name: value for name, value in written.items() if name.startswith("dbms.security.procedures")} == {
        "dbms.security.procedures.allowlist": "gds.*",
        "dbms.security.procedures.unrestricted": "gds.*",
    }
    assert written["dbms.usage_report.enabled"] == "false"
    assert written["server.memory.pagecache.size"] == "128m"


def test_the_heap_is_given_to_java(make_settings: MakeSettings, tmp_path: Path) -> None:
    started = command(server_home(make_settings()), tmp_path / "lib", Memory(777, 128))

    assert "-Xmx777m" in started
