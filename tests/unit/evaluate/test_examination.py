"""An examination with an oracle in the place of the program: it flags what the truth says, and one family."""

import json
import os
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from ringwatch.errors import DataRefused, InfrastructureError, UsageError
from ringwatch.evaluate import apart, examination
from ringwatch.evaluate.apart import Failure, TrialsFailed, _collected
from ringwatch.evaluate.examination import Examination, Outcome, examine, parted
from ringwatch.evaluate.goals import goals, worst_context
from ringwatch.evaluate.plan import OPTIONAL, PARTS, Trial, plan, stress_plan
from ringwatch.evaluate.report import write_report
from ringwatch.evaluate.run import make_world, without
from ringwatch.evaluate.truth import read_truth
from ringwatch.settings import load_settings
from ringwatch.simulate.families import draw_world

AVOIDED = {"nothing": "usual", "shared devices": "own-devices", "all of these": "all-avoided"}


def oracle(home: Path, day: date, settings: object, tell: object) -> pd.DataFrame:
    """All operators but for chains, and five people of families."""
    truth = read_truth(Path(str(home).partition("-without-")[0]) / "truth").by(day)
    known = truth.members[(truth.members["kind"] == "operator") & (truth.members["style"] != "chain")]
    rings = known.rename(columns={"operator_id": "ring_id"})[["ring_id", "account_id", "kind"]]
    family = truth.contexts.loc[truth.contexts["context"] == "family", "account_id"].head(5)
    wrong = pd.DataFrame({"ring_id": "family", "account_id": family, "kind": "operator"})
    return pd.concat([rings, wrong]).assign(ring_probability=0.9, flagged=True)


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examination, "judge_world", oracle)
        patch.setattr("ringwatch.evaluate.plan.AVOIDED", AVOIDED)
        trials = [*plan("A", 1, accounts=1_250, days=3, seed=1), *stress_plan(["cafe-noise"], 1_250, 3, 1)]
        return examine(trials, settings, lambda doing: None, lambda outcome: None)


@pytest.fixture(scope="module")
def outcomes(examined: Examination) -> tuple[Outcome, ...]:
    assert examined.failures == ()
    return examined.outcomes


def of(outcomes: tuple[Outcome, ...], part: str) -> list[Outcome]:
    return parted(outcomes).get(part, [])


def test_every_part_is_held_in_order(outcomes: tuple[Outcome, ...]) -> None:
    parts = parted(outcomes)
    assert set(parts) == {*PARTS, "stress"}
    assert [outcome for part in (*PARTS, "stress") if part != "missing" for outcome in parts[part]] == list(outcomes)


def test_an_oracle_that_misses_chains_finds_everything_else(outcomes: tuple[Outcome, ...]) -> None:
    for outcome in of(outcomes, "worlds"):
        found = {style.style: (style.rings_found, style.rings) for style in outcome.found.styles}
        assert found.pop("chain")[0] == 0
        assert all(right == rings > 0 for right, rings in found.values())
        assert outcome.found.false_cases == 1


def test_worlds_without_rings_hold_false_cases_only(outcomes: tuple[Outcome, ...]) -> None:
    for outcome in of(outcomes, "ring-free"):
        assert (outcome.found.accounts.actual, outcome.found.accounts.right) == (0, 0)
        assert outcome.found.false_cases == 1


def test_each_optional_feed_is_taken_away_once(outcomes: tuple[Outcome, ...]) -> None:
    assert of(outcomes, "missing")
    for outcome in of(outcomes, "missing"):
        assert tuple(outcome.missing) == OPTIONAL
        assert all(found.accounts == outcome.found.accounts for found in outcome.missing.values())


def test_a_ring_that_is_flagged_on_its_first_day_is_found_at_once_and_kept(outcomes: tuple[Outcome, ...]) -> None:
    (outcome,) = of(outcomes, "nights")

    assert outcome.stability.nights == 3
    assert outcome.stability.kept == outcome.stability.rings
    assert set(outcome.delay.days) == {0}
    assert outcome.delay.found < outcome.delay.operators  # chains


def test_the_same_people_pay_more_when_they_share_less(outcomes: tuple[Outcome, ...]) -> None:
    costs = {outcome.cost.avoided: outcome.cost for outcome in of(outcomes, "cost")}

    assert list(costs) == list(AVOIDED)
    assert len({cost.accounts for cost in costs.values()}) == 1
    usual = costs["nothing"]
    assert costs["shared devices"].items["device"] > 1.3 * usual.items["device"]
    assert costs["all of these"].items["aged_account"] > usual.items["aged_account"]
    assert costs["all of these"].per_account > usual.per_account


