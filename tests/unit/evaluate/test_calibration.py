import pytest

from ringwatch.evaluate.calibration import Case, calibration


def cases(probability: float, true: int, false: int) -> list[Case]:
    return [Case(probability, i < true, True) for i in range(true + false)]


def test_the_error_is_worked_out_by_hand() -> None:
    found = calibration([*cases(0.9, true=8, false=2), *cases(0.3, true=6, false=24)])

    assert found.cases == 40
    assert [(some.cases, some.observed) for some in found.bins] == [(30, 0.2), (10, 0.8)]
    assert found.error == pytest.approx(0.75 * 0.1 + 0.25 * 0.1)


def test_probabilities_that_come_true_have_no_error() -> None:
    assert calibration(cases(0.75, true=75, false=25)).error == pytest.approx(0)


def test_groups_that_nobody_would_look_at_do_not_make_a_score_look_calibrated() -> None:
    wrong = cases(0.9, true=0, false=10)

    assert calibration([*wrong, *cases(0.001, true=0, false=100_000)]).error == calibration(wrong).error


def test_a_certain_case_lies_in_the_last_bin_and_none_give_no_error() -> None:
    assert [some.cases for some in calibration(cases(1.0, true=3, false=0)).bins] == [3]
    assert calibration([]).error is None
