"""What a check found: how it stands, in one sentence, and what mends it in another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ringwatch.errors import RingwatchError
from ringwatch.symptoms import Symptom

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """warn: nights go on for now; bad: the next night would stop or be wrong; what is ok has no fix.

    runbook: anchor of the heading in the runbook that says more.
    """

    state: State
    says: str
    fix: str | None = None
    name: str = ""
    runbook: str | None = None

    def of(self, name: str) -> Finding:
        return replace(self, name=name)


def ok(says: str) -> Finding:
    return Finding("ok", says)


def warn(says: str, fix: str, symptom: Symptom | None = None) -> Finding:
    return Finding("warn", says, fix, runbook=symptom.anchor if symptom else None)


def bad(says: str, fix: str, symptom: Symptom | None = None) -> Finding:
    return Finding("bad", says, fix, runbook=symptom.anchor if symptom else None)


def refused(error: Exception) -> Finding:
    """A check that could not be made: our messages say what happened, and after the last semicolon what to do."""
    says, _, fix = str(error).rpartition("; ")
    symptom = error.symptom if isinstance(error, RingwatchError) else None
    return bad(says or fix, fix if says else "mend that, then look again", symptom)
