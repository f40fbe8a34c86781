"""A home whose window is known, and a store with rings of its accounts: what the tests of the page look at."""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ringwatch.night import Night
from ringwatch.review.nightly import nightly
from ringwatch.score.tables import TABLES
from ringwatch.store.records import Candidates, Thresholds
from ringwatch.window import sharing
from tests.unit.detection.clean_days import accounts, connected, paid, used, write_days

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
CARD, BRIDGE = "4111-card-of-the-ring", "203.0.113.77"
HOSTILE = """"><script>alert(1)</script><b>'{{ 7*7 }}${1}&amp;é\u202e"""
RING = ("A1", "A2", "A3", "A4", "A5")


def home_of_a_ring(home: Path, members: tuple[str, ...] = RING, text: str = "They share one card") -> Night:
    """Five accounts or more that share a card, a device and an address; on Tuesday the last of them came."""
    monday = {
        "accounts": accounts(*members, "B1", country="DE"),
        "payments": [paid(name, CARD, MONDAY) for name in members[:-1]],
        "devices": [used(name, "device-1", MONDAY) for name in members[:3]],
        "ips": [
            connected(name, BRIDGE, MONDAY) | {"asn": 64500, "network_kind": "vpn", "country": "NL"} for name in members
        ],
        "usage": [
            {"account_id": name, "capability": "code", "exchanges": 9, "active_hours": 1 << 9} for name in members
        ],
    }
    tuesday = {"accounts": [], "payments": [paid(members[-1], CARD, TUESDAY)], "devices": [], "ips": [], "usage": []}
    night = write_days(home, {MONDAY: monday, TUESDAY: tuesday})
    sharing.open_sharing(night).close()
    publish(night, MONDAY, members[:-1], text)
    publish(night, TUESDAY, members[1:], text)
    return night


def publish(
    night: Night, day: date, members: tuple[str, ...], text: str, probability: float = 0.9, asked: int = 0
) -> None:
    rings = [("c", len(members), probability, 0.7, 0.97, "operator", 3.0, text)]
    belong = [("c", name, 0.8, "core") for name in members]
    evidence = [
        ("c", "payment", "shared_card", "for", 4.0, 0.1, 5.0, 4, [CARD], f"4 of them paid with {CARD}"),
        ("c", "age", "old", "against", 0.4, 0.2, -2.0, 4, [], text),
        ("c", "time", "slight", "for", 0.4, 0.3, 0.2, 4, [], "They came at about the same time"),
        ("c", "group", "bridge", "check", 1.0, 0.0, 0.0, 0, [BRIDGE], f"Weakest point: the address {BRIDGE}"),
    ]
    rows = {"rings": rings, "members": belong, "evidence": evidence}
    judged = Candidates(**{table: _frame(table, values) for table, values in rows.items()})
    store = night.store.published
    history = store.history(day)
    store.publish(day, nightly(day, judged, history, Thresholds(0.5, 0.3, 4), asked=asked), 1000, history.last_run)


def _frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    schema = TABLES[table]
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema).to_pandas()
