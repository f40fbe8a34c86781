"""What the window says of some accounts is what it says of them among all."""

import pyarrow as pa
from hand_worked import EVERYBODY

from ringwatch.model import ACCOUNT
from ringwatch.night import Night
from ringwatch.window import around, pairs, sharing

FEW = [*EVERYBODY[:3], EVERYBODY[10], EVERYBODY[999]]
MIN_BITS = 3.0


def test_identifiers_are_counted_among_all_accounts(night: Night) -> None:
    asked = pa.table({"label": ["Device", "IpAddress", "Device"], "identifier": ["ring", "carrier", "home"]})
    with sharing.open_sharing(night) as connection:
        found = around.identifiers(connection, asked, ACCOUNT)
        every = pairs.identifiers(connection, ACCOUNT)

    assert found.to_pylist() == [
        row
        for row in every.to_pylist()
        if (row["label"], row["identifier"]) in {("Device", "ring"), ("IpAddress", "carrier")}
    ]
    assert [(row["identifier"], row["accounts"], row["hub"]) for row in found.to_pylist()] == [
        ("ring", 5, False), ("carrier", 1000, True)
    ]  # fmt: skip


def test_links_are_those_between_the_accounts_asked_for(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        found = around.links(connection, pa.table({"account_id": FEW}), MIN_BITS)
        every = pairs.links(connection, MIN_BITS)

    assert found.to_pylist() == [row for row in every.to_pylist() if {row["source"], row["target"]} <= set(FEW)]
    assert 0 < found.num_rows < every.num_rows


def test_who_is_linked_to_one_asked_for_is_found_whichever_end_it_is(night: Night) -> None:
    for asked in (EVERYBODY[0], EVERYBODY[999]):
        with sharing.open_sharing(night) as connection:
            found = around.linked(connection, pa.table({"account_id": [asked]}), MIN_BITS)
        assert found["account_id"].to_pylist() == [*EVERYBODY[:4], EVERYBODY[999]]
