"""What must hold before a night is published; each objection is a sentence for people."""

import pandas as pd

from ringwatch.store.records import Nightly

FLAGGED_KINDS = ("operator", "reseller")


def objections(night: Nightly, accounts: int, max_flagged_share: float) -> list[str]:
    """Return why `night` must not be published; empty when it may. `accounts`: all that are known."""
    found = [_too_many(night, accounts, max_flagged_share), *_unsound_rings(night), *_unsound_members(night)]
    return [objection for objection in found if objection]


def _too_many(night: Nightly, accounts: int, max_flagged_share: float) -> str | None:
    flagged = len(night.members)
    if flagged <= max_flagged_share * accounts:
        return None
    return (
        f"{flagged:,} of {accounts:,} known accounts would be flagged, more than the {max_flagged_share:.0%} "
        "that max_flagged_share allows"
    )


def _unsound_rings(night: Nightly) -> list[str | None]:
    rings = night.flagged
    numbers = rings[["low", "probability", "high"]].astype(float)
    inside = numbers.ge(0).all(axis=1) & numbers.le(1).all(axis=1)
    ordered = (numbers["low"] <= numbers["probability"]) & (numbers["probability"] <= numbers["high"])
    return [
        _count(~inside, "rings have a probability or interval outside 0 to 1"),
        _count(inside & ~ordered, "rings have a probability outside their interval"),
        _count(~rings["kind"].isin(FLAGGED_KINDS), "rings are of an unknown kind"),
        _count(~rings["ring_id"].isin(night.evidence["ring_id"]), "rings have no evidence"),
    ]


def _unsound_members(night: Nightly) -> list[str | None]:
    members = night.members
    return [
        _count(members["account_id"].duplicated(), "accounts are in a ring twice or in two rings"),
        _count(~members["probability"].between(0, 1), "members have a probability outside 0 to 1"),
    ]


def _count(wrong: pd.Series, what: str) -> str | None:
    return f"{int(wrong.sum()):,} {what}" if wrong.any() else None
