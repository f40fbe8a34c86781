"""What rows of a feed are typed and judged by, in one object: it travels to wherever that is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ringwatch.gate import expectations
from ringwatch.gate.tombstones import Tombstones, open_tombstones
from ringwatch.keys import tokens
from ringwatch.model import Defaults, Feed
from ringwatch.night import Night

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite


@dataclass(frozen=True)
class Terms:
    """The feed of the model, the deployment's words for it, the day, and what makes tokens and tells erased accounts.

    sources, values, constants: the settings columns, values and constants of the feed.
    """

    feed: Feed
    defaults: Defaults
    day: date
    zone: str
    chunk_rows: int
    sources: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    constants: Mapping[str, str | int | float]
    keys: tuple[bytes, ...] = field(repr=False)
    erased: Tombstones = field(repr=False)

    def suite(self) -> ExpectationSuite:
        """Return the rules for each row."""
        return expectations.rows_suite(self.feed, self.defaults, self.day, self.sources)


def terms(night: Night, feed: Feed) -> Terms:
    """Return what the rows of `feed` are typed and judged by on a night."""
    settings, name = night.settings, feed.feed
    return Terms(
        feed=feed,
        defaults=night.model.defaults,
        day=night.day,
        zone=settings.day_zone,
        chunk_rows=settings.gate_chunk_rows,
        sources=settings.columns.get(name, {}),
        values=settings.values.get(name, {}),
        constants=settings.constants.get(name, {}),
        keys=tokens.token_keys(settings.home),
        erased=open_tombstones(night),
    )
