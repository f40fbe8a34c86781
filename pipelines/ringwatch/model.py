"""The model: what feeds hold, what they become in the graph, and how sharing counts. Read once from `schemas/*.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ringwatch import quick_yaml
from ringwatch.errors import UsageError
from ringwatch.registries import provider_domains
from ringwatch.resources import SCHEMAS
from ringwatch.wording import THING

ACCOUNT = "Account"
ACCOUNT_KEY = "account_id"
ACCOUNT_FEED = "accounts"

# Before what a spreadsheet shows in place of a value that it could not work out.
ERROR_SIGN = "#"

# Properties that ringwatch writes itself.
RESERVED = frozenset({"first_seen", "last_seen", "days", "events", "updated_on", "accounts", "hub", "bits", "place"})

_strict = ConfigDict(extra="forbid")
Severity = Literal["stop", "quarantine", "note"]
_Type = Literal["text", "account", "email", "phone", "ip", "country", "currency", "integer", "number", "timestamp"]


@dataclass(frozen=True, config=_strict)
class Column:
    """A column of a feed and the rules for its values; a personal one is replaced by the columns it `becomes`.

    severity: what a value that breaks a rule costs: the night, the row (quarantine), or (note) only the value itself;
    pays: whether it says what was paid with, so that digits alone may be a card's number.
    """

    type: _Type
    description: str
    required: bool = False
    one_of: tuple[str, ...] = ()
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    not_before: str | None = None
    severity: Severity = "quarantine"
    pays: bool = False
    becomes: dict[str, Literal["token", "domain"]] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        return self.type in ("text", "account")

    @property
    def is_free(self) -> bool:
        """Whether any text may be a value."""
        return self.is_text and not self.one_of and not self.pattern


@dataclass(frozen=True, config=_strict)
class Node:
    """What a feed says about the account itself: the newest row's `properties`, the sum of `totals`."""

    label: Literal["Account"]
    key: Literal["account_id"]
    properties: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()


