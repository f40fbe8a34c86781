"""Rows that a feed should not hold, one night of all of them: what becomes of each, and that none harms another.

Each case is a name, then rows with their fates. A row is good but for the columns that are named.
"""

from typing import Any

import pandas as pd
import pytest
from deliveries import open_night
from hostile import (
    PARTS,
    Fate,
    Row,
    account,
    clean,
    counts,
    csv_of,
    device,
    duplicate,
    held,
    ip,
    left_out,
    missing,
    parquet_of,
    part,
    payment,
    placed,
    put,
    refused,
    usage,
)

from ringwatch.night import Night, Report
from ringwatch.stages import validate

HIDDEN = "{} is not plain text (it holds control or direction characters)"
NO_TIME = "{} is not a timestamp"
AFTER = "{} is after the day 2026-03-02"
BEFORE = "{} is before 2000-01-01"
LONG = "{} is longer than 256 characters"
NO_PHONE = left_out("phone", "phone is not a phone number with country code")
NO_MAIL = left_out("mailbox", "email is not an e-mail address")
NO_IP = refused("ip is not an IP address")
NO_COUNTRY = left_out("country", "country is not a country of ISO 3166")
NO_CURRENCY = left_out("currency", "currency is not a currency of ISO 4217")
CONFLICT = "another row has the same {} and says something else"

TEXTS = [
    ("Cypher that ends a string", device(device="d'}) DETACH DELETE n //"), clean()),
    ("Cypher in backticks", device(device="`) MATCH (n) DETACH DELETE n //"), clean()),
    ("Cypher escapes", device(device="\\u0027 \\' $device {x} %(y)s"), clean()),
    ("Cypher in an account", account(account_id="A`}) DELETE a;//"), clean()),
    ("SQL in an id", payment(instrument="'; DROP TABLE ring; --"), clean()),
    ("a formula in an id", device(device="=HYPERLINK(\"http://x\",\"y\")"), clean()),
    ("a formula that begins with a sign", device(device="+1+cmd|' /C calc'!A0"), clean()),
    ("a formula that begins with at", device(device="@SUM(1+9)*cmd|'x'!A0"), clean()),
    ("a minus that is no number", device(device="-2+3"), clean()),
    ("markup in an id", device(device="[bold]<script>alert(1)</script>[/]"), clean()),
    ("a path in an id", device(device="../../etc/passwd"), clean()),
    ("a template in an id", device(device="{{ 7*7 }}${7*7}"), clean()),
    ("quotes and delimiters in an id", device(device='a,"b";c|d'), clean()),
    ("NUL", device(device="d\x00e"), refused(HIDDEN.format("device"))),
    ("a terminal escape", device(device="d\x1b[2J"), refused(HIDDEN.format("device"))),
    ("delete", device(device="d\x7f1"), refused(HIDDEN.format("device"))),
    ("a C1 control", device(device="d\x851"), refused(HIDDEN.format("device"))),
    ("a tab in an id", device(device="a\tb"), refused(HIDDEN.format("device"))),
    ("a line break in an id", device(device="a\nb"), refused(HIDDEN.format("device"))),
    ("blanks around an id", device(device="  d  "), clean(device="d")),
    ("a no-break space around an id", device(device="\u00a0d\u00a0"), clean(device="d")),
    ("only blanks", device(device="   "), refused("device is required")),
    ("right to left", device(device="\u05d0\u05d1\u05d2-\u0627\u0628"), clean()),
    ("a direction override", device(device="abc\u202ecba"), refused(HIDDEN.format("device"))),
    ("a direction isolate", device(device="a\u2067b\u2069"), refused(HIDDEN.format("device"))),
    ("a zero-width space", device(device="a\u200bb"), refused(HIDDEN.format("device"))),
    ("a soft hyphen", device(device="a\u00adb"), refused(HIDDEN.format("device"))),
    ("a byte order mark inside", device(device="a\ufeffb"), refused(HIDDEN.format("device"))),
    ("a tag character", device(device="a\U000e0041b"), refused(HIDDEN.format("device"))),
    ("a private character", device(device="a\ue000b"), refused(HIDDEN.format("device"))),
    ("a joiner that Persian needs", account(organisation="\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"), clean()),
    ("an emoji of several", account(organisation="\U0001f468\u200d\U0001f469"), clean()),
    ("1 MB", device(device="d" * (1 << 20)), refused(LONG.format("device"))),
    ("1 MB of a letter with many marks", device(device="a" + "\u0323" * 300), refused(LONG.format("device"))),
    ("256 characters", device(device="d" * 256), clean()),
    ("257 characters", device(device="d" * 257), refused(LONG.format("device"))),
    ("ids that differ by case", device(device="Id-1"), clean(), device(device="ID-1"), clean()),
    ("ids that differ by a look-alike", device(device="c\u0430rd"), clean(), device(device="card"), clean()),
    ("one id in two Unicode forms", device(device="e\u0301"), clean(device="\u00e9"), device(device="\u00e9"), duplicate()),
    (
        "one account in two Unicode forms",
        account(account_id="Zoe\u0308", status="active"), refused(CONFLICT.format("account_id")),
        account(account_id="Zo\u00eb", status="closed"), refused(CONFLICT.format("account_id")),
    ),
]  # fmt: skip

