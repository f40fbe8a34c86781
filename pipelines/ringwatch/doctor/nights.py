"""The last nights: whether their feeds came whole and were published, and whether the token keys fit what they left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ringwatch.days.history import days_on_disk
from ringwatch.doctor.finding import Finding, bad, ok, warn
from ringwatch.doctor.patient import Patient
from ringwatch.keys import keyring
from ringwatch.spark.feeds import missing
from ringwatch.symptoms import KEY_LOST, LATE_FEED

# Nights that are looked at, and those of which one at least must have been published.
_NIGHTS, _LATEST = 7, 3


def keys(patient: Patient) -> Finding:
    home = patient.settings.home
    ring = keyring.open_keyring(home)
    if not ring.keys:
        if days_on_disk(patient.night.files):
            return bad(f"there is no key file {ring.file}", "put its newest copy back before the next night", KEY_LOST)
        return ok("the first night makes the token key")
    if ring.file.stat().st_mode & 0o077:
        return bad(
            f"others may read {ring.file}", f"chmod 600 {ring.file}, and `ringwatch keys rotate` if they could have"
        )
    if patient.store_is_readable:
        keyring.check(patient.night)
    else:
        keyring.files(patient.night, ring)
    return ok(f"{len(ring.keys)} in {ring.file}; all that is kept is under them")


def feeds(patient: Patient) -> Finding:
    if not patient.store_is_readable:
        return ok("no night has run yet")
    store, newest = patient.night.store, patient.day
    if not (known := [row["day"] for row in store.deliveries.between(None, newest)]):
        return warn(
            f"no feeds were judged up to {newest}", "run the first night: `ringwatch run --feeds DIR --day DAY`"
        )
    first = max(newest - timedelta(days=_NIGHTS - 1), known[0])
    wrong = list(_wrong(patient, [first + timedelta(days=i) for i in range((newest - first).days + 1)]))
    if not wrong:
        return ok(f"all feeds of {first} to {newest} were complete, and their nights published")
    fix = "run these nights in order, the oldest first: `ringwatch run --from DAY --to DAY`"
    recent = [day for day in store.published.days() if newest - timedelta(days=_LATEST) < day <= newest]
    return (warn if recent else bad)("; ".join(wrong), fix, LATE_FEED)


def _wrong(patient: Patient, days: list[date]) -> Iterator[str]:
    """Yield what is wrong with each of the days that is not as it should be."""
    store = patient.night.store
    states = {night["day"]: night["state"] for night in store.published.nights_seen().to_dict("records")}
    for day in days:
        ledger = store.deliveries.of(day)
        if not ledger:
            yield _not_judged(patient, day)
        elif partial := [entry.feed for entry in ledger if not entry.complete]:
            yield f"{day}: {', '.join(partial)} not complete"
        elif (state := states.get(day, "not published")) != "published":
            yield f"{day}: {state}"


def _not_judged(patient: Patient, day: date) -> str:
    if patient.settings.feeds_dir is None:
        return f"{day}: not judged"
    lacks = missing(patient.night.on(day))
    return f"{day}: {lacks.partition(';')[0]}" if lacks else f"{day}: the feeds are there, and were not judged"
