"""The folder of the embedded server under `RINGWATCH_HOME`: what lies where, and what makes it ready to start."""

import hashlib
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from ringwatch.errors import InfrastructureError
from ringwatch.server.connection import DATABASE
from ringwatch.settings import Settings

USER = "neo4j"
_HASH_ROUNDS = 1024


@dataclass(frozen=True)
class Home:
    """Paths of one embedded server; `folder` is absolute."""

    folder: Path

    @property
    def conf(self) -> Path:
        return self.folder / "conf" / "neo4j.conf"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server prints, from its first line on; Neo4j's own files lie beside it."""
        return self.folder / "logs" / "console.log"

    @property
    def state(self) -> Path:
        return self.folder / "run" / "server.json"

    @property
    def lock(self) -> Path:
        return self.folder / "run" / "server.lock"

    @property
    def importing(self) -> Path:
        """There while an offline import goes on: the database is none yet."""
        return self.folder / "run" / "importing"

    @property
    def has_database(self) -> bool:
        return (self.data / "databases" / DATABASE).exists() and not self.importing.exists()

    @property
    def import_log(self) -> Path:
        return self.folder / "logs" / "import.log"

    @property
    def import_argument(self) -> str:
        """The argument by which an import into this home is recognised among all processes."""
        return f"--report-file={self.folder / 'logs' / 'import.report'}"

    @property
    def password(self) -> Path:
        return self.folder / "password"


def server_home(settings: Settings) -> Home:
    """Return where the embedded server of these settings lives, whether it exists or not."""
    return Home(settings.home.expanduser().resolve() / "neo4j")


def create_home(home: Home) -> Home:
    """Make the folders, readable by their owner only, and return the home.

    Neo4j serves Browser only when `web/` exists.
    """
    try:
        home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.folder.chmod(0o700)
        for name in ("conf", "data", "import", "logs", "run", "web"):
            (home.folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise InfrastructureError(f"cannot make the server's folder {home.folder}: {error.strerror}") from None
    return home


def discard_half_import(home: Home) -> None:
    """Remove a database that an import broke off at."""
    if home.importing.exists():
        remove_database(home)
        home.importing.unlink()


def remove_database(home: Home) -> None:
    """Remove the database of a server that is not running: it begins with an empty one."""
    for kind in ("databases", "transactions"):
        shutil.rmtree(home.data / kind / DATABASE, ignore_errors=True)


def link_plugins(home: Home, plugins: Path) -> None:
    """Let the home's `plugins` be those of the cache."""
    link = home.folder / "plugins"
    link.unlink(missing_ok=True)
    link.symlink_to(plugins)


def draw_password(home: Home) -> None:
    """Draw a random password for a server that has none yet, and make it the one of its empty database.

    Raises InfrastructureError when the database has data but its password file is gone.
    """
    if home.password.is_file():
        return
    if (home.data / "databases").exists():
        raise InfrastructureError(
            f"the password file {home.password} is gone: put it back, or delete {home.data} to begin anew"
        )
    password = secrets.token_urlsafe(24)
    _set_initial_password(home, password)
    _write_private(home.password, password + "\n")


def read_password(home: Home) -> str:
    """Return the server's password. Raises InfrastructureError when its file cannot be read."""
    try:
        return home.password.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InfrastructureError(f"cannot read the password file {home.password}: {error.strerror}") from None


def _set_initial_password(home: Home, password: str) -> None:
    """Write the file that `neo4j-admin dbms set-initial-password` writes.

    The tool itself would cost another JVM start and would show the password in the list of processes.
    """
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(_HASH_ROUNDS - 1):
        digest = hashlib.sha256(digest).digest()
    path = home.data / "dbms" / "auth.ini"
    path.parent.mkdir(exist_ok=True)
    _write_private(path, f"{USER}:SHA-256,{digest.hex()},{salt.hex()},{_HASH_ROUNDS}:\n")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
