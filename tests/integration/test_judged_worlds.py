"""Evaluation with the real program on worlds so small that they are judged in seconds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ringwatch import server
from ringwatch.evaluate.examination import examine
from ringwatch.evaluate.metrics import match_rings
from ringwatch.evaluate.plan import Trial
from ringwatch.evaluate.run import judge_world, last_day, make_world
from ringwatch.evaluate.truth import read_truth
from ringwatch.settings import load_settings, set_apart
from ringwatch.simulate.families import draw_world, ring_free

pytestmark = pytest.mark.integration

TRIAL = Trial("worlds", "B-1", draw_world("B", 1), accounts=2_000, days=5)


def test_a_world_is_judged_by_the_real_program(tmp_path: Path, neo4j_settings: dict[str, Any]) -> None:
    home, day = make_world(tmp_path, TRIAL), last_day(TRIAL)
    settings = load_settings(home=tmp_path, **neo4j_settings)

    judged = judge_world(home, day, settings, lambda _doing: None)

    truth = read_truth(home / "truth").by(day)
    flagged = judged[judged["flagged"]]
    assert not judged["account_id"].duplicated().any()
    assert (flagged["ring_probability"] >= settings.flag_probability).all()
    assert (judged.loc[~judged["flagged"], "ring_probability"] < settings.flag_probability).all()
    assert set(judged["account_id"]) <= {*truth.members["account_id"], *truth.contexts["account_id"]}
    assert len(match_rings(flagged, truth.members)) >= 3
    pd.testing.assert_frame_equal(judged, judge_world(home, day, settings, lambda _doing: None))


@pytest.mark.slow
def test_two_worlds_at_a_time_are_judged_as_one_after_the_other_and_one_that_fails_takes_none_with_it(
    jars: Path, tmp_path: Path, neo4j_settings: dict[str, Any]
) -> None:
    small = replace(TRIAL, accounts=1_000, days=3, without=("usage",))
    empty = replace(small, part="stress", accounts=0, without=())
    trials = [small, empty, replace(small, part="ring-free", world=ring_free(small.world), without=())]
    apart = set_apart(load_settings(home=tmp_path, server_heap_mb=512), "apart")
    told: list[str] = []

    found = examine(trials, apart, told.append, lambda came: told.append(came.trial.part), processes=2)

    expected = examine(trials, load_settings(home=tmp_path, **neo4j_settings), lambda _: None, lambda _: None)
    assert told == ["3 trials, 2 at a time", "worlds", "stress", "ring-free"]
    assert [outcome.found for outcome in found.outcomes] == [outcome.found for outcome in expected.outcomes]
    assert [outcome.missing for outcome in found.outcomes] == [outcome.missing for outcome in expected.outcomes]
    assert list(found.outcomes[0].missing) == ["usage"]
    assert [(failure.trial, failure.exit_code) for failure in found.failures] == [(empty, 2)]
    for worker in ("worker-1", "worker-2"):
        assert not server.status(apart.model_copy(update={"home": apart.home / worker})).running
