"""The engines flag the same accounts, whether the server's Graph Data Science looks for groups or this process."""

from pathlib import Path
from typing import Any

import pytest
from slices import SOURCES, cut

from ringwatch.evaluate.run import judge_world
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.sources.homes import prepared

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not SOURCES.is_dir(), reason=f"there are no sources in {SOURCES}; RINGWATCH_SOURCES names their folder"
    ),
]

# The least Jaccard index of the accounts that they flag.
AGREED = 0.97


def flagged(night: Night, engine: str) -> set[str]:
    settings = night.settings.model_copy(update={"engine": engine})
    judged = judge_world(night.settings.home, night.day, settings, lambda _doing: None)
    return set(judged.loc[judged["flagged"], "account_id"])


@pytest.mark.parametrize("source", ["shop_devices", "first_party_bank"])
def test_both_engines_flag_the_same_accounts(source: str, tmp_path: Path, neo4j_settings: dict[str, Any]) -> None:
    settings = load_settings(home=tmp_path / "var", **neo4j_settings)
    night = prepared(cut(source, tmp_path, rings=30, others=1_000), settings, tmp_path / "cache")

    gds, local = (flagged(night, engine) for engine in ("gds", "local"))

    assert len(gds) >= 30
    assert len(gds & local) >= AGREED * len(gds | local)
