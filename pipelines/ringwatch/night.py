"""A night: the six stages in order, what they are given and what they hand back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ringwatch.days.files import Files
from ringwatch.errors import UsageError
from ringwatch.resources import SCHEMAS, cypher

if TYPE_CHECKING:
    from ringwatch.graph import Graph
    from ringwatch.model import Model
    from ringwatch.settings import Settings
    from ringwatch.store.store import Store

STAGES = ("validate", "load", "link", "detect", "score", "publish")


def _nobody(_doing: str) -> None:
    """Nobody watches."""


@dataclass
class Doors:
    """The doors that are open: graph and store, each None until it is used."""

    graph: Graph | None = None
    store: Store | None = None

    def close_graph(self) -> None:
        if self.graph is not None:
            self.graph.close()
        self.graph = None

    def close(self) -> None:
        self.close_graph()
        if self.store is not None:
            self.store.close()
        self.store = None


@dataclass(frozen=True)
class Night:
    """What a stage needs: the day, the settings, the model, and the doors to files, graph and store.

    Graph and store are opened on first use, so that a stage which needs neither starts neither. `tell` shows people
    what a long stage is doing. `run` is the key of the scheduler's run that has the turn.
    """

    day: date
    settings: Settings
    files: Files
    tell: Callable[[str], None] = _nobody
    run: str | None = None
    doors: Doors = field(default_factory=Doors, repr=False, compare=False)

    @cached_property
    def model(self) -> Model:
        return settings_model(self.settings)

    def cypher(self, name: str) -> str:
        """Return a statement that is made from the model, e.g. `load/write_accounts`."""
        return cypher(name, self.settings.model_dir)

    @property
    def graph(self) -> Graph:
        if self.doors.graph is None:
            from ringwatch.graph import Graph
            from ringwatch.server import ensure_running

            self.doors.graph = Graph(ensure_running(self.settings))
        return self.doors.graph

    def close_graph(self) -> None:
        """Close the door to the graph; the next use opens it again, and starts the server if it was ended."""
        self.doors.close_graph()

    @property
    def store(self) -> Store:
        if self.doors.store is None:
            from ringwatch.store.store import Store

            self.doors.store = Store.open(self.settings.store_address)
        return self.doors.store

    def on(self, day: date) -> Self:
        """Return the night of another day, with the doors of this one; this one closes them."""
        return replace(self, day=day)

    def elsewhere(self) -> Self:
        """Return this night for another process: it opens doors of its own, and nobody watches."""
        return replace(self, tell=_nobody, doors=Doors())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Close the doors that were opened."""
        self.doors.close()


@dataclass(frozen=True)
class Report:
    """What a stage did: `counts` by dotted name (`devices.clean`), `seconds` by step, warnings for people."""

    stage: str
    day: date
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    feeds: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"day": self.day.isoformat(), "warnings": list(self.warnings)}


def open_night(
    settings: Settings,
    day: date,
    feeds: Path | str | None = None,
    tell: Callable[[str], None] = _nobody,
    run: str | None = None,
) -> Night:
    """Return the night of `day`; `feeds` (else the setting feeds_dir) is the folder in which its feeds arrive."""
    from ringwatch.settings import feeds_folder

    return Night(day, settings, Files(settings.home, feeds_folder(feeds) if feeds else settings.feeds_dir), tell, run)


def settings_model(settings: Settings) -> Model:
    """Return the deployment's own model when the setting model_dir names one, else the one that is shipped.

    Raises UsageError when what the settings say of feeds does not fit it.
    """
    from ringwatch.mapping import check
    from ringwatch.model import load_model

    model = load_model(settings.model_dir / "schemas" if settings.model_dir else SCHEMAS)
    # A model of one's own may lack some of the feeds that the setting has from the start.
    if settings.feeds != type(settings).model_fields["feeds"].default:
        check_feeds("setting feeds", settings.feeds, model)
    check(settings, model)
    return model


def check_feeds(where: str, names: Iterable[str], model: Model) -> None:
    """Raise UsageError that names the first of `names` which is no feed of the model, and the one that was meant."""
    for name in names:
        if name not in model.feeds:
            near = get_close_matches(name, model.feeds, 1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(f"{where} {name}: there is no such feed{meant}; the feeds are {', '.join(model.feeds)}")
