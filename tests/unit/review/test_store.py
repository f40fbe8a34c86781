"""The review store, on SQLite and on Postgres: what readers see after one night or several."""

import pandas as pd
import pytest
import sqlalchemy as sa
from judged import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    accounts,
    events,
    judged,
    make,
    members_of,
    publish,
    ring_of,
)

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.store import bookkeeping, database, standing, tables
from ringwatch.store.store import Store

BOOKKEEPING = {
    "run": ["run_id", "restatement", "state"],
    "ring_night": ["run_id"],
    "change": ["run_id"],
    "withdrawal": ["run_id"],
}


def rows(store: Store, table: str) -> pd.DataFrame:
    """All rows of a table or view, in an order of their own, without the bookkeeping of runs."""
    with database.reading(store.engine) as connection:
        found = bookkeeping.read(connection, sa.select(sa.text("*")).select_from(sa.text(table)))
    found = found.drop(columns=BOOKKEEPING.get(table, []))
    return found.sort_values(list(found.columns), key=lambda column: column.astype(str), ignore_index=True)


def everything(store: Store) -> dict[str, list[list[str]]]:
    named = [*tables.metadata.tables, "ring_member", "flagged_rings", "flagged_ring_members"]
    return {table: rows(store, table).astype(str).values.tolist() for table in named if table != "run"}


def test_the_same_night_twice_leaves_the_same_rows(store: Store) -> None:
    publish(store, MONDAY, {"c": accounts(range(6)), "d": accounts(range(10, 15))})
    publish(store, TUESDAY, {"c": accounts(range(7))})
    before = everything(store)
    again = publish(store, TUESDAY, {"other": accounts(*reversed(range(7)))})
    assert everything(store) == before
    assert (again.restatement, again.changes) == (1, 0)


def test_ids_survive_nights_in_which_rings_grow_shrink_and_stay(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(10)), "b": accounts(range(10, 20)), "c": accounts(range(20, 26))})
    ids = members_of(store, MONDAY)
    publish(store, TUESDAY, {"x": accounts(range(20, 26)), "y": accounts(range(12)), "z": accounts(range(12, 20))})

    assert members_of(store, TUESDAY).keys() == ids.keys()
    assert ring_of(store, TUESDAY, "A000") == ring_of(store, MONDAY, "A000")
    assert events(store, TUESDAY) == {
        ring_of(store, MONDAY, "A000"): "grown",
        ring_of(store, MONDAY, "A012"): "shrunk",
        ring_of(store, MONDAY, "A020"): "unchanged",
    }


def test_merged_rings_go_under_the_oldest_and_the_chain_is_followed(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(10))})
    publish(store, TUESDAY, {"a": accounts(range(10)), "b": accounts(range(10, 20))})
    publish(store, WEDNESDAY, {"a": accounts(range(10)), "bc": accounts(range(10, 20)), "c": accounts(range(20, 26))})
    oldest, second, third = (ring_of(store, WEDNESDAY, account) for account in accounts(0, 10, 20))

    publish(store, THURSDAY, {"a": accounts(range(10)), "bc": accounts(range(10, 26))})
    assert events(store, THURSDAY) == {oldest: "unchanged", second: "merged", third: "merged"}
    assert ring_of(store, THURSDAY, "A020") == second
    assert store.published.canonical(third) == second

    publish(store, FRIDAY, {"abc": accounts(range(26))})
    assert members_of(store, FRIDAY) == {oldest: set(accounts(range(26)))}
    assert [store.published.canonical(ring_id) for ring_id in (oldest, second, third)] == [oldest] * 3


def test_the_heaviest_fragment_of_a_split_ring_keeps_the_id(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(12))})
    parent = ring_of(store, MONDAY, "A000")
    publish(store, TUESDAY, {"small": accounts(range(5)), "large": accounts(range(5, 12))})

    child = ring_of(store, TUESDAY, "A000")
    assert ring_of(store, TUESDAY, "A005") == parent
    assert child != parent
    related = {row["ring_id"]: row["related"] for row in store.published.rings(TUESDAY)}
    assert related == {parent: [child], child: [parent]}
    assert set(events(store, TUESDAY).values()) == {"split"}


