"""What evaluation compares with, and nothing else may read: who belongs to whom, and how honest people live."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import NOBODY


def member_truth(people: pd.DataFrame, account_id: np.ndarray, start: date) -> pd.DataFrame:
    """account_id, operator_id, style, kind (operator or reseller), first_day; one row per member, by account_id."""
    mine = (people["operator"] != NOBODY).to_numpy()
    members = people[mine]
    return _by_account(
        {
            "account_id": account_id[mine],
            "operator_id": _operator_ids(members["style"], members["operator"]),
            "style": members["style"].to_numpy(dtype=object),
            "kind": members["kind"].to_numpy(dtype=object),
            "first_day": _first_days(members, start),
        }
    )


def context_truth(people: pd.DataFrame, account_id: np.ndarray, start: date) -> pd.DataFrame:
    """account_id, context, first_day; one row per honest account, by account_id."""
    honest = (people["operator"] == NOBODY).to_numpy()
    return _by_account(
        {
            "account_id": account_id[honest],
            "context": people["context"].to_numpy(dtype=object)[honest],
            "first_day": _first_days(people[honest], start),
        }
    )


def victim_truth(victims: pd.DataFrame, account_id: np.ndarray) -> pd.DataFrame:
    """account_id, operator_id, how (address, device); honest accounts among whose traffic an operator hides."""
    return _by_account(
        {
            "account_id": account_id[victims["victim"].to_numpy(dtype=np.int64)],
            "operator_id": _operator_ids(victims["style"], victims["operator"]),
            "how": victims["how"].to_numpy(dtype=object),
        }
    )


def _operator_ids(style: pd.Series, ring: pd.Series) -> np.ndarray:
    number = (ring + 1).astype(str).str.zfill(4)
    return (style.astype(str) + "-" + number).to_numpy(dtype=object)


def _first_days(people: pd.DataFrame, start: date) -> np.ndarray:
    """Day on which each account appears in the feeds."""
    offset = np.maximum(0, np.floor(people["created"].to_numpy())).astype(np.int64)
    days = np.array([start + timedelta(days=day) for day in range(int(offset.max(initial=0)) + 1)], dtype=object)
    return np.asarray(days[offset])


def _by_account(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(columns).sort_values([*columns][:2], ignore_index=True)
