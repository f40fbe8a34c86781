"""A world of clean days through the real program: what link, detect and score make of a day, as judged groups.

The gate is not asked, since a world's days are written as it leaves them (`simulate.clean`); nor is a graph loaded:
detection follows from the clean days alone, and asks Neo4j only for its graph algorithms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from ringwatch.days.files import Files
from ringwatch.evaluate.plan import Trial
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.stages import detect, score

# Worlds hold nobody's personal values; with one key for all, the same world gives the same tokens everywhere.
_KEY = b"a key for simulated worlds only."


def make_world(folder: Path, trial: Trial) -> Path:
    """Write the clean days and the truth of the trial's world below `folder`; return the home they lie in."""
    home = folder / trial.name.replace(" ", "-")
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "token.key").write_bytes(_KEY)
    simulate(home, trial.accounts, trial.days, trial.seed, world=trial.world, write=write_clean)
    return home


def judge_world(home: Path, day: date, settings: Settings, tell: Callable[[str], None]) -> pd.DataFrame:
    """Return the groups that the program finds in the clean days of `home` up to `day`, as judged.

    ring_id, account_id, kind, ring_probability, flagged; see `metrics`. `settings` name the feeds and the server.
    """
    with Night(day, settings, Files(home), tell) as night:
        detect.run(night)
        score.run(night)
        return read_judged(night)


def read_judged(night: Night) -> pd.DataFrame:
    """Return what score left of the night, flagged as publish would on a first night."""
    rings, members = (pd.read_parquet(night.files.scored(night.day, table)) for table in ("rings", "members"))
    return as_judged(rings, members, night.settings.flag_probability)


def as_judged(rings: pd.DataFrame, members: pd.DataFrame, flag_probability: float) -> pd.DataFrame:
    """Return score's tables `rings` and `members` as one row per member of a judged group."""
    rings = rings.rename(columns={"probability": "ring_probability"})
    rings["flagged"] = rings["ring_probability"] >= flag_probability
    judged = members[["candidate", "account_id"]].merge(
        rings[["candidate", "kind", "ring_probability", "flagged"]], on="candidate"
    )
    return judged.rename(columns={"candidate": "ring_id"})


def last_day(trial: Trial) -> date:
    return START + timedelta(days=trial.days - 1)


def without(home: Path, feeds: Collection[str], folder: Path) -> Path:
    """Return a home below `folder` that holds the same days but for some feeds."""
    poorer = folder / f"{home.name}-without-{'-'.join(feeds)}"
    for path in sorted(home.glob("days/*/clean/*.parquet")):
        if path.stem not in feeds:
            link = poorer / path.relative_to(home)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
    return poorer
