"""Addresses, codes and times: what is read in one go is what the standard library and the standards say."""

import json
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from babel import Locale
from deliveries import open_night
from hostile import counts, part
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ringwatch.gate import canonical, normalise
from ringwatch.model import load_model
from ringwatch.stages import validate

NAT64 = IPv6Network("64:ff9b::/96")

OCTETS = st.sampled_from(
    ["0", "1", "9", "10", "127", "192", "249", "255", "256", "00", "01", "010", "0x1", "", " 1", "\u0661"]
)
DOTTED = st.lists(OCTETS, min_size=3, max_size=5).map(".".join)
GROUPS = st.lists(st.sampled_from(["0", "1", "ffff", "FE80", "2001", "00ab", "", "", "12345", "g"]), max_size=9)
COLONS = st.one_of(
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded.upper()),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{address}"),
    st.ip_addresses(v=4).map(lambda address: f"64:ff9b::{address}"),
    st.ip_addresses(v=6, network="2001:db8::/64").map(str),
    GROUPS.map(":".join),
    st.builds("{}:{}".format, GROUPS.map(":".join), DOTTED),
)
ADDRESSES = st.builds(
    "{}{}{}".format,
    st.one_of(st.ip_addresses(v=4).map(str), DOTTED, COLONS, COLONS),
    st.sampled_from(["", "", "", "%eth0", "%", "%1%2"]),
    st.sampled_from(["", "", "", "/64", "/32", "/064", "/64/64", "\n", " "]),
)


def address_by_library(text: str) -> str | None:
    """IPv4 as it is; IPv6 without its zone: the IPv4 address behind it, or its /64; a /64 that is one is one."""
    try:
        if ":" not in text:
            return str(IPv4Address(text))
        if text.endswith("/64"):
            whole = IPv6Address(text.removesuffix("/64"))
            return str(whole.sixtofour or IPv6Network((int(whole), 64)))
        address = ip_address(text)
        assert isinstance(address, IPv6Address)
        plain = IPv6Address(int(address))
    except ValueError:
        return None
    if plain.sixtofour:
        return str(plain.sixtofour)
    if plain.ipv4_mapped or plain in NAT64:
        return str(IPv4Address(int(plain) & 0xFFFFFFFF))
    return str(IPv6Network((int(plain), 64), strict=False))


@settings(max_examples=1000, deadline=None)
@given(ADDRESSES)
@example("::ffff:192.0.2.1")
@example("::ffff:192.0.2.01")
@example("fe80::1%eth0")
@example("2001:db8:0:1::/64")
@example("2001:db8::1/64")
@example("192.0.2.1/64")
@example("1.2.3.4\n")
def test_an_address_is_what_the_standard_library_reads(text: str) -> None:
    found = canonical.ip(pa.array([None, text, "192.0.2.7", text])).to_pylist()

    assert found == [None, address_by_library(text), "192.0.2.7", address_by_library(text)]


@settings(deadline=None)
@given(ADDRESSES)
def test_what_an_address_counts_as_counts_as_itself(text: str) -> None:
    once = canonical.ip(pa.array([text]))

    assert canonical.ip(once) == once


# ISO 3166 has all regions of phone numbers but these: parts of another one, and one without a code.
NOT_ISO = {"AC", "TA", "XK", "001"}
CODES = st.text("abuseyrdUSDEGBX1\u017f\u0131\u212a ", min_size=1, max_size=4)


@pytest.mark.parametrize("code", sorted(phonenumbers.SUPPORTED_REGIONS - NOT_ISO))
def test_countries_that_have_phones_are_countries(code: str) -> None:
    assert canonical.country(pa.array([code, code.lower(), f" {code}"])).to_pylist() == [code, code, None]


@settings(max_examples=400, deadline=None)
@given(CODES)
@example("u\u017fd")
@example("XXX")
def test_a_code_is_ascii_letters_of_the_table(code: str) -> None:
    countries = {name for name in Locale("en").territories if len(name) == 2 and name.isalpha()}
    currencies = Locale("root").currencies.keys() | Locale("en").currencies.keys()
    capitals = code.upper() if code.isascii() else ""

    (country,), (currency,) = (form(pa.array([code])).to_pylist() for form in (canonical.country, canonical.currency))

    assert country in (None, capitals)
    assert country is None or country in countries
    assert currency == (capitals if capitals in currencies else None)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31))


@settings(max_examples=300, deadline=None)
@given(MOMENTS, st.none() | ZONES | st.just(UTC), st.sampled_from(["T", " "]), st.booleans())
def test_a_time_is_the_moment_in_utc(moment: datetime, zone: Any, between: str, with_z: bool) -> None:
    written = moment.replace(tzinfo=zone).isoformat(between)
    written = written.replace("+00:00", "Z") if with_z else written
    expected = moment if zone is None else moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)

    assert times([written, None, written]) == [expected, None, expected]


@settings(max_examples=300, deadline=None)
@given(MOMENTS, st.data())
def test_a_time_with_one_letter_changed_is_none_or_what_it_says(moment: datetime, data: st.DataObject) -> None:
    """What the standard library reads of it, where it reads something; a day at least."""
    text = moment.isoformat()
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.sampled_from("0123456789-:TZ+ ./x")) + text[place + 1 :]

    assume(not changed.startswith("0000"))  # a year that Python does not know

    (found,) = times([changed])

    try:
        said = datetime.fromisoformat(changed)
        said = said.astimezone(UTC).replace(tzinfo=None) if said.tzinfo else said
    except ValueError:
        return
    assert found in (None, said)


@pytest.mark.parametrize("text", ["12:00", "1772438400", "2026", "2026-03", "03/02/2026", "tomorrow", "2026-02-30"])
def test_what_names_no_day_is_no_time(text: str) -> None:
    assert times([text]) == [None]


@pytest.mark.parametrize("second", [-62_167_219_200, 506_606_400_000])
def test_a_year_that_python_does_not_know_is_kept_in_quarantine(second: int, tmp_path: Path) -> None:
    """The years 0 and 18023, as Parquet can hold them."""
    night = open_night(tmp_path, ("accounts",))
    created = pa.array([second, 1_700_000_000], pa.timestamp("s"))
    rows = pa.table({"account_id": ["a", "b"], "created_at": created, "status": ["active", "active"]})
    pq.write_table(rows, night.files.arrived(night.day) / "accounts.parquet")

    report = validate.run(night)

    year = str(created[0].cast(pa.string()))[: -len("-01-01 00:00:00")]
    (kept,) = part(night, "quarantine", "accounts")["values"]
    assert counts(report, "accounts") == {"clean": 1, "quarantined": 1, "held": 0, "duplicates": 0}
    assert json.loads(kept)["created_at"].startswith(year)


def times(texts: list[str | None]) -> list[datetime | None]:
    rows = pa.table({"account_id": ["a"] * len(texts), "first_seen": pa.array(texts, pa.string())})
    return normalise.typed(rows, load_model().feeds["devices"], load_model().defaults)["first_seen"].to_pylist()