def test_a_ring_falls_dormant_once_and_is_revived_under_its_id(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    ring_id = ring_of(store, MONDAY, "A000")
    publish(store, TUESDAY, {})
    publish(store, WEDNESDAY, {})
    publish(store, THURSDAY, {"again": accounts(range(5))})

    nights = [(night["day"], night["event"]) for night in store.published.nights(ring_id)]
    assert nights == [(MONDAY, "new"), (TUESDAY, "dormant"), (THURSDAY, "revived")]
    assert store.published.flagged(TUESDAY).empty


def test_a_merger_is_told_once(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(10))})
    publish(store, TUESDAY, {"a": accounts(range(10)), "b": accounts(range(10, 15))})
    oldest, second = (ring_of(store, TUESDAY, account) for account in accounts(0, 10))
    publish(store, WEDNESDAY, {"ab": accounts(range(15))})
    publish(store, THURSDAY, {"ab": accounts(range(15))})

    assert events(store, WEDNESDAY) == {oldest: "merged", second: "merged"}
    assert events(store, THURSDAY) == {oldest: "unchanged"}
    assert store.published.canonical(second) == oldest


def test_a_merged_ring_whose_accounts_part_again_is_revived(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(10))})
    publish(store, TUESDAY, {"a": accounts(range(10)), "b": accounts(range(10, 15))})
    second = ring_of(store, TUESDAY, "A010")
    publish(store, WEDNESDAY, {"ab": accounts(range(15))})
    publish(store, THURSDAY, {"a": accounts(range(10)), "b": accounts(range(10, 15))})

    assert events(store, WEDNESDAY)[second] == "merged"
    assert events(store, THURSDAY)[second] == "revived"
    assert store.published.canonical(second) == second


def test_an_active_ring_does_not_lose_its_id_to_an_older_dormant_one(store: Store) -> None:
    publish(store, MONDAY, {"old": accounts(range(6))})
    old = ring_of(store, MONDAY, "A000")
    publish(store, TUESDAY, {"young": accounts(range(3, 20))})
    young = ring_of(store, TUESDAY, "A003")
    publish(store, WEDNESDAY, {"both": accounts(range(20))})

    assert young != old
    assert ring_of(store, WEDNESDAY, "A000") == young
    assert store.published.canonical(old) == young


def test_views_show_the_newest_published_day_only(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 15))})
    publish(store, TUESDAY, {"a": accounts(range(5))})
    assert rows(store, "flagged_rings")["ring_id"].tolist() == [ring_of(store, MONDAY, "A000")]
    assert rows(store, "flagged_ring_members")["account_id"].tolist() == accounts(range(5))
    assert set(pd.to_datetime(rows(store, "flagged_ring_members")["day"]).dt.date) == {TUESDAY}


def test_a_stay_ends_on_the_first_published_day_without_the_account(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, WEDNESDAY, {"a": accounts(range(5))})
    publish(store, THURSDAY, {"a": accounts(range(6))})

    stays = rows(store, "ring_member")
    dates = stays[["valid_from", "valid_to"]].apply(pd.to_datetime)
    stays[["valid_from", "valid_to"]] = dates.astype(object).where(dates.notna(), None)
    of_five = stays[stays["account_id"] == "A005"][["valid_from", "valid_to"]]
    of_four = stays[stays["account_id"] == "A004"][["valid_from", "valid_to"]]
    assert sorted(of_five.values.tolist()) == [
        [pd.Timestamp(MONDAY), pd.Timestamp(WEDNESDAY)],
        [pd.Timestamp(THURSDAY), None],
    ]
    assert of_four.values.tolist() == [[pd.Timestamp(MONDAY), None]]
    since = store.published.stays().set_index("account_id")["since"]
    assert (since["A004"], since["A005"]) == (MONDAY, THURSDAY)


def test_a_failure_before_the_commit_leaves_yesterday(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {"a": accounts(range(7))})
    before = everything(store), rows(store, "run").astype(str).values.tolist()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(standing, "settle", die)
    for day in (TUESDAY, WEDNESDAY):
        with pytest.raises(KeyboardInterrupt):
            publish(store, day, {"b": accounts(range(20, 30))})
    assert (everything(store), rows(store, "run").astype(str).values.tolist()) == before


def test_a_restated_day_replaces_its_rows_and_withdraws_rings_of_no_night(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6)), "wrong": accounts(range(10, 16))})
    wrong = ring_of(store, MONDAY, "A010")
    again = publish(store, MONDAY, {"a": accounts(range(6))})

    assert members_of(store, MONDAY).keys() == {ring_of(store, MONDAY, "A000")}
    assert (store.published.standing(wrong).state, store.published.standing(wrong).withdrawn_by) == (
        "withdrawn",
        MONDAY,
    )
    assert store.published.standing(wrong).accounts == accounts(range(10, 16))
    assert (again.restatement, again.withdrawn) == (1, 1)
    assert rows(store, "change")[["ring_id", "change"]].values.tolist()[-1] == [wrong, "withdrawn"]


