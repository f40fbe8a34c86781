"""Small deliveries: feeds of a day as lines of CSV files, and what the gate counted of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ringwatch.days import run_report
from ringwatch.days.files import Files
from ringwatch.night import Night
from ringwatch.settings import load_settings

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (2, 3, 4))


def open_night(folder: Path, feeds: tuple[str, ...], day: date = MONDAY, **settings: Any) -> Night:
    """Return a night of the home `folder`/var that expects these feeds in `folder`/in."""
    night = Night(
        day, load_settings(home=folder / "var", feeds=feeds, **settings), Files(folder / "var", folder / "in")
    )
    night.files.arrived(day).mkdir(parents=True, exist_ok=True)
    return night


def deliver(night: Night, **feeds: list[str]) -> None:
    """Let feeds (lines of a CSV file by name) arrive; other files of the day stay."""
    for name, lines in feeds.items():
        (night.files.arrived(night.day) / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def reported(night: Night, feed: str) -> dict[str, int]:
    """What the run report of the night counts of a feed."""
    found = run_report.read(night)["validate"]["counts"]
    return {name.partition(".")[2]: count for name, count in found.items() if name.startswith(f"{feed}.")}
