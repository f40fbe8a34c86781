"""What a check found: how it stands, in one sentence, and what mends it in another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """warn: nights go on for now; bad: the next night would stop or be wrong; what is ok has no fix."""

    state: State
    says: str
    fix: str | None = None
    name: str = ""

    def of(self, name: str) -> Finding:
        return replace(self, name=name)


def ok(says: str) -> Finding:
    return Finding("ok", says)


def warn(says: str, fix: str) -> Finding:
    return Finding("warn", says, fix)


def bad(says: str, fix: str) -> Finding:
    return Finding("bad", says, fix)


def refused(error: Exception) -> Finding:
    """A check that could not be made: our messages say what happened, and after the last semicolon what to do."""
    says, _, fix = str(error).rpartition("; ")
    return bad(says or fix, fix if says else "mend that, then look again")