def test_an_old_day_published_again_leaves_later_days_alone(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {"a": accounts(range(7)), "b": accounts(range(10, 16))})
    publish(store, WEDNESDAY, {"ab": accounts(range(7), range(10, 16))})
    later = store.published.flagged(WEDNESDAY), rows(store, "flagged_rings")
    b = ring_of(store, TUESDAY, "A010")

    again = publish(store, TUESDAY, {"a": accounts(range(5))})

    assert not again.newest
    assert again.changes == 1
    assert store.published.flagged(WEDNESDAY).equals(later[0])
    assert rows(store, "flagged_rings").equals(later[1])
    assert rows(store, "change").sort_values("change_seq")[["ring_id", "change"]].values.tolist()[-1] == [
        b,
        "withdrawn",
    ]
    since = store.published.stays().set_index("account_id")["since"]
    assert (since["A000"], since["A005"]) == (MONDAY, WEDNESDAY)


def test_nights_in_any_order_of_replay_end_in_the_same_state(store: Store) -> None:
    nights = {MONDAY: range(6), TUESDAY: range(7), WEDNESDAY: range(5)}
    for day, members in nights.items():
        publish(store, day, {"a": accounts(members)})
    before = everything(store)
    for day, members in nights.items():
        publish(store, day, {"a": accounts(members)})
    assert everything(store) == before


def test_consumers_can_ask_what_changed(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16)), "c": accounts(range(20, 26))})
    a, b, c = (ring_of(store, MONDAY, account) for account in accounts(0, 10, 20))
    publish(store, TUESDAY, {"a": accounts(range(6)), "b": accounts(range(10, 17)), "d": accounts(range(30, 36))})
    d = ring_of(store, TUESDAY, "A030")

    changes = rows(store, "change").sort_values("change_seq")
    assert changes["change_seq"].is_unique
    tuesday = changes[changes["change_seq"] > 3][["ring_id", "change"]].values.tolist()
    assert sorted(tuesday) == sorted(
        [[a, "event"], [b, "members"], [b, "event"], [b, "summary"], [c, "dormant"], [d, "added"]],
    )


def test_a_withheld_night_changes_nothing_visible(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    shown = rows(store, "flagged_ring_members")
    store.published.withhold(TUESDAY, make(store, TUESDAY, judged({"b": accounts(range(900))})), 1000, "too many")

    assert rows(store, "flagged_ring_members").equals(shown)
    assert store.published.days() == [MONDAY]
    runs = rows(store, "run")[["day", "reason"]]
    assert len(runs) == 2
    assert runs.dropna().astype(str).to_numpy().tolist() == [[str(TUESDAY), "too many"]]


def test_two_nights_put_together_at_once_cannot_both_be_published(store: Store) -> None:
    history = store.published.history(TUESDAY)
    night = make(store, TUESDAY, judged({"a": accounts(range(6))}))
    publish(store, MONDAY, {"a": accounts(range(6))})
    with pytest.raises(InfrastructureError, match="run `ringwatch publish` again"):
        store.published.publish(TUESDAY, night, 1000, history.last_run)


def test_flagged_accounts_of_a_day_come_sorted_with_their_ring(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(3, 1, 2, 0)}, probability=0.7, kind="reseller")
    flagged = store.published.flagged(MONDAY)
    assert list(flagged) == [
        "day", "ring_id", "account_id", "role", "member_probability", "account_probability", "ring_probability",
        "ring_low", "ring_high", "band", "kind", "size", "event", "first_day",
    ]  # fmt: skip
    assert flagged["account_id"].tolist() == accounts(range(4))
    assert flagged[
        ["day", "member_probability", "ring_probability", "ring_low", "ring_high", "band", "kind", "size", "event"]
    ].drop_duplicates().values.tolist() == [[MONDAY, 0.8, 0.7, 0.35, 0.85, "likely", "reseller", 4, "new"]]
    assert flagged["account_probability"].round(9).unique().tolist() == [0.56]
    assert flagged["first_day"].unique().tolist() == [MONDAY]


def test_an_unpublished_day_names_the_nearest_published_one(store: Store) -> None:
    with pytest.raises(UsageError, match="nor for any other day"):
        store.published.flagged(MONDAY)
    publish(store, MONDAY, {})
    publish(store, THURSDAY, {})
    with pytest.raises(UsageError, match=f"nearest of 2 published days is {THURSDAY}"):
        store.published.flagged(FRIDAY)
