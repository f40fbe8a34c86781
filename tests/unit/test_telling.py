"""What a stage did, in sentences."""

from datetime import date

from ringwatch.night import Report
from ringwatch.telling import told

DAY = date(2026, 3, 2)


def test_what_became_of_the_rows_is_said_of_each_feed() -> None:
    counts = {"accounts.rows": 3, "accounts.clean": 2, "accounts.quarantined": 1, "ips.rows": 0, "ips.clean": 0}
    feeds = {"expected": ("accounts", "ips", "usage"), "arrived": ("accounts", "ips")}

    assert told(Report("validate", DAY, counts, {"accounts": 1.25}, feeds=feeds)) == [
        "validate of 2026-03-02: accounts has 3 rows: 2 clean, 1 in quarantine.",
        "validate of 2026-03-02: ips has no rows.",
        "validate of 2026-03-02: Not there: usage.",
        "It took 1.2 s.",
    ]


def test_what_consumers_see_anew_is_said_with_the_events() -> None:
    counts = {"rings": 1200, "members": 9000, "changes": 3, "events.new": 1, "events.grown": 2}

    assert told(Report("publish", DAY, counts))[:2] == [
        "publish of 2026-03-02: 1,200 rings of 9,000 accounts are published; for consumers 3 of them changed.",
        "publish of 2026-03-02: Since the night before: 1 new, 2 grown.",
    ]


def test_parts_are_added_up() -> None:
    counts = {"accounts": 5, "identifiers.Device": 2, "identifiers.Phone": 1, "relationships.USED": 4, "removed.a": 1}

    assert told(Report("load", DAY, counts))[0] == (
        "load of 2026-03-02: 5 accounts, 3 identifiers and 4 relationships were written, 1 of all were removed."
    )


def test_a_graph_of_flagged_neighbourhoods_is_told_of_by_publish_and_not_by_load() -> None:
    brought = {"graph.accounts": 40, "graph.identifiers.Device": 7, "graph.identifiers.Phone": 2, "graph.removed.a": 3}

    assert told(Report("load", DAY, {"accounts.rows": 9, "known_accounts": 1200}))[0] == (
        "load of 2026-03-02: 1,200 accounts are known; publish brings flagged neighbourhoods into the graph."
    )
    assert told(Report("publish", DAY, {"rings": 2, "members": 9, "changes": 1} | brought))[1] == (
        "publish of 2026-03-02: Into the graph went 40 accounts, 9 identifiers and 0 relationships of flagged "
        "neighbourhoods; 3 of all were removed."
    )


def test_warnings_come_last() -> None:
    report = Report("publish", DAY, {}, {}, ("no candidate was flagged",))

    assert told(report)[-1] == "Warning: no candidate was flagged"