def test_goals_are_met_or_missed_by_their_figures(outcomes: tuple[Outcome, ...]) -> None:
    marks = {goal.name: goal for goal in goals(outcomes)}

    assert (marks["ring recall, careful"].figure, marks["ring recall, careful"].met) == (1.0, True)
    assert (marks["ring recall, chain"].figure, marks["ring recall, chain"].met) == (0.0, False)
    assert marks["giant farm found in five cases"].met
    assert not marks["false cases of a ring-free night in 100,000"].met
    assert marks["framed victims flagged"].figure == 0
    devices = next(outcome.found for outcome in of(outcomes, "single-facet") if outcome.trial.name == "devices-only")
    lift = devices.reviewed.precision / (devices.accounts.actual / devices.all_accounts)
    assert marks["devices-only: true among the surest, times chance"].figure == pytest.approx(lift)
    assert {goal.verdict for goal in marks.values()} == {"reached", "not reached"}


def test_worlds_of_which_feeds_are_taken_away_are_judged_once() -> None:
    alone = plan("B", 3, 1_000, 2, 1, ["missing"])
    both = plan("B", 3, 1_000, 2, 1, ["worlds", "missing"])

    assert [(trial.part, trial.without) for trial in alone] == [("missing", OPTIONAL)] * 2
    assert [trial.without for trial in both] == [OPTIONAL, OPTIONAL, ()]
    assert {trial.part for trial in both} == {"worlds"}
    assert [trial.world for trial in both][:2] == [trial.world for trial in alone]


def test_contexts_that_are_tiny_are_not_held_to_the_mean(outcomes: tuple[Outcome, ...]) -> None:
    found = of(outcomes, "worlds")[0].found
    assert worst_context(found) == ("none", 0.0)  # no context has 2,000 accounts


class References(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "data")]
        assert tag not in ("script", "link", "iframe")


def test_the_page_needs_nothing_else_and_all_three_forms_say_the_same(examined: Examination, tmp_path: Path) -> None:
    paths = write_report(tmp_path, "An <exam>", "said so", examined)
    data, markdown, page = (path.read_text(encoding="utf-8") for path in paths)
    references = References()
    references.feed(page)

    assert all(reference.startswith("#s") for reference in references.found)
    assert "An &lt;exam&gt;" in page
    for goal in json.loads(data)["goals"]:
        assert goal["name"] in page
        assert goal["name"] in markdown
    assert page.count("<svg") == page.count("</svg>") == 4
    assert len(json.loads(data)["trials"]) == len(examined.outcomes)
    assert json.loads(data)["failed"] == []
    assert "Trials that failed" not in page
    assert "nan" not in page.lower().replace("finance", "")


def test_the_report_of_the_same_outcomes_is_the_same(examined: Examination, tmp_path: Path) -> None:
    first, second = (
        [path.read_bytes() for path in write_report(tmp_path / name, "t", "s", examined)] for name in ("a", "b")
    )
    assert first == second


