"""The steps of the upkeep, in order. Each says what it did in a report as stages do, and can be run again alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter

from ringwatch.days import history
from ringwatch.errors import UsageError
from ringwatch.night import Night, Report, open_night
from ringwatch.quarantine import shelf
from ringwatch.quarantine.shelf import Which
from ringwatch.resources import cypher
from ringwatch.review import stats
from ringwatch.settings import elsewhere
from ringwatch.stages import load, publish
from ringwatch.upkeep import backup
from ringwatch.upkeep.restore import restore
from ringwatch.working import working, writing

# In whose name rows leave the quarantine.
UPKEEP = "ringwatch"
# What a night leaves beside its rows and its run report.
_LEFT_OF_A_NIGHT = ("candidates.parquet", "watch.parquet", "outcomes.parquet", "report.html", "scored", "docs")
_WEEK = timedelta(days=7)
# Verdicts from which their share says something.
_ENOUGH = 20

Did = tuple[dict[str, int], list[str]]


def run(step: str, night: Night) -> Report:
    """Run one step. Raises UsageError when there is none of that name, and what the step raises."""
    if step not in STEPS:
        raise UsageError(f"there is no step {step}; the steps are {', '.join(STEPS)}")
    started = perf_counter()
    counts, warnings = STEPS[step](night)
    return Report(step, night.day, counts, {step: perf_counter() - started}, tuple(warnings))


def expire(night: Night) -> Did:
    """Take away claims that ran out, and say which allowances did."""
    with working(night, "upkeep: expire"):
        claims = night.store.verdicts.end_claims(night.store.now())
    rows = night.store.verdicts.allowances()
    ran_out = [row for row in rows if row["expires"] and night.day - _WEEK < row["expires"] <= night.day]
    soon = [row for row in rows if row["expires"] and night.day < row["expires"] <= night.day + _WEEK]
    warnings = [
        f"{len(found):,} allowances {text}; `ringwatch review allowances` lists them"
        for found, text in ((ran_out, "ran out in the last week and count again"), (soon, "will run out within a week"))
        if found
    ]
    return {"claims": claims, "ran_out": len(ran_out), "soon": len(soon)}, warnings


def purge(night: Night) -> Did:
    """See that what fell out of the window is gone from the graph, and say what is not, and why.

    On which nights it goes follows from the days alone (`loading/plan.py`), so that a graph that is made anew says the
    same. Here load makes up for what the graph has not been told, as when one broke off or a graph was restored; of
    flagged neighbourhoods publish does, as it shows them anew.
    """
    with working(night, "upkeep: purge"):
        done = (publish.show if night.settings.holds_flagged else load.run)(night).counts
        kept = _out_of_window(night)
    removed = sum(rows for name, rows in done.items() if name.removeprefix("graph.").startswith("removed."))
    warnings = [
        f"{rows:,} {name} are in the graph though they fell out of the window: {feed} was not complete on "
        f"{night.settings.window_days} days since; `ringwatch deliveries` lists them"
        for (name, feed), rows in kept.items()
    ]
    return {"removed": removed, "kept": sum(kept.values())}, warnings


def _out_of_window(night: Night) -> dict[tuple[str, str], int]:
    """Count by type and feed what the last purge should have taken; the graph's times may be `refresh_every` old."""
    settings = night.settings
    days = settings.window_days + _WEEK.days + settings.refresh_every
    before = datetime.combine(night.day - timedelta(days=days), time())
    rows = night.graph.read(cypher("upkeep/count_out_of_window"), before=before)
    of = {
        name: feed.feed
        for feed in night.model.feeds.values()
        for name, relationship in feed.relationships.items()
        if not relationship.lasting
    }
    return {(row["type"], of[row["type"]]): row["relationships"] for row in rows if row["type"] in of}