NOTHINGS = [
    *((f"{word} is no device", device(device=word), missing("device")) for word in (
        "n/a", "N/A", "none", "NULL", "nil", "NaN", "unknown", "undefined", "-", "0", "0000", "ffffffff",
        "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "00:00:00:00:00:00",
    )),
    ("a MAC that begins like a private network", device(device="fc:aa:14:00:11:22"), clean()),
    *((f"{word} is no address", ip(word), missing("ip")) for word in (
        "0.0.0.0", "::", "::1", "fe80::", "fe80::1%eth0", "127.0.0.1", "169.254.0.1", "255.255.255.255", "::ffff:0.0.0.0",
    )),
    *((f"{word} is no account", account(account_id=word), refused("account_id is required"))
      for word in ("null", "N/A", "0", "unknown")),
    *((f"{word} is no phone", account(phone=word), missing("phone")) for word in ("n/a", "0000", "+000000000000", "-")),
    *((f"{word} is no e-mail", account(email=word), missing("mailbox")) for word in ("n/a", "unknown")),
    ("XX is no country", account(country="XX"), missing("country")),
    ("ZZ is no country", account(country="ZZ"), missing("country")),
    ("XXX is no currency", payment(currency="XXX"), missing("currency")),
    ("a word for no amount", payment(amount="n/a"), missing("amount")),
    ("no instrument", payment(instrument="none"), missing("instrument")),
    ("no host", account(referred_by="null"), missing("referred_by")),
    ("no template", usage(template="0"), missing("template")),
]  # fmt: skip

NUMBERS = [
    ("1e3 is whole", ip(requests="1e3"), clean(requests=1000)),
    ("1.0 is whole", ip(requests="1.0"), clean(requests=1)),
    ("1.5 is not whole", ip(requests="1.5"), left_out("requests", "requests is not a")),
    ("2 to the 53rd is not exact", ip(requests="9007199254740992"), left_out("requests", "requests is not a")),
    ("2 to the 63rd", ip(requests="9223372036854775808"), left_out("requests", "requests is not a")),
    ("more than any float", ip(requests="1e999"), left_out("requests", "requests is not a")),
    ("a boolean", ip(requests="true"), left_out("requests", "requests is not a")),
    ("hexadecimal", ip(requests="0x10"), left_out("requests", "requests is not a")),
    ("underscores", ip(requests="1_000"), left_out("requests", "requests is not a")),
    ("a thousands comma", ip(requests="1,000"), left_out("requests", "requests is not a")),
    ("Arabic digits", ip(requests="\u0661\u0662"), left_out("requests", "requests is not a")),
    ("a network number beyond 32 bits", ip(asn="4294967296"), left_out("asn", "asn is not between 0 and 4294967295")),
    ("a negative count", ip(requests="-1"), left_out("requests", "requests is less than 0")),
    ("a negative zero", payment(amount="-0"), clean(amount=0)),
    ("a negative amount", payment(amount="-5"), refused("amount is not between 0 and")),
    ("an enormous amount", payment(amount="1e30"), refused("amount is not between 0 and")),
    ("an infinite amount", payment(amount="inf"), refused("amount is not a number")),
    ("an amount that is NaN", payment(amount="nan"), missing("amount")),
    ("an amount with its currency", payment(amount="5 EUR"), refused("amount is not a number")),
    ("a decimal comma", payment(amount="5,50"), refused("amount is not a number")),
    (
        "hours beyond 24",
        usage(active_hours="16777216"),
        left_out("active_hours", "active_hours is not between 0 and 16777215"),
    ),
    ("no exchanges", usage(exchanges=""), refused("exchanges is required")),
]