WRONG = {
    "nights": (InfrastructureError("the disk\nis full"), "the disk", 4),
    "framing": (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device", 4),
    "worlds": (DataRefused("no rows"), "no rows", 3),
    "ring-free": (KeyError("bits"), "KeyError: 'bits'", 1),
}


@pytest.mark.parametrize("part", WRONG)
def test_a_trial_that_fails_leaves_the_others_their_outcomes(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, reason, code = WRONG[part]
    good = Trial("stress", "A-1", draw_world("A", 1), 600, days=2)
    trials = [good, replace(good, part=part), replace(good, part="cost", avoided="nothing")]

    def judge(home: Path, day: date, settings: object, tell: object) -> pd.DataFrame:
        if len(told) == 1:
            raise error
        return oracle(home, day, settings, tell)

    told: list[Outcome | Failure] = []
    monkeypatch.setattr(examination, "judge_world", judge)

    examined = examine(trials, load_settings(home=tmp_path), lambda _: None, told.append)

    assert examined.failures == (Failure(trials[1], reason, code),)
    assert [outcome.trial for outcome in examined.outcomes] == [trials[0], trials[2]]
    assert told == [examined.outcomes[0], *examined.failures, examined.outcomes[1]]
    assert TrialsFailed(examined.failures, len(trials), tmp_path).exit_code == code


def test_the_report_names_what_failed_first_of_all_and_has_the_rest(examined: Examination, tmp_path: Path) -> None:
    outcomes = tuple(outcome for outcome in examined.outcomes if outcome.trial.avoided != "nothing")
    failed = Failure(Trial("cost", "usual", draw_world("A", 1), 600, avoided="nothing"), "the disk <is> full", 4)
    paths = write_report(tmp_path, "t", "s", Examination(outcomes, (failed,)))
    data, markdown, page = (path.read_text(encoding="utf-8") for path in paths)

    assert json.loads(data)["failed"] == [
        {"part": "cost", "name": "usual", "reason": "the disk <is> full", "exit_code": 4}
    ]
    assert "| cost | usual | the disk <is> full |" in markdown
    assert markdown.index("## Trials that failed") < markdown.index("## Goals") < markdown.index("## Worlds")
    assert '<td class="words">the disk &lt;is&gt; full</td>' in page
    rest = markdown.partition("## What hiding costs")[2].partition("##")[0]
    assert [line.split(" | ")[2] for line in rest.splitlines() if line.startswith(("| 1", "| 2"))] == ["-", "-"]


def test_what_hiding_costs_is_said_in_dollars_more_and_less(outcomes: tuple[Outcome, ...], tmp_path: Path) -> None:
    usual, dearer, other = (outcome for outcome in of(outcomes, "cost"))
    cheaper = replace(
        other, cost=replace(usual.cost, avoided="cards", dollars=usual.cost.dollars - usual.cost.accounts)
    )
    write_report(tmp_path, "t", "s", Examination((usual, dearer, cheaper)))

    text = (tmp_path / "evaluation.md").read_text(encoding="utf-8").partition("## What hiding costs")[2]
    more = [line.split(" | ")[2] for line in text.splitlines() if line[:3] in ("| 1", "| 2", "| 3")]
    assert more == ["+$ 0.00", f"+$ {dearer.cost.per_account - usual.cost.per_account:.2f}", "-$ 1.00"]


def test_a_report_is_written_when_all_trials_failed(tmp_path: Path) -> None:
    trial = Trial("worlds", "A-1", draw_world("A", 1), 600)

    write_report(tmp_path, "t", "s", Examination((), (Failure(trial, "why", 4), Failure(trial, "why not", 3))))

    assert "why not" in (tmp_path / "evaluation.html").read_text(encoding="utf-8")


def test_the_gravest_failure_gives_the_exit_code(tmp_path: Path) -> None:
    trial = Trial("worlds", "A-1", draw_world("A", 1), 600)
    failures = tuple(Failure(trial, "why", code) for code in (1, 4, 3))

    error = TrialsFailed(failures, 3, tmp_path / "report.html")

    assert error.exit_code == 4
    assert str(error).startswith("3 of 3 trials failed (worlds A-1, worlds A-1, worlds A-1): ")


def end_its_process(trial: Trial, hold: object) -> None:
    os._exit(9)


def test_a_process_that_is_killed_fails_its_trials_and_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_try_in_place", end_its_process)
    trials = [Trial("worlds", f"A-{i}", draw_world("A", i), 600) for i in (1, 2, 3)]
    told: list[Outcome | Failure] = []

    examined = examine(trials, load_settings(home=tmp_path), lambda _: None, told.append, processes=2)

    assert [(failure.trial, failure.exit_code) for failure in examined.failures] == [(trial, 4) for trial in trials]
    assert all(failure.reason.startswith("a process was killed") for failure in examined.failures)
    assert tuple(told) == examined.failures


class Noting(Executor):
    """Holds nothing, and knows in which order it was asked to."""

    def __init__(self) -> None:
        self.begun: list[Trial] = []

    def submit(self, attempt: object, trial: Trial, hold: object) -> Future[Failure]:
        self.begun.append(trial)
        came: Future[Failure] = Future()
        came.set_result(Failure(trial, "nothing was held", 1))
        return came


def test_the_trial_with_most_nights_begins_first_and_is_told_in_its_place() -> None:
    pool, trials = Noting(), plan("A", 3, accounts=1_000, days=28, seed=1)

    came = list(_collected(pool, trials, lambda *_: None))

    assert [one.trial for one in came] == trials
    assert [trial.part for trial in pool.begun[:4]] == ["nights", "worlds", "worlds", "giant-farm"]
    assert [trial.part for trial in pool.begun[-8:]] == ["cost"] * 8


def test_varied_worlds_are_judged_in_the_size_window_and_feeds_they_draw(tmp_path: Path) -> None:
    trials = plan("D", 6, accounts=5_000, days=None, seed=1, parts=["worlds", "nights"])
    usual = plan("B", 1, accounts=5_000, days=None, seed=1, parts=["worlds"])

    climates = [draw_world("D", number).climate for number in range(1, 7)]
    assert [trial.days for trial in trials[:6]] == [climate.window_days for climate in climates]
    assert [trial.accounts for trial in trials[:6]] == [min(5_000, climate.accounts or 0) for climate in climates]
    assert not trials[-1].world.climate.one_drop
    assert (usual[0].accounts, usual[0].days) == (5_000, 28)

    judged_with = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examination, "judge_world", lambda *given: judged_with.append(given[2]) or oracle(*given))
        trial = replace(trials[1], accounts=600)
        examine([trial], load_settings(home=tmp_path), lambda doing: None, lambda outcome: None)
    assert {settings.feeds for settings in judged_with} == {trial.world.feeds}
    assert {settings.window_days for settings in judged_with} == {trial.days}


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="there is no part weather; the parts are worlds"):
        plan("A", 1, 1_000, 2, 1, ["weather"])


def test_a_feed_that_is_taken_away_is_nowhere(tmp_path: Path) -> None:
    home = make_world(tmp_path, Trial("worlds", "A-1", draw_world("A", 1), 600, days=2))

    poorer = without(home, ("ips",), tmp_path)

    assert not list(poorer.rglob("ips.parquet"))
    kept = {path.stem for path in poorer.rglob("*.parquet")}
    assert kept == {"accounts", "payments", "devices", "usage"}
    some = next(poorer.rglob("devices.parquet"))
    assert pd.read_parquet(some).equals(pd.read_parquet(home / some.relative_to(poorer)))