@dataclass(frozen=True, config=_strict)
class Target:
    """The far end of a relationship: its label, the property that is its key, and where both come from in the feed."""

    label: str
    key: str
    column: str | None = None
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Column that holds the key."""
        return self.column or self.key


def _told(wording: str) -> str:
    if re.search("[{}]", THING.sub("", wording)):
        raise ValueError("in braces stands what is shared, one of them and several: {device|devices}")
    return wording


@dataclass(frozen=True, config=_strict)
class Evidence:
    """How sharing an identifier counts, in bits.

    bits: what two accounts alone on an identifier are worth, 0 for what links no pairs; hub_limit: accounts from which
    it says nothing; cap_bits: most that one facet may add between two accounts; residents: people who stay on it are
    not linked by it; half_life_days: days between two accounts' use that halve its worth; review_share: share of all
    accounts up to which a hub is still looked at as a group; side: fewest accounts from which it is a side of composite
    cells, 0 for never; outsider: whether an outsider can bring it about; wording: what members that share it did ("paid
    with the same {card|cards}": in braces what is shared, one of them and several, so that it can be counted).

    affinity, habit: what it adds to the likeness of two accounts (`window/pairs.py`) that they share it, and that
    both spend their days on it; affinity_from, affinity_limit: accounts from and up to which it does; affinity_pairs:
    pairs an account from which sharing it is so usual that each doubling takes a bit of the affinity, 0 for never.
    """

    facet: str
    wording: Annotated[str, AfterValidator(_told)]
    bits: float = 0
    hub_limit: int = 3
    cap_bits: float = 0
    residents: bool = False
    half_life_days: float = 0
    review_share: float = 0
    side: int = 0
    outsider: bool = False
    affinity: float = 0
    habit: float = 0
    affinity_from: int = 2
    affinity_limit: int = 3
    affinity_pairs: float = 0


@dataclass(frozen=True, config=_strict)
class Trait:
    """What accounts can have in common without an identifier of its own: a column, or the network of its address."""

    column: str
    evidence: Evidence
    network: bool = False


@dataclass(frozen=True, config=_strict)
class Relationship:
    """An account's relationship to an identifier or to another account.

    seen: columns of the first and last time, else the day of the file; events: column that is summed;
    lasting: true until a newer row of the account replaces it, instead of for the window; place: column that says what
    kind of network an address is in, from which its place follows (`window/places.py`).
    """

    to: Target
    evidence: Evidence
    seen: tuple[str, str] | None = None
    events: str | None = None
    lasting: bool = False
    place: str | None = None


@dataclass(frozen=True, config=_strict)
class Feed:
    """One kind of daily input."""

    feed: str
    description: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    optional: bool = False
    node: Node | None = None
    relationships: dict[str, Relationship] = field(default_factory=dict)
    traits: dict[str, Trait] = field(default_factory=dict)

    @property
    def kept(self) -> dict[str, Column]:
        """Columns of a clean row by name: personal ones are replaced by what they become."""
        kept: dict[str, Column] = {}
        for name, column in self.columns.items():
            kept |= dict.fromkeys(column.becomes, column) or {name: column}
        return kept

    @property
    def tokens(self) -> tuple[str, ...]:
        """Columns of a clean row that hold keyed tokens."""
        made = [column.becomes.items() for column in self.columns.values()]
        return tuple(name for becomes in made for name, form in becomes if form == "token")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Columns that name accounts: the row's own first, then those of others."""
        others = [r.to.source for r in self.relationships.values() if r.to.label == ACCOUNT]
        declared = [name for name, column in self.columns.items() if column.type == "account"]
        return tuple(dict.fromkeys((ACCOUNT_KEY, *declared, *others)))

    @property
    def own(self) -> frozenset[str]:
        """Columns that hold the id of what a row is about: its account, or what it alone tells of (a payment)."""
        return frozenset({ACCOUNT_KEY, *(self.key if len(self.key) == 1 else ())})

    @property
    def identifying(self) -> frozenset[str]:
        """Columns that hold what somebody or something is known by."""
        shared = [r.to.source for r in self.relationships.values()] + [t.column for t in self.traits.values()]
        return frozenset({*self.accounts, *self.key, *shared})

    @property
    def lasts(self) -> bool:
        """Whether rows say something that holds beyond the window."""
        return bool(self.node and self.node.properties) or any(r.lasting for r in self.relationships.values())


@dataclass(frozen=True, config=_strict)
class Nothing:
    """What is written where there is nothing; a value is compared as a whole, in any case, without brackets around it.

    values: words that say that there is no value; names: words in place of a name, which an account may have all the
    same; fillers: patterns of what fills a field without saying anything.
    """

    values: tuple[str, ...]
    names: tuple[str, ...]
    fillers: tuple[str, ...]

    @cached_property
    def anywhere(self) -> str:
        """Pattern of what is no identifier, and no value where one may be lacking."""
        return _whole(_words(*self.values, *self.names), *self.fillers)

    @cached_property
    def of_own_ids(self) -> str:
        """Pattern of what is not even the id of what a row is about."""
        return _whole(_words(*self.values), *self.fillers)

    @cached_property
    def of_codes(self) -> str:
        """Pattern of what is no value of a column that has a pattern itself, although it matches that."""
        return _whole(*self.fillers)


def _words(*words: str) -> str:
    """Pattern of words with or without brackets, quotes and the like around them."""
    return rf"""[(<\[{{"'`_%]*(?:{"|".join(re.escape(word) for word in words)})[)>\]}}"'`_%]*"""


def _whole(*patterns: str) -> str:
    return rf"(?i)\A(?:{'|'.join(patterns)})\z"


@dataclass(frozen=True, config=_strict)
class Issuer:
    """Whose card numbers begin with one of `begin` (first digits, or a range `2221-2720`) and have so many digits."""

    issuer: str
    begin: tuple[str, ...]
    digits: tuple[int, ...]


@dataclass(frozen=True, config=_strict)
class Defaults:
    """What holds for every feed.

    spoiled: patterns of what spreadsheets leave of an id; error_values: patterns of what follows ERROR_SIGN there;
    card_numbers: how those of each issuer are known; free_mail: mail domains at which anybody may have an address,
    besides those of known providers.
    """

    nothing: Nothing
    spoiled: tuple[str, ...]
    card_numbers: tuple[Issuer, ...]
    max_length: int
    earliest: date
    cell: Evidence
    funding: Evidence
    error_values: tuple[str, ...] = ()
    free_mail: tuple[str, ...] = ()

    @cached_property
    def whole_spoiled(self) -> str:
        """Pattern of what spreadsheets leave of an id."""
        return _whole(*self.spoiled)

    @cached_property
    def whole_error(self) -> str:
        """Pattern of error values of spreadsheets."""
        return _whole(*(f"{ERROR_SIGN}(?:{pattern})" for pattern in self.error_values))


@dataclass(frozen=True)
class Model:
    """All feeds by name, accounts first."""

    feeds: dict[str, Feed]
    defaults: Defaults

    def relationships(self, feeds: tuple[str, ...] | None = None) -> Iterator[tuple[Feed, str, Relationship]]:
        """Yield (feed, relationship type, relationship) for `feeds`, or for all."""
        for feed in self.feeds.values():
            if feeds is None or feed.feed in feeds:
                yield from ((feed, name, relationship) for name, relationship in feed.relationships.items())

    def traits(self, feeds: tuple[str, ...] | None = None) -> Iterator[tuple[Feed, Trait]]:
        """Yield (feed, trait) for `feeds`, or for all."""
        for feed in self.feeds.values():
            if feeds is None or feed.feed in feeds:
                yield from ((feed, trait) for trait in feed.traits.values())

    def identifiers(self) -> dict[str, str]:
        """Label of each identifier with the property that is its key."""
        return {r.to.label: r.to.key for _, _, r in self.relationships() if r.to.label != ACCOUNT}

    def kinds(self, feeds: tuple[str, ...] | None = None) -> dict[str, list[tuple[str, str, str]]]:
        """Return for each kind of identifier that is free text (its label): feeds, columns and facets it comes from."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for feed, _, r in self.relationships(feeds):
            column = feed.columns.get(r.to.source)
            if r.to.label != ACCOUNT and column and column.is_free:
                found.setdefault(r.to.label, []).append((feed.feed, r.to.source, r.evidence.facet))
        return found

    def account_properties(self) -> tuple[str, ...]:
        """Properties of an account that feeds set: what they say of it, then what is summed."""
        nodes = [feed.node for feed in self.feeds.values() if feed.node]
        said = [name for node in nodes for name in node.properties]
        return (*said, *(name for node in nodes for name in node.totals))

    def identifier_properties(self, label: str) -> tuple[str, ...]:
        """Properties of the identifier `label` besides its key."""
        targets = [r.to for _, _, r in self.relationships() if r.to.label == label]
        return tuple(dict.fromkeys(name for target in targets for name in target.properties))

    @property
    def free_mail(self) -> tuple[str, ...]:
        """Mail domains at which anybody may have an address, in order."""
        return tuple(sorted(provider_domains().union(self.defaults.free_mail)))


@cache
def load_model(folder: Path = SCHEMAS) -> Model:
    """Return the model in `folder`. Raises UsageError with file and line when it is not sound."""
    defaults = _read(folder / "defaults.yml", Defaults)
    files = sorted(folder.glob("*.yml"), key=lambda path: (path.stem != "accounts", path.stem))
    feeds = {}
    for path in files:
        if path.stem != "defaults":
            feed = _read(path, Feed)
            _check_references(path, feed)
            feeds[feed.feed] = feed
    model = Model(feeds, defaults)
    _check_names(folder, model)
    return model


def _read(path: Path, shape: Any) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: the model needs this file") from None
    try:
        return _shaped(shape).validate_python(quick_yaml.load(text))
    except (quick_yaml.Unreadable, ValueError):
        return _read_by_line(path, text, shape)


@cache
def _shaped(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _read_by_line(path: Path, text: str, shape: Any) -> Any:
    """Return the same, more slowly; raise UsageError with the line of what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        data = YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}:{line}: {error.problem}") from None
    try:
        return _shaped(shape).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}:{_line(data, first['loc'])}: {where}: {first['msg']}") from None