TIMES = [
    ("1970", account(created_at="1970-01-01T00:00:00Z"), refused(BEFORE.format("created_at"))),
    ("the year 1", account(created_at="0001-01-01"), refused("created_at is")),
    ("2100", account(created_at="2100-01-01"), refused(AFTER.format("created_at"))),
    ("the year 9999", account(created_at="9999-12-31T23:59:59"), refused("created_at is")),
    ("29 February of a leap year", account(created_at="2024-02-29"), clean(created_at="2024-02-29")),
    ("29 February of another year", account(created_at="2026-02-29"), refused(NO_TIME.format("created_at"))),
    ("29 February 2100", account(created_at="2100-02-29"), refused(NO_TIME.format("created_at"))),
    ("an hour that clocks skip", account(created_at="2025-03-30T02:30:00+01:00"), clean(created_at="2025-03-30T01:30")),
    ("an hour that clocks repeat",
     device(first_seen="2025-10-26T02:50:00+02:00", last_seen="2025-10-26T02:10:00+01:00"),
     clean(first_seen="2025-10-26T00:50", last_seen="2025-10-26T01:10")),
    ("a zone by name", account(created_at="2026-02-01T09:00[Europe/Berlin]"), refused(NO_TIME.format("created_at"))),
    ("a zone on another day", account(created_at="2026-02-01T01:30+14:00"), clean(created_at="2026-01-31T11:30")),
    ("a zone that cannot be", account(created_at="2026-02-01T01:30+99:99"), refused(NO_TIME.format("created_at"))),
    ("a zone that hides tomorrow", account(created_at="2026-03-02T23:30-01:00"), refused(AFTER.format("created_at"))),
    ("the last moment", account(created_at="2026-03-02T23:59:59.999999Z"), clean(created_at="2026-03-02T23:59:59.999999")),
    ("the day after", account(created_at="2026-03-03T00:00:00Z"), refused(AFTER.format("created_at"))),
    ("nanoseconds", account(created_at="2026-02-01T09:00:00.123456789"), clean(created_at="2026-02-01T09:00:00.123456")),
    ("a leap second", account(created_at="2025-12-31T23:59:60Z"), clean(created_at="2025-12-31T23:59:59.999999")),
    ("now, whenever that is", account(created_at="now"), refused(NO_TIME.format("created_at"))),
    ("today, whenever that is", account(created_at="today"), refused(NO_TIME.format("created_at"))),
    ("only a year", account(created_at="2026"), refused(NO_TIME.format("created_at"))),
    ("only a month", account(created_at="2026-02"), refused(NO_TIME.format("created_at"))),
    ("seconds since 1970", account(created_at="1770000000"), refused(NO_TIME.format("created_at"))),
    ("milliseconds since 1970", account(created_at="1770000000000"), refused(NO_TIME.format("created_at"))),
    ("day or month first", account(created_at="02/01/2026"), refused(NO_TIME.format("created_at"))),
    ("Arabic digits in a time", account(created_at="\u0662\u0660\u0662\u0666-02-01"), refused(NO_TIME.format("created_at"))),
    ("backwards", device(first_seen="2026-03-02T09:00", last_seen="2026-03-02T08:59"), refused("last_seen is before")),
    ("backwards only on the clock", device(first_seen="2026-03-02T09:00+02:00", last_seen="2026-03-02T08:00Z"), clean(
        first_seen="2026-03-02T07:00", last_seen="2026-03-02T08:00")),
]  # fmt: skip

