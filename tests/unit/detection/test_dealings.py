"""What is shown of what the members of rings did: when they were active, and whom they paid."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from clean_days import MONDAY, TUESDAY, accounts, write_days

from ringwatch.window.dealings import dealings


def active(account: str, *hours: int) -> dict[str, Any]:
    mask = sum(1 << hour for hour in hours)
    return {"account_id": account, "capability": "chat", "exchanges": 1, "active_hours": mask}


def pays(account: str, to: str, amount: float, day: date, **more: Any) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, 12)
    row = {"account_id": account, "counterparty_account_id": to, "amount": amount, "currency": "EUR", "paid_at": at}
    return row | {"payment_id": f"{account}>{to}{amount}{day}", "instrument_kind": "balance"} | more


def test_hours_are_told_by_weekday_over_the_window_and_of_members_alone(tmp_path: Path) -> None:
    before = MONDAY - timedelta(days=7)
    night = write_days(
        tmp_path,
        {
            before: {"usage": [active("A", 23)]},
            MONDAY: {"accounts": accounts("A", "B"), "usage": [active("A", 0, 5), active("B", 1)]},
            TUESDAY: {"usage": [active("A", 5)]},
        },
    )

    assert dealings(night, ["A"]).active_hours == {"A": [1 << 23 | 1 << 5 | 1, 1 << 5, 0, 0, 0, 0, 0]}


def test_money_is_summed_by_pair_and_currency_where_a_member_is_an_end_of_it(tmp_path: Path) -> None:
    rows = [
        pays("A", "B", 10.1, MONDAY),
        pays("A", "B", 0.2, MONDAY, currency="USD"),
        pays("C", "A", 5.0, MONDAY, currency=None),
        pays("C", "D", 99.0, MONDAY),
        pays("A", "B", 7.0, MONDAY, outcome="declined"),
    ]
    night = write_days(
        tmp_path, {MONDAY: {"payments": rows}, TUESDAY: {"payments": [pays("A", "B", 0.2, TUESDAY, outcome="settled")]}}
    )

    found = dealings(night, ["A", "B"]).payments.to_dict("records")

    told = [(row["source"], row["target"], row["currency"], row["amount"], row["payments"]) for row in found]
    assert told == [("A", "B", "EUR", 10.3, 2), ("A", "B", "USD", 0.2, 1), ("C", "A", "unknown", 5.0, 1)]
    assert (found[0]["first_paid"].date(), found[0]["last_paid"].date()) == (MONDAY, TUESDAY)


def test_a_deployment_without_usage_and_payments_has_none(tmp_path: Path) -> None:
    night = write_days(tmp_path, {MONDAY: {"accounts": accounts("A")}})

    assert dealings(night, ["A"]).active_hours == {}
    assert dealings(night, []).payments.empty
