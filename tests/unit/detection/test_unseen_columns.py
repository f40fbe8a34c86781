"""What a deployment does not deliver is unknown: it never speaks for or against anybody."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from clean_days import MONDAY, accounts, connected, used
from hand_worked import EVERYBODY, OpenNight, group

from ringwatch.score import measuring, variants
from ringwatch.window import sharing

RING = EVERYBODY[:6]
# Features that ask about what is not delivered here.
OF_PAYMENTS = ["both", "both_covered", "transfer_sweep", "transfer_inside", "payment_bits", "payment_own"]
OF_EMPTY_COLUMNS = ["corporate", "organisation"]


def values(night: Any) -> pd.Series:
    groups = group(*RING)
    with sharing.open_sharing(night) as connection:
        measures = measuring.measure(connection, groups)
        stability = pd.Series(1.0, index=groups["candidate"].unique())
        return variants.features_of(connection, measures, stability).iloc[0]


def day(**columns: Any) -> dict[str, list[dict[str, Any]]]:
    devices = [used(name, f"d{i // 3}", MONDAY) for i, name in enumerate(EVERYBODY)]
    ips = [connected(name, f"10.0.{i}.1", MONDAY + timedelta(days=0)) for i, name in enumerate(EVERYBODY)]
    return {"accounts": accounts(*EVERYBODY, **columns), "devices": devices, "ips": ips}


@pytest.mark.parametrize("name", [*OF_PAYMENTS, *OF_EMPTY_COLUMNS])
def test_a_feature_of_what_is_never_delivered_is_unknown(open_night: OpenNight, name: str) -> None:
    assert np.isnan(values(open_night({MONDAY: day()})).get(name, np.nan))


def test_an_organisation_that_some_have_is_known_to_be_missing_for_the_others(open_night: OpenNight) -> None:
    rows = day()
    rows["accounts"] = [
        row | {"organisation": "org" if row["account_id"] in EVERYBODY[50:60] else None} for row in rows["accounts"]
    ]

    assert values(open_night({MONDAY: rows}))["organisation"] == 0