ADDRESSES = [
    ("IPv4 mapped to IPv6", ip("::ffff:81.2.69.7"), clean(ip="81.2.69.7")),
    ("IPv4 mapped, in hexadecimal", ip("::FFFF:5102:4507"), clean(ip="81.2.69.7")),
    ("IPv4 behind NAT64", ip("64:ff9b::81.2.69.7"), clean(ip="81.2.69.7")),
    ("an IPv6 address counts as its /64", ip("2A00:DB8:1:2:3::9"), clean(ip="2a00:db8:1:2::/64")),
    ("a /64", ip("2a00:db8:1:2::/64"), clean(ip="2a00:db8:1:2::/64")),
    ("a /64 with an address in it", ip("2a00:db8::1/64"), NO_IP),
    ("IPv4 with the prefix of IPv6", ip("81.2.69.7/64"), NO_IP),
    ("a zone id", ip("2a00:db8::1%eth0"), clean(ip="2a00:db8::/64")),
    ("octal-looking octets", ip("081.002.069.007"), NO_IP),
    ("brackets", ip("[2a00:db8::1]"), NO_IP),
    ("brackets and a port", ip("[2a00:db8::1]:443"), NO_IP),
    ("a port", ip("81.2.69.7:443"), NO_IP),
    ("a network", ip("81.2.69.0/24"), NO_IP),
    ("an address as one number", ip("1359103239"), NO_IP),
    ("three octets", ip("81.2.69"), NO_IP),
    ("an octet too large", ip("81.2.69.256"), NO_IP),
    ("two addresses", ip("81.2.69.7, 81.2.69.8"), NO_IP),
    ("no address", ip(""), refused("ip is required")),
]

CONTACTS = [
    ("one mailbox in three spellings",
     account(email="Jane.Doe+shop@GMail.com"), clean(email_domain="gmail.com"),
     account(email="janedoe@googlemail.com"), duplicate()),
    ("a domain in letters and in Punycode",
     account(email="jo@b\u00fccher.example"), clean(email_domain="xn--bcher-kva.example"),
     account(email="jo@xn--bcher-kva.example"), duplicate()),
    ("dots that count", account(email="a.b@example.org"), refused(CONFLICT.format("account_id")),
     account(email="ab@example.org"), refused(CONFLICT.format("account_id"))),
    ("a tag and no name", account(email="+shop@example.org"), refused(CONFLICT.format("account_id")),
     account(email="+other@example.org"), refused(CONFLICT.format("account_id"))),
    ("a subdomain", account(email="a@mail.example.co.uk"), clean(email_domain="example.co.uk")),
    ("two at signs", account(email="a@b@example.org"), NO_MAIL),
    ("a display name", account(email="Jane <jane@example.org>"), NO_MAIL),
    ("a header in an e-mail", account(email="a@example.org\nBcc: b@example.org"), NO_MAIL),
    ("an e-mail without a host", account(email="jane@"), NO_MAIL),
    ("an address literal", account(email="jane@[192.0.2.1]"), NO_MAIL),
    ("two dots", account(email="a..b@example.org"), NO_MAIL),
    ("1 MB of e-mail", account(email="a" * (1 << 20) + "@example.org"), NO_MAIL),
    ("one number in three spellings",
     account(phone="+49 151 12345678"), clean(),
     account(phone="tel:+49-151-12345678"), duplicate(),
     account(phone="\uff0b\uff14\uff19 151 12345678"), duplicate()),
    ("letters in a number", account(phone="+1 800 FLOWERS"), clean()),
    ("letters without country code", account(phone="1-800-FLOWERS"), NO_PHONE),
    ("no country code", account(phone="0151 12345678"), NO_PHONE),
    ("a prefix instead of a plus", account(phone="0049 151 12345678"), NO_PHONE),
    ("a country code alone", account(phone="+49"), NO_PHONE),
    ("two numbers", account(phone="+4915112345678, +4915112345679"), NO_PHONE),
    ("digits without end", account(phone="+49" + "1" * 100), NO_PHONE),
]  # fmt: skip

CODES = [
    ("a country in small letters", account(country="de"), clean(country="DE")),
    ("a country by name", account(country="Germany"), NO_COUNTRY),
    ("a country of three letters", account(country="DEU"), NO_COUNTRY),
    ("a country that is none", account(country="QX"), NO_COUNTRY),
    ("a union is no country", account(country="EU"), NO_COUNTRY),
    ("a letter that only looks like I", account(country="\u0131t"), NO_COUNTRY),
    ("a currency in small letters", payment(currency="eur"), clean(currency="EUR")),
    ("a currency by name", payment(currency="euro"), NO_CURRENCY),
    ("a currency that is none", payment(currency="BTC"), NO_CURRENCY),
    ("a status of another case", account(status="Active"), refused("status is not one of active")),
    ("first digits of a card that are none", payment(bin="4111-11"), left_out("bin", "bin does not match")),
    ("a whole card number", payment(bin="4111111111111111"), left_out("bin", "bin does not match")),
]

