"""What killed programs left behind, and what is made again from the days whenever it is not there."""

from __future__ import annotations

import shutil
from itertools import chain

from ringwatch.night import Night


def clear(night: Night) -> None:
    """Remove both; who does it holds the lease."""
    for ending in ("", ".new", ".new.wal"):
        night.files.sharing.with_name(f"{night.files.sharing.name}{ending}").unlink(missing_ok=True)
    of_days = [(night.files.home / "days").glob(f"*/{name}") for name in ("replaying", "amending.new")]
    files = night.files
    for folder in (files.graph / "bulk", files.graph / "survey", files.spill, files.spark, *chain(*of_days)):
        shutil.rmtree(folder, ignore_errors=True)
