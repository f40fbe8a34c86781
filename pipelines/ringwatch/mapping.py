"""How feeds of a deployment spell the model: which column of a file is which of a feed, and which word is which value.

In: the names in a file and the settings `columns`, `values` and `constants`. Out: the names of the model. Names are
compared without case and separators, so that `Account_ID`, `account-id` and `accountId` are all `account_id`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from ringwatch.errors import DataRefused, UsageError
from ringwatch.model import Column, Feed, Model
from ringwatch.settings import Settings

_Named = TypeVar("_Named")

# Marks that programs leave at the start of a file and that are no part of a name: a byte order mark, also as cp1252
# shows it, and characters without width.
_MARKS = re.compile("^ï»¿|[\ufeff\u200b-\u200f\u2060]")

# What is not the first column of its name stays in its row under a name that no column of a feed has.
_OTHER = "{} (as delivered)"


@dataclass(frozen=True)
class Names:
    """The columns that a file may have.

    sources: by column, the name that files have for it, where the deployment declares one; constants: columns that no
    file has. lenient: a file may also have the model's own names and what is constant, as rows from quarantine do.
    """

    columns: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    feed: str = ""
    lenient: bool = False
    _known: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def known_in(self, header: Iterable[str]) -> int:
        """How many of the columns a header seems to name."""
        return len(self._wanted & set(map(_key, header)))

    @cached_property
    def _wanted(self) -> set[str]:
        return {_key(self.sources.get(name, name)) for name in self.columns} | set(map(_key, self.columns))

    def of(self, path: Path, header: Sequence[str]) -> tuple[str, ...]:
        """Return the names by which the columns of a file are known from here on, in the order of its header.

        It is worked out once for all files with the same header. Raises DataRefused when two columns have one name, or
        one that was declared is not there.
        """
        written = tuple(header)
        if written not in self._known:
            self._known[written] = self._of(path, written)
        return self._known[written]

    def _of(self, path: Path, header: tuple[str, ...]) -> tuple[str, ...]:
        delivered = [_plain(name) for name in header]
        _refuse_repeated(path, delivered)
        places = self._declared(path, delivered)
        for column in self.columns:
            free = [name for name in delivered if name not in places.values()]
            if column not in places and (name := self._alike(path, column, column, free)):
                places[column] = name
        known = {name: column for column, name in places.items()}
        return tuple(known.get(name, _OTHER.format(name) if name in places else name) for name in delivered)

    def _declared(self, path: Path, delivered: Sequence[str]) -> dict[str, str]:
        """Return the name in the file of each column for which one is declared."""
        places: dict[str, str] = {}
        for column, source in self.sources.items():
            name = source if source in delivered else self._alike(path, column, source, delivered)
            if name:
                places[column] = name
        return places

    def check(self, path: Path, header: Sequence[str]) -> None:
        """Raise DataRefused when a column that was declared is not in the file, or one that is constant is."""
        places = dict(zip(self.of(path, header), map(_plain, header), strict=True))
        for column, source in self.sources.items() if not self.lenient else ():
            if column not in places or _key(places[column]) != _key(source):
                raise DataRefused(
                    f"{path}: it has no column {source!r}, which the setting columns.{self.feed} reads as {column}; "
                    f"{has(header)}"
                )
        self._refuse_constants(path, places)

    def _alike(self, path: Path, column: str, wanted: str, names: Iterable[str]) -> str | None:
        """Return the name that is `wanted` but for its spelling, if there is one."""
        alike = [name for name in names if _key(name) == _key(wanted)]
        if len(alike) > 1:
            raise DataRefused(
                f"{path}: the columns {listed(map(repr, alike))} are both read as {column}; leave one of them out, or "
                f"say which it is with the setting columns.{self.feed}"
            )
        return alike[0] if alike else None

    def _refuse_constants(self, path: Path, places: Mapping[str, str]) -> None:
        for column in sorted(self.constants & places.keys() if not self.lenient else ()):
            raise DataRefused(
                f"{path}: it has a column {places[column]!r}, and the setting constants.{self.feed} gives {column} one "
                "value for all rows; take the setting away, or leave the column out"
            )


def names_of(feed: Feed, settings: Settings, more: Sequence[str] = (), lenient: bool = False) -> Names:
    """Return the columns that files of `feed` may have in this deployment, and `more`."""
    sources, constants = settings.columns.get(feed.feed, {}), settings.constants.get(feed.feed, {})
    return Names((*more, *feed.columns), sources, frozenset(constants), feed.feed, lenient)


def missing(feed: Feed, settings: Settings, columns: Iterable[str]) -> list[str]:
    """Return the required columns of `feed` that are neither among `columns` nor constant."""
    there = {*columns, *settings.constants.get(feed.feed, {})}
    return [name for name, column in feed.columns.items() if column.required and name not in there]


def has(names: Iterable[str]) -> str:
    """Words for which columns a file has."""
    found = ", ".join(name if name.isprintable() and name else repr(name) for name in names)
    return f"it has {found}" if found else "it is empty"


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them: a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def check(settings: Settings, model: Model) -> None:
    """Raise UsageError that names the first declaration which does not fit the model."""
    for setting in ("columns", "values", "constants"):
        for feed, declared in getattr(settings, setting).items():
            known = _known(f"{setting}.{feed}", feed, model.feeds, "feed")
            for column in declared:
                _known(f"{setting}.{feed}.{column}", column, known.columns, f"column of {feed}")
    for problem in _problems(settings, model):
        raise UsageError(f"setting {problem}")
    for feed in settings.may_be_empty if "may_be_empty" in settings.model_fields_set else ():
        _known("may_be_empty", feed, model.feeds, "feed")


def _known(where: str, name: str, among: Mapping[str, _Named], what: str) -> _Named:
    if name not in among:
        raise UsageError(f"setting {where}: there is no {what} called {name}; there are {', '.join(among)}")
    return among[name]


def _problems(settings: Settings, model: Model) -> Iterator[str]:
    for feed, sources in settings.columns.items():
        twice = [name for name, count in Counter(map(_key, sources.values())).items() if count > 1]
        for key in twice:
            names = [column for column, source in sources.items() if _key(source) == key]
            yield f"columns.{feed}: {listed(names)} cannot both be the column {sources[names[0]]!r}"
        yield from (f"columns.{feed}.{column}: it is empty" for column, name in sources.items() if not _key(name))
    for feed, of_columns in settings.values.items():
        for column, words in of_columns.items():
            if column in model.feeds[feed].accounts:
                yield f"values.{feed}.{column}: it names accounts, and their ids are as they are delivered"
            for meant in words.values():
                yield from _misfits(f"values.{feed}.{column}", model.feeds[feed].columns[column], meant)
    for feed, constants in settings.constants.items():
        for column, value in constants.items():
            yield from _constant_problems(f"constants.{feed}.{column}", model.feeds[feed], column, str(value))
            if column in settings.columns.get(feed, {}):
                yield f"constants.{feed}.{column}: the setting columns.{feed} says that files have this column"


def _misfits(where: str, column: Column, value: str) -> Iterator[str]:
    """Yield why a value that is declared is none that the column may have; none at all is one."""
    if value and column.one_of and value not in column.one_of:
        yield f"{where}: {value!r} is not one of {', '.join(column.one_of)}"
    if value and column.pattern and not re.search(column.pattern, value):
        yield f"{where}: {value!r} does not match {column.pattern}"


def _constant_problems(where: str, feed: Feed, column: str, value: str) -> Iterator[str]:
    shared = {relationship.to.source for relationship in feed.relationships.values()}
    if column in (*feed.key, *feed.accounts) or {column, *feed.columns[column].becomes} & shared:
        yield f"{where}: it tells accounts or what they share apart, so it cannot be the same in all rows"
    if not value:
        yield f"{where}: it is empty; leave it out"
    yield from _misfits(where, feed.columns[column], value)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return _MARKS.sub("", name).strip().strip('"').strip()


@lru_cache(maxsize=4096)  # the same few names are asked for again for each file
def _key(name: str) -> str:
    """The name without what spellings differ in: case, width, separators, marks."""
    return re.sub(r"[\s_.:/-]+", "", unicodedata.normalize("NFKC", _plain(name)).casefold())


def _refuse_repeated(path: Path, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise DataRefused(f"{path}: the header names {name!r} twice")
