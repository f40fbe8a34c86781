"""Whether a night keeps what the contract promises to consumers: its frames in, a sentence for each breach out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from ringwatch import quick_yaml
from ringwatch.resources import SCHEMAS

if TYPE_CHECKING:
    import pandas as pd

    from ringwatch.store.records import Nightly

# Columns of the views that the frames of a night have under another name.
_NAMES = {"member_probability": "probability"}


def breaches(night: Nightly) -> Iterator[str]:
    """Yield what of the rings and members of a night breaks the contract: missing, twice, or beyond its limits."""
    for view, rows in (("flagged_rings", night.flagged), ("flagged_ring_members", night.members)):
        for column in _columns(view):
            name = _NAMES.get(column["name"], column["name"])
            if name in rows:
                for wrong, what in _broken(rows[name], column):
                    if count := int(wrong.sum()):
                        yield f"the contract is broken in {count:,} rows of {view}: {column['name']} {what}"


def _broken(values: pd.Series, column: dict[str, Any]) -> Iterator[tuple[pd.Series, str]]:
    limits = column.get("logicalTypeOptions", {})
    if column.get("required"):
        yield values.isna(), "is missing"
    if column.get("unique"):
        yield values.dropna().duplicated(), "is there twice"
    if "minimum" in limits:
        yield values.dropna() < limits["minimum"], f"is below {limits['minimum']}"
    if "maximum" in limits:
        yield values.dropna() > limits["maximum"], f"is above {limits['maximum']}"


@cache
def _columns(view: str) -> list[dict[str, Any]]:
    contract = quick_yaml.load((SCHEMAS / "contracts" / "flagged_rings.odcs.yaml").read_text(encoding="utf-8"))
    return next(entry["properties"] for entry in contract["schema"] if entry["name"] == view)
