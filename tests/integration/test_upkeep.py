"""What is done each week, on two nights that were run; and a backup that comes back."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from nights import DAYS

from ringwatch import stages
from ringwatch.errors import DataRefused, UsageError
from ringwatch.night import Night, open_night
from ringwatch.settings import Settings
from ringwatch.store import dump
from ringwatch.upkeep import backup, digests, steps
from ringwatch.upkeep.restore import compare_graph, restore
from ringwatch.working import writing

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def made(nights: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of two nights."""
    folder = tmp_path_factory.mktemp("backups") / "backup"
    backup.make(nights, folder)
    return folder


def elsewhere(settings: Settings, home: Path) -> Settings:
    """Another home, and the same server."""
    return settings.model_copy(update={"home": home})


def test_a_backup_that_was_restored_is_what_was_backed_up(
    nights: Night, settings: Settings, made: Path, tmp_path: Path
) -> None:
    graph, tables = digests.of_graph(nights.graph), dump.digests(nights.store.engine)
    files = {name: digests.of_file(nights.files.home / name) for name in backup.Manifest.read(made).files}
    files.pop("graph/digests.json")  # of files by the time of their change, looked at again by whoever restores them

    with open_night(elsewhere(settings, tmp_path / "var"), nights.day) as there:
        with writing(there, "restore"):
            manifest = restore(there, made)
        assert {name: digests.of_file(there.files.home / name) for name in files} == files
        stages.rebuild(there, lambda stage: None)
        compare_graph(there, manifest)

        assert digests.of_graph(there.graph) == graph
        assert dump.digests(there.store.engine) == tables
        assert stages.run_stage("load", there).counts["days"] == 0


def test_a_damaged_backup_is_refused_by_the_file(nights: Night, settings: Settings, made: Path, tmp_path: Path) -> None:
    copy = backup.Manifest.read(made)
    name = next(name for name in copy.files if name.endswith("clean/accounts.parquet"))
    path = made / backup.HOME / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")

    with (
        open_night(elsewhere(settings, tmp_path / "var"), nights.day) as there,
        pytest.raises(DataRefused, match=r"clean/accounts\.parquet is not what was backed up"),
        writing(there, "restore"),
    ):
        restore(there, made)
    path.write_bytes(whole)


def test_a_backup_that_broke_off_is_none(nights: Night, settings: Settings, made: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    (broken / backup.HOME).mkdir(parents=True)

    with pytest.raises(UsageError, match="is no whole backup"):
        backup.Manifest.read(broken)
    with pytest.raises(UsageError, match="is not empty; name a new folder"):
        backup.make(nights, made)


def test_nothing_is_restored_over_what_is_there(nights: Night, made: Path) -> None:
    with pytest.raises(UsageError, match="is not empty: it has"):
        restore(nights, made)


def test_the_newest_backups_stay_and_are_tried(nights: Night, tmp_path: Path) -> None:
    for day in ("2026-01-04", "2026-01-11"):
        (tmp_path / day).mkdir()
        (tmp_path / day / backup.MANIFEST).write_text(json.dumps({}))
    kept = nights.settings.model_copy(update={"backup_dir": tmp_path, "backups_kept": 2})

    with open_night(kept, nights.day) as night:
        done = steps.run("backup", night)
        checked = steps.run("check", night)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-01-11", str(nights.day)]
    assert done.counts["files"] == checked.counts["files"] > 0


def test_without_a_folder_it_is_said_that_there_is_no_backup(nights: Night) -> None:
    assert "backup_dir" in steps.run("backup", nights).warnings[0]
    assert "backup_dir" in steps.run("check", nights).warnings[0]


def test_what_nights_left_of_old_days_goes_and_their_rows_stay(nights: Night) -> None:
    later = nights.day + timedelta(days=60)
    old = nights.settings.model_copy(update={"keep_days": 61})
    with open_night(old, later) as night:
        counts = steps.run("retain", night).counts
    first, second = (nights.files.day(day) for day in DAYS[:2])

    assert counts["days"] == 1
    assert {path.name for path in first.iterdir()} == {"clean", "held", "quarantine", "report.json"} & {
        path.name for path in first.iterdir()
    }
    assert (second / "scored").is_dir()
    assert stages.run_stage("load", nights).counts["days"] == 0


def test_what_fell_out_of_the_window_and_is_in_the_graph_still_is_named_with_its_feed(nights: Night) -> None:
    old = nights.day - timedelta(days=nights.settings.window_days + 15)
    seen = "MATCH (:Account)-[r:USED_DEVICE]->() WITH r ORDER BY elementId(r) LIMIT 3"
    before = [row["at"] for row in nights.graph.read(f"{seen} RETURN r.last_seen AS at")]
    assert steps.run("purge", nights).warnings == ()

    nights.graph.write(f"{seen} SET r.last_seen = localdatetime($at)", at=f"{old}T08:00:00")
    report = steps.run("purge", nights)
    nights.graph.write(f"{seen} WITH collect(r) AS all UNWIND range(0, 2) AS i "
                       "WITH all[i] AS r, $at[i] AS at SET r.last_seen = at", at=before)  # fmt: skip

    assert report.counts == {"removed": 0, "kept": 3}
    assert report.warnings[0].startswith("3 USED_DEVICE are in the graph though they fell out of the window: devices ")


def test_what_a_load_that_broke_off_left_in_the_graph_is_purged(nights: Night) -> None:
    nights.graph.write("MATCH (s:LoadState) DELETE s")  # nobody knows what the graph was told
    nights.graph.write("CREATE (:Device {device: 'of no file', updated_on: date('2026-01-01')})")

    assert steps.run("purge", nights).counts["removed"] == 1
    assert nights.graph.read("MATCH (d:Device {device: 'of no file'}) RETURN d") == []


def test_an_account_that_waits_is_erased_once(nights: Night) -> None:
    account = nights.graph.read("MATCH (a:Account) RETURN min(a.account_id) AS account")[0]["account"]
    nights.store.tombstones.ask(account, "ana", "asked for it")

    assert steps.run("erase", nights).counts["erased"] == 1
    assert nights.store.tombstones.waiting() == []
    assert nights.graph.read("MATCH (a:Account {account_id: $account}) RETURN a", account=account) == []
    assert steps.run("erase", nights).counts["erased"] == 0
