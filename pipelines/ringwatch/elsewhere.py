"""A night beside the real one: the same day and doors, other files. What it finds changes nothing that anybody sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ringwatch.days.files import Files
from ringwatch.night import Night
from ringwatch.settings import Settings

# What a night reads of its home besides clean days: keys, and what verdicts changed in the score.
_READ = ("secrets", "adjustments")


@contextmanager
def night_beside(night: Night, folder: Path, settings: Settings) -> Iterator[Night]:
    """Yield a night of the same day with files of its own in `folder`, which is new and gone afterwards.

    It has the real night's keys and adjustments, by links; its clean days are for who asks to put there (`same_days`).
    It shares the doors, which the real night opens by its own settings, and closes.
    """
    _ = night.store
    if settings.engine == "gds":
        _ = night.graph
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for name in _READ:
            if (night.files.home / name).exists():
                (folder / name).symlink_to((night.files.home / name).resolve())
        store = night.settings.store_url or f"sqlite:///{night.settings.store_address}"
        own = settings.model_copy(update={"home": folder, "store_url": store})
        yield replace(night, settings=own, files=Files(folder, night.files.feeds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def same_days(night: Night, other: Night) -> None:
    """Give the other night the clean and held rows of all days, by links."""
    for part in ("clean", "held"):
        for path in sorted((night.files.home / "days").glob(f"*/{part}")):
            link = other.files.home / "days" / path.parent.name / part
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
