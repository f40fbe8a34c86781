"""Clean days that are written directly are those that the real gate leaves."""

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ringwatch.night import open_night
from ringwatch.settings import load_settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.families import draw_world
from ringwatch.stages import validate

WORLD = draw_world("A", 1)
DAYS = [START + timedelta(days=offset) for offset in range(2)]


def home_with_key(folder: Path) -> Path:
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "token.key").write_bytes(b"k" * 32)
    return folder


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = home_with_key(tmp_path_factory.mktemp("judged"))
    simulate(home, accounts=1_500, days=2, seed=1, world=WORLD)
    for day in DAYS:
        with open_night(load_settings(home=home), day, home / "feeds") as night:
            counts = validate.run(night).counts
        assert not any(counts[name] for name in counts if name.endswith(("held", "quarantined", "duplicates", "late")))
    return home


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = home_with_key(tmp_path_factory.mktemp("direct"))
    simulate(home, accounts=1_500, days=2, seed=1, world=WORLD, write=write_clean)
    return home


@pytest.mark.parametrize("feed", WORLD.feeds)
def test_a_clean_file_equals_the_one_behind_the_gate(feed: str, judged: Path, direct: Path) -> None:
    for day in DAYS:
        path = f"days/{day}/clean/{feed}.parquet"
        behind, written = pq.read_table(judged / path), pq.read_table(direct / path)

        assert written.num_rows > 0
        assert written.schema.equals(behind.schema)
        assert written.equals(behind)
