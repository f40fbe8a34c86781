"""A real Postgres for tests: loopback only, as user postgres where root is refused."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SKIPPED = (
    "no Postgres: set RINGWATCH_TEST_POSTGRES_URL, or install its server "
    "(Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17)"
)


@dataclass(frozen=True)
class Postgres:
    """A server in a folder of its own; `address` is its SQLAlchemy URL."""

    binaries: Path
    folder: Path
    port: int
    address: str

    def start(self) -> None:
        subprocess.run(self.starting, check=True, **self._quiet)

    def stop(self) -> None:
        subprocess.run(self.stopping, check=True, **self._quiet)

    @property
    def starting(self) -> list[str]:
        server = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        return [*self._control, "-w", "-l", str(self.folder / "log"), "-o", server, "start"]

    @property
    def stopping(self) -> list[str]:
        return [*self._control, "-m", "immediate", "stop"]

    @property
    def _control(self) -> list[str]:
        return [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data")]

    @property
    def _quiet(self) -> dict[str, Any]:
        return {"stdout": subprocess.DEVNULL, "cwd": self.folder, **_user()}


def binaries() -> Path | None:
    """Return the folder of the newest Postgres on this machine, None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def running(where: Path) -> Iterator[Postgres]:
    """Run a new server, and remove it afterwards."""
    folder, password = Path(tempfile.mkdtemp(prefix="ringwatch-postgres-")), uuid.uuid4().hex
    (folder / "password").write_text(password)
    if _user():
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(folder / "password", "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"postgresql+psycopg://ringwatch:{password}@127.0.0.1:{port}/postgres"
    server = Postgres(where, folder, port, address)
    superuser = ["-U", "ringwatch", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}"]
    data = ["-D", str(folder / "data"), *superuser, "-E", "UTF8", "--no-sync"]
    subprocess.run([where / "initdb", *data], check=True, **server._quiet)
    server.start()
    try:
        yield server
    finally:
        subprocess.run(server.stopping, check=False, stderr=subprocess.DEVNULL, **server._quiet)
        shutil.rmtree(folder)


def _user() -> dict[str, Any]:
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