def _line(data: Any, location: tuple[Any, ...]) -> int:
    """Line (from 1) of the deepest part of `location` that the file holds."""
    line = 1
    for part in location:
        known = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
        if part not in known:
            break
        marks: Any = data.lc  # ruamel.yaml's own dict and list know their lines
        line = (marks.key(part) if isinstance(data, dict) else marks.item(part))[0] + 1
        data = data[part]
    return int(line)


def _check_references(path: Path, feed: Feed) -> None:
    """Refuse a feed whose file, keys or relationships name something it does not have."""
    if feed.feed != path.stem:
        _refuse(path, feed.feed, f"feed {feed.feed} must be in {feed.feed}.yml")
    for name in feed.key:
        if name not in feed.kept or name not in feed.columns:
            _refuse(path, name, f"key column {name} is not among the columns that are kept")
    if ACCOUNT_KEY not in feed.columns:
        _refuse(path, "columns", f"every feed needs the column {ACCOUNT_KEY}")
    _check_columns(path, feed)
    _check_words(path, feed)
    for name, relationship in feed.relationships.items():
        _check_relationship(path, feed, name, relationship)
    for name in (*feed.node.properties, *feed.node.totals) if feed.node else ():
        if name not in feed.kept:
            _refuse(path, name, f"property {name} is not among the columns that are kept")
    for name, trait in feed.traits.items():
        if trait.column not in feed.kept:
            _refuse(path, name, f"trait {name} needs the column {trait.column}, which is not among those that are kept")


