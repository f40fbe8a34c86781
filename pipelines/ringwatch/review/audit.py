"""What must hold before a night is published; each objection is a sentence for people."""

import pandas as pd

from ringwatch.review import contract
from ringwatch.store.records import Nightly

FLAGGED_KINDS = ("operator", "reseller")
# What ids of canary accounts begin with, and no others.
CANARY = "ringwatch-canary-"


def objections(night: Nightly) -> list[str]:
    """Return what of `night` is unsound, or against the contract, and may not be published at all."""
    found = [*_unsound(night), *contract.breaches(night)]
    return [objection for objection in found if objection]


def _unsound(night: Nightly) -> list[str | None]:
    rings = night.flagged
    numbers = rings[["low", "probability", "high"]].astype(float)
    ordered = (numbers["low"] <= numbers["probability"]) & (numbers["probability"] <= numbers["high"])
    return [
        _count(~ordered, "rings have a probability outside their interval"),
        _count(~rings["kind"].isin(FLAGGED_KINDS), "rings are of an unknown kind"),
        _count(~rings["ring_id"].isin(night.evidence["ring_id"]), "rings have no evidence"),
        _count(night.members["account_id"].astype(str).str.startswith(CANARY), "members are canaries"),
    ]


def _count(wrong: pd.Series, what: str) -> str | None:
    return f"{int(wrong.sum()):,} {what}" if wrong.any() else None
