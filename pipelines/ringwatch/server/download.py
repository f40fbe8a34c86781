"""Brings the locked jars into the user's cache: in parallel, checked, resumable, shared by all checkouts."""

import logging
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from ringwatch.errors import InfrastructureError
from ringwatch.masking import mask
from ringwatch.server.jars import Jar, lock_digest, locked_jars
from ringwatch.settings import Settings

THREADS = 8
RETRIES = 2
LOCK_SECONDS = 1800  # another checkout may be downloading over a slow line


def fetch_jars(settings: Settings) -> Path:
    """Return the folder with `lib/` (all jars) and `plugins/` (those with procedures); download what is missing.

    A jar gets its name in `lib/` only after its SHA-256 was checked, so a jar of the right size is a good one, and an
    interrupted download goes on where it was. Raises InfrastructureError that names the jar and the reason.
    """
    folder = jar_folder(settings)
    if _missing(folder / "lib") or _unlinked(folder):
        _fill(folder, repository(settings))
    return folder


def has_jars(settings: Settings) -> bool:
    """Whether all jars are there, so that a start needs no network."""
    return not _missing(jar_folder(settings) / "lib")


def fetch_damaged(settings: Settings) -> list[str]:
    """Check each jar by its SHA-256, fetch those anew that are not the locked ones, and return their names.

    The size alone is looked at before each start; this is for a server that did not start. Raises InfrastructureError
    when one of them cannot be had.
    """
    folder = jar_folder(settings)
    damaged = [jar for jar in locked_jars() if not _is_whole(folder / "lib" / jar.name, jar)]
    if damaged:
        for jar in damaged:
            (folder / "lib" / jar.name).unlink(missing_ok=True)
        _fill(folder, repository(settings))
    return [jar.name for jar in damaged]


def _is_whole(path: Path, jar: Jar) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest() == jar.sha256


def jar_folder(settings: Settings) -> Path:
    import platformdirs

    cache = settings.cache or platformdirs.user_cache_path("ringwatch")
    return cache.expanduser().resolve() / "neo4j" / lock_digest()


def repository(settings: Settings) -> str:
    """Return the address of the Maven repository, without a slash at its end."""
    from jgo.constants import MAVEN_CENTRAL_URL

    return (settings.maven_repository or MAVEN_CENTRAL_URL).rstrip("/")


def _missing(lib: Path) -> list[Jar]:
    sizes = {path.name: path.stat().st_size for path in lib.glob("*.jar")}
    return [jar for jar in locked_jars() if sizes.get(jar.name) != jar.size]


def _unlinked(folder: Path) -> list[Jar]:
    links = {path.name for path in (folder / "plugins").glob("*.jar")}
    return [jar for jar in locked_jars() if jar.is_plugin and jar.name not in links]


def _fill(folder: Path, address: str) -> None:
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout=LOCK_SECONDS):
            missing = _missing(folder / "lib")
            _check_space(folder, missing)
            _download(missing, folder / "lib", address)
            _link_plugins(folder)
    except Timeout:
        raise InfrastructureError(f"another process has been downloading into {folder} for too long; end it") from None
    except OSError as error:
        raise InfrastructureError(f"cannot write the server's jars to {folder}: {error.strerror or error}") from None


def _check_space(folder: Path, missing: list[Jar]) -> None:
    needed, free = sum(jar.size for jar in missing), shutil.disk_usage(folder).free
    if free < needed:
        raise InfrastructureError(
            f"no disk space for the server's jars: {folder} needs {needed / 1e6:.0f} MB and has {free / 1e6:.0f} MB; "
            "free some, or set RINGWATCH_CACHE to a folder on another disk"
        )


def _download(jars: list[Jar], lib: Path, address: str) -> None:
    with _progress(jars, address) as advance, ThreadPoolExecutor(THREADS) as threads:
        downloads = {threads.submit(_download_one, jar, lib, address, advance) for jar in jars}
        done, _ = wait(downloads, return_when=FIRST_EXCEPTION)
        threads.shutdown(cancel_futures=True)
    for download in done:
        download.result()  # raises what the download raised


@contextmanager
def _progress(jars: list[Jar], address: str) -> Iterator[Callable[[int], object]]:
    """Show on stderr how many bytes are there: a bar on a terminal, else one line. Yields what takes the bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console, total = Console(stderr=True), sum(jar.size for jar in jars)
    if jars and not console.is_terminal:
        console.print(
            f"downloading Neo4j and GDS: {len(jars)} jars, {total / 1e6:.0f} MB from {mask(address)}", soft_wrap=True
        )
    columns = TextColumn("Neo4j and GDS"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not (jars and console.is_terminal)) as progress:
        task = progress.add_task("download", total=total)
        yield lambda size: progress.advance(task, size)


def _download_one(jar: Jar, lib: Path, address: str, advance: Callable[[int], object]) -> None:
    from pooch.core import create
    from pooch.utils import get_logger
    from requests import HTTPError, RequestException

    get_logger().setLevel(logging.WARNING)
    url = f"{address}/{jar.path}"
    shelf = create(
        lib, base_url=address, registry={jar.name: jar.sha256}, urls={jar.name: url}, retry_if_failed=RETRIES
    )
    try:
        shelf.fetch(jar.name)
    except HTTPError as error:  # "404 Client Error: Not Found for url: …"
        raise InfrastructureError(f"cannot download {jar.name}: {error}; see RINGWATCH_MAVEN_REPOSITORY") from None
    except RequestException:
        raise InfrastructureError(
            f"cannot download {jar.name}: {address} cannot be reached; check the network or RINGWATCH_MAVEN_REPOSITORY"
        ) from None
    except ValueError:
        raise InfrastructureError(
            f"{jar.name} from {address} is not the locked file (its SHA-256 differs), so it was not kept; "
            "try again, or another RINGWATCH_MAVEN_REPOSITORY"
        ) from None
    advance(jar.size)


def _link_plugins(folder: Path) -> None:
    (folder / "plugins").mkdir(exist_ok=True)
    for jar in _unlinked(folder):
        (folder / "plugins" / jar.name).symlink_to(Path("../lib") / jar.name)
