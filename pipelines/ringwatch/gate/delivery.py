"""What a day's folder must have before its night can begin: its mark, and files of every feed that is not optional."""

from __future__ import annotations

from pathlib import Path

from ringwatch.errors import DataRefused
from ringwatch.gate import feeds
from ringwatch.night import Night
from ringwatch.symptoms import LATE_FEED


def missing(night: Night) -> str | None:
    """Return the sentence that says what the day lacks; None when all that it needs is there."""
    try:
        arrived = folder(night)
        for name in expected(night):
            files(night, arrived, name)
    except DataRefused as refusal:
        return str(refusal)
    return None


def expected(night: Night) -> list[str]:
    """Return the feeds that this deployment has, in the order of the model."""
    return [name for name in night.model.feeds if name in night.settings.feeds]


def folder(night: Night) -> Path:
    """Return the folder of the day. Raises DataRefused when it is not there, or not complete."""
    found = night.files.arrived(night.day)
    if not found.is_dir():
        raise DataRefused(f"no feeds for {night.day}: {found} does not exist", LATE_FEED)
    marker = night.settings.feeds_marker
    if marker and not (found / marker).exists():
        raise DataRefused(f"the feeds of {night.day} are not complete: there is no {found / marker} yet", LATE_FEED)
    return found


def files(night: Night, arrived: Path, name: str) -> list[Path]:
    """Return the files of a feed, none for an optional one that is not there. Raises DataRefused for another."""
    paths = feeds.find(arrived, name, night.settings.feeds_marker)
    if not paths and not night.model.feeds[name].optional:
        raise DataRefused(
            f"the feed {name} is missing on {night.day}: there is no {arrived / name}{{.parquet,.csv,.jsonl}}; "
            f"deliver it, or run --without {name} if this deployment has none",
            LATE_FEED,
        )
    return paths
