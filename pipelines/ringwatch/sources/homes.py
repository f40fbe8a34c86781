"""Homes of sources: a source in; the night on which it is judged out, in a home of its own whose days passed the gate.

The gate is asked once: homes are kept in a cache, under a name that follows from all that it depends on. Whoever wants
room deletes the cache.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import ringwatch
from ringwatch import stages
from ringwatch.days.files import Files
from ringwatch.errors import InfrastructureError
from ringwatch.night import Night, check_feeds, settings_model
from ringwatch.settings import Settings, elsewhere
from ringwatch.sources.source import SPEC, Source

# The code that clean days follow from, besides the model.
_MADE_BY = ("days", "gate", "keys", "quarantine", "registries", "mapping.py", "stages/validate.py")
# Settings that the gate does not ask; all others count, so that a new one cannot be forgotten.
_NOT_ASKED = {
    *("home", "home_group", "feeds_dir", "cache", "model_dir", "store_url", "lease_seconds", "maven_repository"),
    *("neo4j_uri", "neo4j_user", "neo4j_password", "neo4j_http_url"),
    *("server_bolt_port", "server_http_port", "server_heap_mb", "server_pagecache_mb", "server_start_seconds"),
    *("seed", "min_ring_size", "flag_probability", "keep_probability", "max_flagged_share", "scorecards"),
    *("guards_off", "guard_nights", "guard_deviations", "guard_room_accounts", "guard_room_rings"),
    *("guard_largest_share", "guard_calibration", "guard_depth", "guard_canaries"),
    *("canaries", "canary_accounts"),
    *("link_min_bits", "similarity_cutoff", "similarity_pair_budget", "refresh_days"),
    *("batch_rows", "load_writers", "bulk_load_rows", "duckdb_memory_mb", "gate_chunk_rows"),
}


def prepared(
    source: Source, settings: Settings, cache: Path, tell: Callable[[str], None] = lambda _doing: None
) -> Night:
    """Return the night of the source's day, ready for detect: its home in `cache` holds the clean days.

    It is a deployment that has just the feeds and the window of the source; of `settings` the server and what is not
    about feeds stay. Raises UsageError for a feed that the model does not have, DataRefused when the gate stops a day.
    """
    own = _deployment(source, settings)
    home = (cache / f"{source.name}-{_digest(source, own)}").absolute()
    if not home.is_dir():
        _pass_gate(source, own, home, tell)
    return Night(source.day, own.model_copy(update={"home": home}), Files(home, source.feeds_dir), tell)


def _deployment(source: Source, settings: Settings) -> Settings:
    check_feeds(f"{source.folder / SPEC}: feeds", source.feeds, settings_model(elsewhere(settings)))
    return elsewhere(settings).model_copy(
        update={"feeds": source.feeds, "feeds_dir": source.feeds_dir.absolute(), "window_days": source.window_days}
    )


def _pass_gate(source: Source, settings: Settings, home: Path, tell: Callable[[str], None]) -> None:
    """Let the gate judge day after day, in a folder that becomes the home when all are done."""
    home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f"{source.name}-", dir=home.parent) as folder:
        fresh = Path(folder) / "home"
        settings = settings.model_copy(update={"home": fresh})
        for day in source.days:
            tell(f"{source.name}: gate, {day}")
            with Night(day, settings, Files(fresh, source.feeds_dir)) as night:
                stages.run_stage("validate", night)
        _put(fresh, home)


def _put(fresh: Path, home: Path) -> None:
    """Put a home in its place, unless another process has been first with the same."""
    try:
        fresh.rename(home)
    except OSError as error:
        if not home.is_dir():
            raise InfrastructureError(f"{home} cannot be made: {error.strerror}") from None


def _digest(source: Source, settings: Settings) -> str:
    """Digest of all that the clean days follow from: what is delivered, what is asked of it, and by what."""
    asked = settings.model_dump(mode="json", exclude=_NOT_ASKED)
    found = hashlib.sha256(repr((sorted(asked.items()), settings_model(settings), source.days)).encode())
    for path in (*_delivered(source), *_code()):
        found.update(f"{path.parent.name}/{path.name}".encode() + path.read_bytes())
    return found.hexdigest()[:12]


def _delivered(source: Source) -> Iterator[Path]:
    for day in source.days:
        yield from sorted(path for path in (source.feeds_dir / day.isoformat()).rglob("*") if path.is_file())


def _code() -> Iterator[Path]:
    package = Path(str(ringwatch.__file__)).parent
    for name in _MADE_BY:
        where = package / name
        yield from sorted(path for path in where.rglob("*.[py]*") if path.is_file()) if where.is_dir() else [where]