def erase(night: Night) -> Did:
    """Erase the accounts that wait for it."""
    from ringwatch.erasure import erase as erasing

    erased = changed = 0
    for waiting in night.store.tombstones.waiting():
        account = erasing.account_of(night, waiting["account_id"])
        with working(night, "upkeep: erasing of an account"):
            changed += erasing.erase(night, account, waiting["why"], waiting["author"])
        erased += 1
    return {"erased": erased, "changes": changed}, []


def drift(night: Night) -> Did:
    """Compare the probabilities of rings that were reviewed with what the reviewers said."""
    found = stats.precision(night.store.verdicts.decided())
    warnings = [
        f"of {one.reviewed:,} reviewed rings{_of(one)} {one.share:.0%} were ones, and the score expected "
        f"{one.expected:.0%} (between {one.low:.0%} and {one.high:.0%} would fit); run `ringwatch review calibrate`"
        for one in found
        if one.by in {"all", "band"} and one.reviewed >= _ENOUGH and not one.low <= one.expected <= one.high
    ]
    every = next((one for one in found if one.by == "all"), None)
    return {"reviewed": every.reviewed if every else 0, "right": every.right if every else 0}, warnings


def _of(one: stats.Precision) -> str:
    return "" if one.by == "all" else f" of the band {one.name}"


def retain(night: Night) -> Did:
    """Remove what nights left of days that are older than the setting keep_days; clean rows and counts stay."""
    if night.settings.keep_days is None:
        return {"days": 0, "files": 0, "refused_rows": 0}, []
    last = night.day - timedelta(days=night.settings.keep_days)
    with working(night, "upkeep: retain"):
        rows = shelf.discard(night, Which(until=last), f"kept for {night.settings.keep_days} days", UPKEEP)
        gone = list(_remove(night, last))
    return {"days": len({path.parent for path in gone}), "files": len(gone), "refused_rows": rows}, []


def _remove(night: Night, last: date) -> Iterator[Path]:
    for day in history.clean_days(night):
        for name in _LEFT_OF_A_NIGHT if day <= last else ():
            path = night.files.day(day) / name
            if path.is_dir():
                shutil.rmtree(path)
                yield path
            elif path.exists():
                path.unlink()
                yield path


def keep(night: Night) -> Did:
    """Make a backup in the setting backup_dir, and remove those that are older than the newest `backups_kept`."""
    root = night.settings.backup_dir
    if root is None:
        return {"backups": 0, "files": 0}, [_NO_BACKUP]
    folder = root / night.day.isoformat()
    with working(night, "upkeep: backup"):
        shutil.rmtree(folder, ignore_errors=True)
        made = backup.make(night, folder)
    kept = backups(root)
    for old in kept[: -night.settings.backups_kept]:
        shutil.rmtree(old)
    return {"backups": min(len(kept), night.settings.backups_kept), "files": len(made.files)}, []


def check(night: Night) -> Did:
    """Restore the newest backup into an empty home beside it, all but the graph, and take that away again."""
    root = night.settings.backup_dir
    if root is None or not (kept := backups(root)):
        return {"files": 0, "tables": 0}, [_NO_BACKUP] if root is None else [f"there is no backup in {root}"]
    with tempfile.TemporaryDirectory(prefix=".check-", dir=root) as home:
        settings = elsewhere(night.settings).model_copy(update={"home": Path(home) / "home"})
        with open_night(settings, night.day, tell=night.tell) as trial, writing(trial, "upkeep: check of the backup"):
            manifest = restore(trial, kept[-1])
    return {"files": len(manifest.files), "tables": len(manifest.tables)}, []


def backups(root: Path) -> list[Path]:
    """Return the whole backups in a folder, oldest first."""
    return sorted(path.parent for path in root.glob(f"????-??-??/{backup.MANIFEST}"))


_NO_BACKUP = "no backup is made: the setting backup_dir names no folder"

STEPS: dict[str, Callable[[Night], Did]] = {
    "expire": expire,
    "purge": purge,
    "erase": erase,
    "drift": drift,
    "retain": retain,
    "backup": keep,
    "check": check,
}
