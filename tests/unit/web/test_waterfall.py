"""The waterfall of reasons: from what is so before any of them to the probability."""

from typing import Any

import pytest

from ringwatch.web.charts import waterfall


def reason(name: str, bits: float) -> dict[str, Any]:
    direction = "for" if bits >= 0 else "against"
    return {"reason": name, "bits": bits, "direction": direction, "text": name, "facet": "group"}


def test_reasons_start_where_a_group_stands_before_any_of_them() -> None:
    told = waterfall([reason("prior", -2.0), reason("device_own", 4.0)], 0.8, 0.5, all_of_it=False)

    assert told.start_probability == pytest.approx(0.2)
    assert [step.text for step in told.steps] == ["device_own"]


def test_what_weighs_little_is_one_step_unless_all_is_asked_for() -> None:
    reasons = [reason("prior", -2.0), reason("device_own", 3.8), reason("home", 0.1), reason("size", 0.1)]

    short, whole = (waterfall(reasons, 0.8, 0.5, all_of_it) for all_of_it in (False, True))

    assert [step.text for step in short.steps] == ["device_own", "2 that weigh little"]
    assert len(whole.steps) == 3
