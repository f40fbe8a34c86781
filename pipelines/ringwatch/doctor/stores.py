"""The review store: its schema, who writes to it, and whether the clocks agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ringwatch.doctor.finding import Finding, bad, ok, warn
from ringwatch.doctor.patient import Patient
from ringwatch.resources import cypher

_SKEW, _WRONG = timedelta(minutes=1), timedelta(minutes=10)
_NOT_READ = "the store was not read, since it is not there or not of the newest schema"


def schema(patient: Patient) -> Finding:
    found = patient.schema
    if found is None:
        return ok("there is no review store yet; the first night makes it")
    if found.revision is None:
        return warn("the review store has no tables yet", "the next command that opens it makes them")
    if not found.is_known:
        return bad(
            f"the review store has schema {found.revision}, which this ringwatch does not know",
            "install the newer ringwatch that made it",
        )
    if not found.is_newest:
        return warn(
            f"the review store has schema {found.revision} and this ringwatch {found.newest}",
            "make a backup; the next command that opens the store migrates it",
        )
    return ok(f"the review store has schema {found.revision}, the newest")


def lease(patient: Patient) -> Finding:
    if not patient.store_is_readable:
        return ok(_NOT_READ)
    store = patient.night.store
    held = [one for one in (store.lease_holder(), store.turn.holder()) if one]
    if stale := [one.says for one in held if one.is_stale]:
        return warn(f"left behind: {'; '.join(stale)}", "nothing: the next night takes it over")
    return ok("; ".join(one.says for one in held) or "nobody is at work")


def somebody_works(patient: Patient) -> bool:
    if not patient.store_is_readable:
        return False
    held = patient.night.store.lease_holder()
    return held is not None and not held.is_stale


def clock(patient: Patient) -> Finding:
    behind = max((published - patient.now for published in _published(patient)), default=timedelta())
    if behind > _SKEW:
        return bad(f"the clock is behind: the newest night was published {behind} from now", "set the clock (NTP)")
    off = {who: abs(time - patient.now) for who, time in _clocks(patient).items()}
    worst = max(off, key=off.__getitem__, default=None)
    if worst is None or off[worst] <= _SKEW:
        return ok(f"{patient.now:%F %T} UTC" + (f"; {' and '.join(off)} say the same" if off else ""))
    says = f"the clock of {worst} is {off[worst]} away from the one here"
    return (bad if off[worst] > _WRONG else warn)(says, "let both machines take their time from the same server (NTP)")


def _published(patient: Patient) -> list[datetime]:
    if not patient.store_is_readable:
        return []
    seen = patient.night.store.published.nights_seen()
    return [at.to_pydatetime().replace(tzinfo=UTC) for at in seen["published_at"].dropna()]


def _clocks(patient: Patient) -> dict[str, datetime]:
    """The clocks of others, asked right after the one here was."""
    found = {}
    if patient.store_is_readable:
        found["the review store"] = patient.night.store.now().replace(tzinfo=UTC)
    if patient.graph is not None:
        now = patient.graph.read(cypher("doctor/read_clock"))[0]["now"]
        found["Neo4j"] = datetime.fromtimestamp(now / 1000, UTC)
    return found
