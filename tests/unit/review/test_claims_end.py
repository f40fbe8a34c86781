"""Claims that ran out are taken away by the upkeep."""

from datetime import date, datetime, timedelta

from judged import accounts, publish

from ringwatch.store.store import Store

MONDAY, AT = date(2026, 3, 2), datetime(2026, 3, 3, 9, 30)


def test_claims_that_ran_out_are_taken_away_and_others_stay(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(5)), "b": accounts(range(10, 15))})
    first, second = (row["ring_id"] for row in store.published.rings(MONDAY))
    store.verdicts.claim(first, "ana", AT, 1)
    store.verdicts.claim(second, "ben", AT, 4)

    assert store.verdicts.end_claims(AT + timedelta(hours=2)) == 1
    assert (store.verdicts.unclaim(first, "ana"), store.verdicts.unclaim(second, "ben")) == (False, True)
