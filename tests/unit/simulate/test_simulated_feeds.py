"""Simulated feeds keep the input contract, so that a gate which refuses one of their rows is wrong, or they are."""

import ipaddress
import re
from pathlib import Path

import pandas as pd
import phonenumbers
import pytest
from email_validator import validate_email
from leaks import read

from ringwatch.model import Column, load_model
from ringwatch.simulate import FEEDS

MODEL = load_model()


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_has_the_columns_of_the_model_and_values_that_it_allows(feed: str, small: Path) -> None:
    rows, columns = read(small, feed), MODEL.feeds[feed].columns

    assert list(rows.columns) == list(columns)
    assert len(rows) > 100
    refused = {name: _refused(rows, rows[name], column) for name, column in columns.items()}
    assert {name: values for name, values in refused.items() if values} == {}


@pytest.mark.parametrize(
    ("feed", "once"),
    [
        ("accounts", ["account_id"]),
        ("payments", ["payment_id"]),
        ("devices", ["account_id", "device"]),
        ("ips", ["account_id", "ip"]),
        ("usage", ["account_id", "capability"]),
    ],
)
def test_a_day_says_each_thing_once(feed: str, once: list[str], town: Path) -> None:
    assert set(once) <= set(MODEL.feeds[feed].key)
    for path in (town / "feeds").glob(f"*/{feed}.parquet"):
        assert not pd.read_parquet(path)[once].duplicated().any()


def test_mail_and_phone_are_such_as_people_give(small: Path) -> None:
    accounts = read(small, "accounts")
    phones = [phonenumbers.parse(number) for number in accounts["phone"].dropna()]

    assert all(phonenumbers.is_valid_number(number) for number in phones)
    assert len({number.country_code for number in phones}) >= 8
    assert all(validate_email(mail, check_deliverability=False) for mail in accounts["email"].dropna())
    assert accounts["email"].notna().mean() > 0.9


def test_an_address_always_has_the_same_network(town: Path) -> None:
    ips = read(town, "ips")
    block = ips.assign(block=[str(ip).rsplit(".", 2)[0] if "." in ip else ip[:7] for ip in ips["ip"]])

    assert ips.groupby("ip")[["asn", "network_kind", "country"]].nunique().max(axis=None) == 1
    assert block.groupby("block")["asn"].nunique().max() == 1
    assert all(ipaddress.ip_address(ip).is_global for ip in ips["ip"].unique())
    assert set(ips["network_kind"]) == {"residential", "mobile", "hosting", "vpn", "education", "business"}


def test_a_card_and_a_device_never_change_what_they_are(town: Path) -> None:
    payments, devices = read(town, "payments"), read(town, "devices")
    said = payments.groupby("instrument")[["instrument_kind", "bin", "billing_country"]].nunique(dropna=False)
    real = devices[devices["device"].str.fullmatch("[0-9a-f]{32}") & (devices["device"] != "0" * 32)]

    assert said.max(axis=None) == 1
    assert real.groupby("device")["platform"].nunique().max() == 1


def _refused(rows: pd.DataFrame, values: pd.Series, column: Column) -> list[object]:
    """Some values that break the column's rules, at most five."""
    missing = values.isna()
    filled = values[~missing]
    wrong = filled[_breaks(filled, column)]
    if column.not_before:
        wrong = pd.concat([wrong, filled[filled < rows.loc[~missing.to_numpy(), column.not_before]]])
    return [*(["missing"] if column.required and missing.any() else []), *wrong.head(5)]


def _breaks(values: pd.Series, column: Column) -> pd.Series:
    breaks = pd.Series(False, index=values.index)
    if column.one_of:
        breaks |= ~values.isin(column.one_of)
    if column.pattern:
        breaks |= ~values.map(lambda text: bool(re.search(str(column.pattern), text)))
    if column.min is not None:
        breaks |= values < column.min
    if column.max is not None:
        breaks |= values > column.max
    if column.type == "timestamp":
        breaks |= str(values.dtype) != "datetime64[us, UTC]"
    if column.type in ("integer", "number"):
        breaks |= not pd.api.types.is_numeric_dtype(values)
    return breaks
