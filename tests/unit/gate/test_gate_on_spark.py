"""What Spark makes of a delivery is what one machine makes of it: the same bytes, counts and words."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY, TUESDAY
from odd_deliveries import Validated, deliver, deliver_monday, devices, night_of, validate
from on_spark import needs_spark

from ringwatch.errors import DataRefused, UsageError
from ringwatch.gate import portions
from ringwatch.night import open_night
from ringwatch.resources import SCHEMAS
from ringwatch.settings import load_settings
from ringwatch.spark import feeds
from ringwatch.spark.delivery import Delivery
from ringwatch.spark.session import session
from ringwatch.stages import run_stage

PORTION = 1_500

pytestmark = needs_spark


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feeds")
    deliver(folder)
    return folder


@pytest.fixture(scope="module", autouse=True)
def small_portions() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "PORTION_BYTES", PORTION)
        yield


@pytest.fixture(scope="module")
def monday(arrived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which Monday was judged, and an account erased."""
    home = tmp_path_factory.mktemp("monday") / "var"
    with night_of(home, arrived, "local").on(MONDAY) as night:
        run_stage("validate", night)
    return home


def copied(monday: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(monday, tmp_path / "var"))


@pytest.fixture(scope="module")
def here(arrived: Path, monday: Path, tmp_path_factory: pytest.TempPathFactory) -> Validated:
    return validate(night_of(copied(monday, tmp_path_factory.mktemp("here")), arrived, "local"))


def test_the_delivery_has_rows_of_all_fates(here: Validated) -> None:
    counts = here.report["counts"]

    assert counts["devices.duplicates"] > 0
    assert counts["devices.quarantined"] > 0
    assert counts["devices.held"] > 0
    assert counts["devices.noted"] > 0
    assert counts["payments.quarantined"] > 0
    assert any("given to somebody else (accounts-0.csv.gz row 8)" in words for words in here.report["warnings"])


def lost_once(marker: Path) -> Callable[[Any], Any]:
    """What lets rows pass, and ends its process behind the last one, the first time."""

    def passing(batches: Any) -> Any:
        yield from batches
        if not marker.exists():
            marker.touch()
            os._exit(9)

    return passing


def test_executors_judge_as_one_machine_does_though_some_are_lost_and_leave_nothing_behind(
    arrived: Path, monday: Path, here: Validated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Delivery._write

    def losing(self: Delivery, rows: Any, name: str, by: str | None = None) -> None:
        write(self, rows.mapInArrow(lost_once(tmp_path / name), rows.schema), name, by)

    monkeypatch.setattr(Delivery, "_write", losing)
    night = night_of(copied(monday, tmp_path), arrived, "spark", spark_dir=(tmp_path / "there").as_uri())

    found = validate(night)

    assert found == here
    assert all((tmp_path / step).exists() for step in ("typed", "judged", "kept"))
    assert list((night.files.home / "spark").iterdir()) == []
    assert list((tmp_path / "there").iterdir()) == []


def test_feeds_on_a_hadoop_path_are_judged_as_those_on_this_machine(
    arrived: Path, monday: Path, tmp_path: Path
) -> None:
    feeds_of = {"feeds": ("accounts",)}
    here = validate(night_of(copied(monday, tmp_path / "here"), arrived, "local", **feeds_of))
    night = night_of(copied(monday, tmp_path / "there"), "viewfs://cluster/feeds", "spark", **feeds_of)
    hadoop = session(night.settings).sparkContext._jsc.hadoopConfiguration()
    hadoop.set("fs.viewfs.mounttable.cluster.link./feeds", arrived.as_uri())

    assert validate(night) == here
    assert feeds.missing(night) is None
    assert feeds.missing(night.on(MONDAY - timedelta(days=1))) == (
        "no feeds for 2026-03-01: viewfs://cluster/feeds/2026-03-01 does not exist"
    )


def strict(folder: Path) -> Path:
    """A model in which a negative number of sessions stops the night."""
    shutil.copytree(SCHEMAS, folder / "schemas")
    path = folder / "schemas" / "devices.yml"
    path.write_text(path.read_text().replace("type: integer\n    severity: note", "type: integer\n    severity: stop"))
    return folder


def nested(folder: Path) -> None:
    """A file that executors look at without a fault, and cannot read."""
    rows = devices(200, 60)
    things = pa.array([[1]] * len(rows))
    pq.write_table(rows.set_column(1, "device", things), folder / "devices" / "two.parquet")


def cut_off(folder: Path) -> None:
    path = folder / "devices" / "one.parquet"
    path.write_bytes(path.read_bytes()[:-10])


@pytest.mark.parametrize(
    ("change", "more", "message"),
    [
        (None, {"model_dir": strict}, "row 4: sessions is less than 0, which stops the night"),
        (None, {"gate_most_rows": 50}, "one.parquet: with it the feed has more than 50 rows"),
        (nested, {}, "two.parquet: the column device holds list<"),
        (cut_off, {}, "one.parquet: cannot be read as parquet: "),
    ],
)
def test_what_stops_a_night_is_said_as_on_one_machine(
    tmp_path: Path, change: Callable[[Path], None] | None, more: dict[str, Any], message: str
) -> None:
    day = tmp_path / "in" / str(TUESDAY)
    deliver_monday(day)
    (day / "devices.csv").unlink()
    (day / "devices").mkdir()
    pq.write_table(devices(0, 60), day / "devices" / "one.parquet", row_group_size=30)
    if change:
        change(day)
    settings = {name: given(tmp_path / "model") if callable(given) else given for name, given in more.items()}

    said = []
    for engine in ("local", "spark"):
        night = night_of(tmp_path / engine, tmp_path / "in", engine, **settings)
        with pytest.raises(DataRefused) as refusal:
            validate(night)
        said.append(str(refusal.value))

    assert message in said[0]
    assert said[1] == said[0]


def test_a_hadoop_path_takes_the_engine_spark(tmp_path: Path) -> None:
    night = open_night(load_settings(home=tmp_path, engine="local"), TUESDAY, "s3a://bucket/feeds")

    with pytest.raises(UsageError, match=r"^s3a://bucket/feeds can be read on Spark only: --engine spark"):
        run_stage("validate", night)


def test_a_path_of_this_machine_may_be_written_as_an_address(tmp_path: Path) -> None:
    assert load_settings(feeds_dir="file:///srv/the%20feeds").feeds_dir == Path("/srv/the feeds")
    assert load_settings(feeds_dir="hdfs://there/feeds").feeds_dir == "hdfs://there/feeds"
    assert load_settings(feeds_dir="~/feeds").feeds_dir == Path.home() / "feeds"