KEYS = [
    ("the same row twice", device(), clean(), device(), duplicate()),
    ("the same account twice, saying something else",
     account(status="active"), refused(CONFLICT.format("account_id")),
     account(status="closed"), refused(CONFLICT.format("account_id"))),
    ("the same payment of two accounts",
     payment(payment_id="once", amount="1"), refused(CONFLICT.format("payment_id")),
     payment(payment_id="once", amount="2"), refused(CONFLICT.format("payment_id"))),
    ("a stranger", device(account_id="stranger"), held()),
    ("a stranger by case", device(account_id="A STRANGER BY CASE"), held()),
    ("a stranger that breaks a rule", device(account_id="another", device=""), refused("device is required")),
    ("a row of two days ago", device(first_seen="2026-02-28T08:00", last_seen="2026-02-28T09:00"), clean(
        first_seen="2026-02-28T08:00", last_seen="2026-02-28T09:00")),
    ("a row of the next day", device(first_seen="2026-03-03", last_seen="2026-03-03"), refused(AFTER.format("first_seen"))),
    ("two rules broken", account(status="asleep", country="Germany"), refused("status is not one of")),
]  # fmt: skip

TABLE = [*TEXTS, *NOTHINGS, *NUMBERS, *TIMES, *ADDRESSES, *CONTACTS, *CODES, *KEYS]
ROWS = list(placed(TABLE))
FEEDS = ("accounts", "payments", "devices", "ips", "usage")


@pytest.fixture(scope="module", params=["csv", "parquet"])
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night in which all cases arrive together, as CSV or as Parquet with text in all columns."""
    night = open_night(tmp_path_factory.mktemp("hostile"), FEEDS)
    arrived: dict[str, list[dict[str, str | None]]] = {feed: [] for feed in FEEDS}
    for case, row, _, _ in ROWS:
        arrived[row.feed].append(row.of(case))
    owners = [account().of(case) for case, row, _, _ in ROWS if row.feed != "accounts"]
    arrived["accounts"] += list({owner["account_id"]: owner for owner in owners}.values())
    made = csv_of if request.param == "csv" else parquet_of
    put(night.files.arrived(night.day), {f"{feed}.{request.param}": made(rows) for feed, rows in arrived.items()})
    return night


@pytest.fixture(scope="module")
def report(night: Night) -> Report:
    return validate.run(night)


def test_the_table_holds_the_cases_that_were_asked_for() -> None:
    names = [case for case, *_ in TABLE]

    assert len(names) >= 60
    assert len(set(names)) == len(names)


def test_all_rows_are_accounted_for(report: Report) -> None:
    for feed in FEEDS:
        assert report.counts[f"{feed}.rows"] == sum(counts(report, feed)[name] for name in PARTS)


@pytest.mark.parametrize(("case", "row", "fate", "number"), ROWS, ids=[f"{case} {row.feed}" for case, row, *_ in ROWS])
def test_what_becomes_of_a_row(night: Night, report: Report, case: str, row: Row, fate: Fate, number: int) -> None:
    quarantine = part(night, "quarantine", row.feed)
    rules = list(quarantine.loc[quarantine["row"] == number, "rule"])

    if fate.kind == "quarantined":
        assert rules, "the row is not in quarantine"
        assert any(rule.startswith(fate.rule) for rule in rules[0].split("; ")), rules[0]
        return
    assert rules == []
    passed = _found(part(night, fate.kind if fate.kind == "held" else "clean", row.feed), *row.marker(case))
    fates = [other.kind for name, other_row, other, _ in ROWS if name == case and other_row.feed == row.feed]
    assert len(passed) == fates.count(fate.kind if fate.kind == "held" else "clean")
    if fate.kind == "clean":
        assert _holding(passed, fate.values or row.odd), passed.to_dict("records")
        assert not fate.rule or any(fate.rule in warning for warning in report.warnings), report.warnings


def _found(rows: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    return rows[rows[column] == value] if len(rows) else rows


def _holding(rows: pd.DataFrame, values: dict[str, Any]) -> bool:
    """Whether one of the rows has all the values, as far as they are kept."""
    kept = {name: value for name, value in values.items() if name not in ("email", "phone") or value is None}
    return any(all(_alike(row[name], value) for name, value in kept.items()) for row in rows.to_dict("records"))


def _alike(found: Any, expected: Any) -> bool:
    if expected is None:
        return bool(pd.isna(found))
    return bool(found == (pd.Timestamp(expected) if isinstance(found, pd.Timestamp) else expected))
