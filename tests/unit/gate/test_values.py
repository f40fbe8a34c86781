"""One value is one text, however it is written down: by which exporter, in which type, form, file and company."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deliveries import MONDAY, TUESDAY, deliver, open_night, reported
from hostile import csv_of, parquet, parquet_of, part, put
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.errors import DataRefused
from ringwatch.gate import cards, normalise, spelling
from ringwatch.model import Issuer, load_model
from ringwatch.night import Night
from ringwatch.quarantine.replay import replay
from ringwatch.quarantine.shelf import Which
from ringwatch.rehearsal import rehearse
from ringwatch.stages import validate
from ringwatch.window import sharing

DEFAULTS = load_model().defaults
DEVICES = load_model().feeds["devices"]
SEEN = ["2026-03-02T08:00", "2026-03-02T09:00"]

# Snowflake ids: 19 digits, neighbours of each other beyond what a float tells apart.
IDS = [1_700_000_000_000_000_001 + number for number in range(3)]
TEXTS = [str(number) for number in IDS]


def spelled(values: Any) -> list[str | None]:
    """The device column of rows as the gate spells it."""
    rows = normalise.typed(pa.table({"device": values}), DEVICES, DEFAULTS)
    found: list[str | None] = rows["device"].to_pylist()
    return found


@pytest.mark.parametrize(
    "kind",
    [pa.int64(), pa.uint64(), pa.decimal128(19, 0), pa.decimal128(38, 0), pa.decimal256(76, 0), pa.decimal128(38, 2)],
    ids=str,
)
def test_long_ids_are_the_same_text_in_every_type_of_number(kind: pa.DataType) -> None:
    assert spelled(pa.array([Decimal(number) for number in IDS], pa.decimal128(38, 0)).cast(kind)) == TEXTS


@pytest.mark.parametrize(
    "values",
    [
        pa.array([7, 8, None], pa.int8()),
        pa.array([7, 8, None], pa.uint16()),
        pa.array([7, 8, None], pa.float32()),
        pa.array([7, 8, float("nan")], pa.float64()),
        pa.array([Decimal("7.00"), Decimal("8.00"), None], pa.decimal128(9, 2)),
        pa.array(["7.0", "8.0", None]),
        pa.array([7, 8, None]).dictionary_encode(),
        pa.array(["7", "8", None]).dictionary_encode(),
        pa.array([Decimal(7), Decimal(8), None]).dictionary_encode(),
        pa.array(["7", "8", None], pa.large_string()),
        pa.array(["7", "8", None], pa.string_view()),
        pa.array([b"7", b"8", None]),
        pa.array(["7", '"8"', "null"], pa.json_()),
    ],
    ids=lambda values: str(values.type).replace("\n", " ")[:40],
)
def test_small_ids_are_the_same_text_in_every_type(values: Any) -> None:
    plain = spelling.plain(values)

    assert spelled(plain) == ["7", "8", None]


def test_a_uuid_is_its_usual_text_in_every_type() -> None:
    one = uuid.UUID("0a1b2c3d-1111-4222-8333-444455556666")
    raw = pa.array([one.bytes, None], pa.binary(16))

    for values in (raw, pa.ExtensionArray.from_storage(pa.uuid(), raw), raw.dictionary_encode()):
        assert spelling.plain(values).to_pylist() == [str(one), None]


@pytest.mark.parametrize("number", [12.5, 2.0**53, 1e17, float("inf"), -0.5])
def test_a_float_that_is_not_exact_refuses_its_own_row(tmp_path: Path, number: float) -> None:
    night = open_night(tmp_path, ("devices",))
    table = {"account_id": ["A", "B", "C"], "device": [12345678901.0, number, 7.0]}
    put(night.files.arrived(MONDAY), {"devices.parquet": parquet(table | _times(3))})

    validate.run(night)

    assert part(night, "clean", "devices")["device"].tolist() == ["12345678901", "7"]
    (rule,) = part(night, "quarantine", "devices")["rule"]
    assert rule.startswith("device arrived as a fraction, or as a float that is too large to be exact")


def test_a_float_of_32_bits_is_exact_only_as_far_as_it_is() -> None:
    assert spelled(pa.array([2**24 - 1, 2**24], pa.float32())) == [str(2**24 - 1), None]


FORMS: dict[str, Callable[[list[int]], Any]] = {
    "text": lambda ids: pa.array([str(one) for one in ids]),
    "integers": lambda ids: pa.array(ids, pa.int64()),
    "decimals": lambda ids: pa.array([Decimal(one) for one in ids], pa.decimal128(38, 0)),
    "decimals with a scale": lambda ids: pa.array([Decimal(one) for one in ids], pa.decimal128(38, 4)),
    "words by number": lambda ids: pa.array([str(one) for one in ids]).dictionary_encode(),
    "JSON": lambda ids: pa.array([json.dumps(one) for one in ids], pa.json_()),
    "JSON strings": lambda ids: pa.array([json.dumps(str(one)) for one in ids], pa.json_()),
    "floats where they are exact": lambda ids: (
        pa.array(ids, pa.float64()) if all(abs(one) < 2**53 for one in ids) else pa.array(ids, pa.int64())
    ),
}


@settings(max_examples=200, deadline=None)
@given(
    ids=st.lists(st.integers(1, 2**63 - 1), min_size=1, max_size=6),
    form=st.sampled_from(sorted(FORMS)),
    cut=st.integers(0, 6),
)
def test_the_spelling_of_an_id_depends_on_nothing_but_the_id(ids: list[int], form: str, cut: int) -> None:
    values = spelling.plain(FORMS[form](ids))

    assert spelled(values[:cut]) + spelled(values[cut:]) == spelled(values) == [str(one) for one in ids]


MARKS = [
    "\\N", "(null)", "<NA>", "NaT", "<nil>", "(not set)", "<null>", "[NULL]", "-1", "missing", "None", "nan",
    "undefined", "not available", "__none__", "'null'", "{00000000-0000-0000-0000-000000000000}", "0x0",
    "0" * 32, "f" * 32, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "(unknown)", "d41d8cd98f00b204e9800998ecf8427e",
    "1.#QNAN", "-1.#IND", "-nan", "N\\A", "not-set", "{}", "[]", "\u2014", "\u2026",
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_what_exporters_write_for_nothing_is_no_identifier_and_no_account(mark: str) -> None:
    rows = pa.table({"account_id": [mark], "device": [mark], "referred_by": [mark], "organisation": [mark]})
    devices = normalise.typed(rows, DEVICES, DEFAULTS)
    accounts = normalise.typed(rows, load_model().feeds["accounts"], DEFAULTS)

    assert normalise.without(devices["device"].combine_chunks(), DEFAULTS.nothing.anywhere).to_pylist() == [None]
    assert [accounts[name].to_pylist() for name in ("account_id", "referred_by", "organisation")] == [[None]] * 3


@pytest.mark.parametrize(
    "name", ["test", "default", "NA", "deleted", "true", "N", "n", "fff", "1", "nullable", "none-1", "jan-26"]
)
def test_an_account_may_be_called_so(name: str) -> None:
    rows = normalise.typed(pa.table({"account_id": [name]}), DEVICES, DEFAULTS)

    assert rows["account_id"].to_pylist() == [name]
    assert rows[f"account_id{normalise.FLAW}"].to_pylist() == [None]


def test_payments_may_be_numbered_from_0(judge: Callable[..., Night]) -> None:
    header = "payment_id,account_id,paid_at,instrument,instrument_kind"

    night = judge(payments=[header, "0,A,2026-03-02,t1,card", "1,A,2026-03-02,t2,card", "null,A,2026-03-02,t2,card"])

    assert part(night, "clean", "payments")["payment_id"].tolist() == ["0", "1"]
    assert part(night, "quarantine", "payments")["rule"].tolist() == ["payment_id is required"]


def test_a_value_of_the_columns_own_type_is_no_word_for_nothing() -> None:
    feeds = load_model().feeds
    accounts = normalise.typed(pa.table({"country": ["NA", "n/a", "XX"]}), feeds["accounts"], DEFAULTS)
    ips = normalise.typed(pa.table({"network_kind": ["unknown", "n/a", "vpn"]}), feeds["ips"], DEFAULTS)
    payments = normalise.typed(pa.table({"bin": ["000000", "411111", "n/a"]}), feeds["payments"], DEFAULTS)

    assert accounts["country"].to_pylist() == ["NA", None, None]
    assert ips["network_kind"].to_pylist() == ["unknown", None, "vpn"]
    assert payments["bin"].to_pylist() == [None, "411111", None]


WRAPPED = [('="00120"', "00120"), ("'001230", "001230"), ("'ABC-1'", "ABC-1"), (' =" 7 " ', "7"), ("'=7", "=7"),
           ("O'Neill", "O'Neill"), ("'; DROP TABLE x; --", "'; DROP TABLE x; --"), ('=""', None)]  # fmt: skip


@pytest.mark.parametrize(("cell", "value"), WRAPPED)
def test_what_a_spreadsheet_wraps_an_id_in_is_taken_off(cell: str, value: str | None) -> None:
    assert spelled([cell]) == [value]


SPOILED = ["4.00001E+15", "1,23457E+18", "1.7e18", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NULL!", "#NUM!",
           "########", "Jan 26", "26-Jan", "Mrz 12", "Err:502", "#BEZUG!",
           "#\u00a1VALOR!", "#\u0417\u041d\u0410\u0427!", "#N/D", "Fehler:502"]  # fmt: skip


def test_what_a_spreadsheet_spoiled_is_no_identifier_and_is_told(judge: Callable[..., Night], tmp_path: Path) -> None:
    rows = [f'A,"{value}",{SEEN[0]},{SEEN[1]},{number}' for number, value in enumerate(SPOILED)]
    kept = [f"A,{value},{SEEN[0]},{SEEN[1]},0" for value in ("12E4", "1e5", "#1", "Mar-a-Lago", "January")]
    night = open_night(tmp_path, ("devices",))
    deliver(night, devices=["account_id,device,first_seen,last_seen,sessions", *rows, *kept])

    report = validate.run(night)

    clean = part(night, "clean", "devices")["device"]
    assert clean.isna().sum() == len(SPOILED)
    assert set(clean.dropna()) == {"12E4", "1e5", "#1", "Mar-a-Lago", "January"}
    (told,) = [warning for warning in report.warnings if "spreadsheet" in warning]
    assert told.startswith(f"devices: {len(SPOILED)} wrong values were left out of their rows: device is what")


def test_what_a_spreadsheet_spoiled_is_told_in_a_column_of_any_type(judge: Callable[..., Night]) -> None:
    night = judge(accounts=["account_id,created_at,status,country,phone", "A,2026-02-01,active,#REF!,4.93090182E+11"])

    assert reported(night, "accounts") | {"clean": 1, "noted": 2} == reported(night, "accounts")


def test_a_phone_number_that_is_a_float_is_told_as_the_number_it_is() -> None:
    rows = pa.table({"phone": pa.array([4930901820123.0, None])})

    found = normalise.typed(rows, load_model().feeds["accounts"], DEFAULTS)

    assert found[f"phone{normalise.UNREADABLE}"].to_pylist() == ["4930901820123", None]


def test_bytes_that_are_no_text_are_refused_with_their_column(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("devices",))
    put(
        night.files.arrived(MONDAY),
        {"devices.parquet": parquet({"account_id": ["A"], "device": [b"\xff"]} | _times(1))},
    )

    with pytest.raises(DataRefused, match="the column device holds bytes that are no text"):
        validate.run(night)


def test_a_spoiled_id_of_the_row_itself_costs_the_row(judge: Callable[..., Night]) -> None:
    header = "payment_id,account_id,paid_at,instrument,instrument_kind"
    rows = ["1.2E+15,A,2026-03-02,t1,card", "p2,4.5E+12,2026-03-02,t2,card", "p3,A,2026-03-02,t3,card"]

    night = judge(payments=[header, *rows])

    rules = part(night, "quarantine", "payments")["rule"].tolist()
    assert [rule.split(" is what a spreadsheet")[0] for rule in rules] == ["payment_id", "account_id"]
    assert part(night, "clean", "payments")["payment_id"].tolist() == ["p3"]


# Numbers that payment providers publish for tests.
CARDS = ["4111111111111111", "4222222222222", "378282246310005", "5555555555554444", "2223003122003222",
         "30569309025904", "6011111111111117", "3530111333300000", "6205500000000000004",
         "6759649826438453"]  # fmt: skip


@pytest.mark.parametrize("number", CARDS)
def test_a_card_number_is_known_in_every_form(number: str) -> None:
    grouped = " ".join(re.findall("..?.?.?", number))
    forms = [number, grouped, grouped.replace(" ", "-"), f"card:{number}", f"'{number}", f'="{number}"', f"{number}.0"]
    wide = [number.translate({48 + digit: 0xFF10 + digit for digit in range(10)})]
    wide += [grouped.replace(" ", sign) for sign in ("/", "\t", "\u200b", "\u2007", "\u2011")]

    found = normalise.typed(pa.table({"instrument": forms + wide}), load_model().feeds["payments"], DEFAULTS)

    assert found[f"instrument{normalise.FLAW}"].to_pylist() == [normalise.CARD] * len(forms + wide)
    assert found["instrument"].to_pylist() == [None] * len(forms + wide)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([4111111111111111], pa.int64()),
        pa.array([4111111111111111], pa.float64()),
        pa.array([Decimal(4111111111111111)], pa.decimal128(38, 2)),
        pa.array(["4111111111111111"]).dictionary_encode(),
        pa.array([b"4111111111111111"]),
    ],
    ids=lambda values: str(values.type)[:20],
)
def test_a_card_number_is_known_in_every_type(values: Any) -> None:
    found = normalise.typed(pa.table({"instrument": values}), load_model().feeds["payments"], DEFAULTS)

    assert found[f"instrument{normalise.FLAW}"].to_pylist() == [normalise.CARD]


NO_CARDS = ["4111111111111112", "tok_a4111111111111111", *TEXTS, "12345678-1234-4123-8123-123456789012",
            "1234567890123452", "00000000000000000000", "41111111111111110000"]  # fmt: skip


def test_what_only_resembles_a_card_number_stays() -> None:
    assert cards.hold_card(pa.array(NO_CARDS), DEFAULTS.card_numbers, bare=True).to_pylist() == [False] * len(NO_CARDS)


def test_digits_alone_are_no_card_where_nothing_was_paid_with() -> None:
    texts = ["4111111111111111", "4111 1111 1111 1111"]

    found = normalise.typed(pa.table({"account_id": texts, "device": texts}), DEVICES, DEFAULTS)

    assert found["account_id"].to_pylist() == found["device"].to_pylist() == [texts[0], None]


SEPARATORS = st.sampled_from(["", " ", "-", "\u00a0", "\t", "/", "\u200b"])
PAYMENT = {"account_id": "A", "paid_at": "2026-03-02T08:00", "instrument_kind": "card"}


@settings(max_examples=6, derandomize=True, deadline=None)
@given(
    number=st.sampled_from(CARDS),
    separator=SEPARATORS,
    form=st.sampled_from(["csv", "parquet"]),
    column=st.sampled_from(["instrument", "counterparty_account_id", "note", "card_number"]),
)
def test_a_refused_card_number_is_in_no_file_of_the_home(number: str, separator: str, form: str, column: str) -> None:
    written = separator.join(re.findall("..?.?.?", number))
    odd = {"payment_id": "p1", "paid_at": "never", column: written, "instrument": written}
    rows = [PAYMENT | odd, PAYMENT | {"payment_id": "p2", "instrument": "tok_1", "counterparty_account_id": "B"}]
    made = csv_of(rows) + f"p3,{written},4\n" if form == "csv" else parquet_of(rows)
    with TemporaryDirectory() as folder, open_night(Path(folder), ("payments",)) as night:
        put(night.files.arrived(MONDAY), {f"payments.{form}": made})

        told = str(rehearse(night, 5))
        told += str(validate.run(night))

        everything = told + "".join(map(_said, sorted(night.files.home.rglob("*"))))
        assert number not in re.sub(r"[ \t/\u00a0\u200b-]", "", everything)
        assert "instrument looks like a card number" in told


def test_a_row_with_a_card_number_stays_refused_when_it_is_judged_again(judge: Callable[..., Night]) -> None:
    night = judge(payments=["payment_id,account_id,paid_at,instrument,instrument_kind",
                            "p1,A,2026-03-02,4111111111111111,card", "p2,A,2026-03-02,tok,card"])  # fmt: skip
    (values,) = part(night, "quarantine", "payments")["values"]
    arrived = {name: [value] for name, value in json.loads(values).items()}

    again = normalise.typed(pa.table(arrived), load_model().feeds["payments"], DEFAULTS)

    assert json.loads(values)["instrument"] == cards.MASK
    assert again[f"instrument{normalise.FLAW}"].to_pylist() == [normalise.CARD]


def test_a_float_that_is_not_exact_stays_refused_beside_text_when_it_is_judged_again(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts", "devices"))
    deliver(night, accounts=ACCOUNTS)
    fraction = {"account_id": ["A"], "device": [1.5]} | _times(1)
    text = {"account_id": ["B"], "device": ["d"], "first_seen": ["never"], "last_seen": [SEEN[1]]}
    passing = {"account_id": ["C"], "device": ["e"]} | _times(1)
    put(
        night.files.arrived(MONDAY),
        {f"devices-{i}.parquet": parquet(table) for i, table in enumerate((fraction, text, passing))},
    )
    validate.run(night)

    replay(night, Which(), "jo")

    assert part(night, "clean", "devices")["device"].tolist() == ["e"]
    assert len(part(night, "quarantine", "devices")) == 2


ACCOUNTS = ["account_id,created_at,status", *(f"{name},2026-02-01,active" for name in "ABCD")]
DEVICE_HEADER, PAYMENT_HEADER = (
    "account_id,device,first_seen,last_seen",
    "payment_id,account_id,paid_at,instrument,instrument_kind",
)


def _devices(day: date, *pairs: str) -> list[str]:
    return [DEVICE_HEADER, *(f"{pair.replace('=', ',')},{day}T08:00,{day}T09:00" for pair in pairs)]


def _payments(day: date, *pairs: str) -> list[str]:
    return [PAYMENT_HEADER, *(f"{pair}@{day},{pair.replace('=', f',{day},')},card" for pair in pairs)]


def _shared(night: Night) -> set[tuple[str, str]]:
    """Facet and name of what several accounts share."""
    with sharing.open_sharing(night) as connection:
        found = connection.execute(
            "SELECT facet, name FROM identifier WHERE accounts > 1 AND facet IN ('device', 'payment')"
        )
        return set(found.fetchall())


def test_a_value_of_different_kinds_links_nobody_and_is_told_once(arrive: Callable[..., Night]) -> None:
    night = arrive(
        accounts=ACCOUNTS,
        devices=_devices(MONDAY, "A=kein Wert", "B=kein Wert", "C=d1", "D=d1", "A=17", "B=17"),
        payments=_payments(MONDAY, "A=kein Wert", "C=kein Wert", "C=17", "D=17", "A=B", "B=B"),
    )

    report = validate.run(night)

    assert [warning for warning in report.warnings if "different kinds" in warning] == [
        "the value 'kein Wert' stands for different kinds of identifier (devices.device, payments.instrument) in 4 "
        "rows: it identifies nothing and links no accounts"
    ]
    assert _shared(night) == {("device", "d1"), ("device", "17"), ("payment", "17"), ("payment", "B")}


def test_a_value_of_another_kind_on_another_day_of_the_window_links_nobody(judge: Callable[..., Night]) -> None:
    judge(accounts=ACCOUNTS, devices=_devices(MONDAY, "A=leer", "B=leer"), payments=_payments(MONDAY, "A=t1"))
    night = judge(
        TUESDAY, accounts=ACCOUNTS, devices=_devices(TUESDAY, "A=d1"), payments=_payments(TUESDAY, "C=leer", "D=leer")
    )

    assert _shared(night) == set()


def _times(rows: int) -> dict[str, Any]:
    return {"first_seen": [SEEN[0]] * rows, "last_seen": [SEEN[1]] * rows}


def _said(path: Path) -> str:
    """What a file says: its bytes, and the values of Parquet files and of databases."""
    if not path.is_file():
        return ""
    if path.suffix == ".parquet":
        return str(pd.read_parquet(path).to_csv())
    return path.read_bytes().decode("latin-1")


def test_a_first_line_with_a_card_number_is_refused_and_not_told(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("payments",))
    put(night.files.arrived(MONDAY), {"payments.csv": "p1,A,2026-03-02,4111 1111 1111 1111,card\n"})

    with pytest.raises(DataRefused, match="its first line does not name the columns") as refused:
        validate.run(night)

    assert "4111" not in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(numbers=st.lists(st.integers(10**12, 10**19 - 1).map(str), min_size=1, max_size=20))
def test_the_check_digit_of_many_numbers_is_that_of_each(numbers: list[str]) -> None:
    """Luhn's sum as ISO/IEC 7812-1 words it, digit by digit from the right."""
    fits = [sum(sum(map(int, str(int(d) * (1 + i % 2)))) for i, d in enumerate(n[::-1])) % 10 == 0 for n in numbers]
    issuers = (Issuer("any", tuple(map(str, range(1, 10))), tuple(range(13, 20))),)

    assert cards.hold_card(pa.array(numbers), issuers, bare=True).to_pylist() == fits


def test_an_organisation_with_such_a_word_is_none_but_alone_makes_no_word_of_it(arrive: Callable[..., Night]) -> None:
    accounts = ["account_id,created_at,status,organisation", *(f"{name},2026-02-01,active,leer" for name in "ABCD")]
    night = arrive(
        accounts=accounts,
        devices=_devices(MONDAY, "A=leer", "B=leer", "C=d1", "D=d1"),
        payments=_payments(MONDAY, "A=t1", "B=t1"),
    )
    validate.run(night)

    assert _shared(night) == {("device", "leer"), ("device", "d1"), ("payment", "t1")}