def _check_columns(path: Path, feed: Feed) -> None:
    for name, column in feed.columns.items():
        if column.not_before and column.not_before not in feed.columns:
            _refuse(path, name, f"{name} may not be before {column.not_before}, which is not among the columns")
        if column.pattern:
            _check_pattern(path, name, column.pattern)
        if column.severity == "note" and (column.required or name in feed.key):
            _refuse(path, name, f"{name} is needed in every row, so that a wrong one cannot be noted and left out")
        if column.becomes and (column.one_of or column.pattern):
            _refuse(path, name, f"{name} is replaced by what it becomes, and cannot have one_of or pattern")


def _check_pattern(path: Path, name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        _refuse(path, name, f"pattern of {name}: {error}")


def _check_words(path: Path, feed: Feed) -> None:
    """Refuse names that cannot be written in a statement as they are, or that ringwatch needs for itself."""
    targets = [relationship.to for relationship in feed.relationships.values()]
    properties = [name for to in targets for name in (to.key, to.source, *to.properties)]
    properties += [*feed.node.properties, *feed.node.totals] if feed.node else []
    for name in (feed.feed, *feed.kept, *properties):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            _refuse(path, name, f"{name} is not in lower_snake letters")
    for name in RESERVED.intersection(properties):
        _refuse(path, name, f"ringwatch writes {name} itself; give the property another name")


def _check_relationship(path: Path, feed: Feed, name: str, relationship: Relationship) -> None:
    columns = [relationship.to.source, *relationship.to.properties.values(), *(relationship.seen or ())]
    for column in [*columns, *(filter(None, (relationship.events, relationship.place)))]:
        if column not in feed.kept:
            _refuse(path, name, f"{name} needs the column {column}, which is not among the columns that are kept")
    if not re.fullmatch(r"[A-Z][A-Z_]*", name):
        _refuse(path, name, f"relationship type {name} is not in UPPER_SNAKE letters")
    if not re.fullmatch(r"[A-Z][A-Za-z]*", relationship.to.label):
        _refuse(path, name, f"label {relationship.to.label} is not in CamelCase letters")
    if relationship.evidence.hub_limit < 3:
        _refuse(path, name, f"hub_limit of {name} must be at least 3")


def _check_names(folder: Path, model: Model) -> None:
    """Refuse a model without accounts, or in which a relationship type, facet or label means two things."""
    if "accounts" not in model.feeds:
        raise UsageError(f"{folder}: the model needs accounts.yml")
    seen: set[str] = set()
    keys: dict[str, str] = {ACCOUNT: ACCOUNT_KEY}
    for feed, name, relationship in model.relationships():
        path = folder / f"{feed.feed}.yml"
        for word in (name, relationship.evidence.facet):
            if word in seen:
                _refuse(path, name, f"{word} is declared twice")
            seen.add(word)
        if keys.setdefault(relationship.to.label, relationship.to.key) != relationship.to.key:
            _refuse(path, name, f"{relationship.to.label} has another key elsewhere: {keys[relationship.to.label]}")


def _refuse(path: Path, word: str, message: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next((i for i, text in enumerate(lines, 1) if re.search(rf"\b{re.escape(word)}\b", text)), 1)
    raise UsageError(f"{path}:{line}: {message}")
