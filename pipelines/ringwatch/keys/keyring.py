"""Which of the keys the stored tokens are under: every file with tokens says so, and the review store does.

They say it by a name of the keys, from which nobody comes back to them. So tokens of different keys cannot be taken for
each other unnoticed: not when the keys are being rotated, and not when an old key file, file or store was put back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.keys import tokens
from ringwatch.model import Feed
from ringwatch.night import Night
from ringwatch.symptoms import KEY_LOST

MARK = b"ringwatch.keys"

_STRANGE = "{what} has tokens of a key that {file} does not hold; put the newest copy of that file back"
_HALF_WAY = "the token keys were being rotated and that is not done; run `ringwatch keys rotate` again: it goes on"


@dataclass(frozen=True)
class Keyring:
    """The keys of a home, oldest first, and where they are."""

    file: Path
    keys: tuple[bytes, ...]

    @property
    def names(self) -> list[str]:
        """What tokens of the first key are marked with, of the first two keys, and so on."""
        return [_name(self.keys[:count]) for count in range(1, len(self.keys) + 1)]

    @property
    def mark(self) -> dict[bytes, bytes]:
        """What a file says of itself whose tokens are under all keys."""
        return {MARK: _name(self.keys).encode()}

    def count(self, name: str | None, what: object) -> int:
        """Return how many of the keys, from the first on, a name stands for; what has no name is older than names are.

        Raises InfrastructureError when these are other keys.
        """
        if name is None:
            return min(1, len(self.keys))
        if name not in self.names:
            raise InfrastructureError(_STRANGE.format(what=what, file=self.file), KEY_LOST)
        return self.names.index(name) + 1


def open_keyring(home: Path) -> Keyring:
    """Return the keys of a home, none when it has no key file yet."""
    return Keyring(tokens.key_file(home), tokens.known_keys(home))


def marked(schema: pa.Schema, feed: Feed, home: Path) -> pa.Schema:
    """Return the schema of a file of clean or held rows, which says under which keys their tokens are."""
    return schema.with_metadata(Keyring(tokens.key_file(home), tokens.token_keys(home)).mark) if feed.tokens else schema


def check(night: Night) -> None:
    """Raises UsageError when a rotation of the keys was not finished, InfrastructureError when other keys were used."""
    if not is_whole(night, open_keyring(night.settings.home)):
        raise UsageError(_HALF_WAY)


def is_whole(night: Night, ring: Keyring) -> bool:
    """Whether everything is under all keys. Raises InfrastructureError when something is under keys not among them."""
    record = night.store.keys.current()
    return {stored(night, ring), *files(night, ring).values()} == {len(ring.keys)} and (not record or record.finished)


def stored(night: Night, ring: Keyring) -> int:
    """Return under how many of the keys the tokens in the review store are, as `files` does."""
    record = night.store.keys.current()
    return ring.count(record.keys if record else None, "the review store")


def files(night: Night, ring: Keyring) -> dict[Path, int]:
    """Return the files of clean and held rows that have tokens, and under how many of the keys each is.

    Raises InfrastructureError when one is under other keys.
    """
    return {path: ring.count(marked_with(path), path) for path in _files(night)}


def marked_with(path: Path) -> str | None:
    """Return the name of the keys that a file says its tokens are under."""
    mark = (pq.read_schema(path).metadata or {}).get(MARK)
    return mark.decode() if mark else None


def _files(night: Night) -> Iterator[Path]:
    for feed in (feed for feed in night.model.feeds.values() if feed.tokens):
        for part in ("clean", "held"):
            yield from sorted((night.files.home / "days").glob(f"*/{part}/{feed.feed}.parquet"))


def _name(keys: tuple[bytes, ...]) -> str:
    return hashlib.sha256(b"ringwatch token keys" + b"".join(keys)).hexdigest()[:12]
