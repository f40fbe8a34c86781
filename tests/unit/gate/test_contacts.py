"""Mailboxes and phone numbers: what is read in one go is what the libraries say, value by value."""

from typing import Any

import phonenumbers
import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tldextract import TLDExtract

from ringwatch.gate import contacts, normalise

SUFFIXES = TLDExtract(suffix_list_urls=(), cache_dir=None)

# Parts of which addresses are made that are almost ordinary, each in its place or in another one.
LOCALS = st.lists(
    st.sampled_from(["ann", "A.N", "b", "0", "_", "-", ".", "+", "+tag", "..", "é", "ß", " ", "'", "&", "@"])
)
LABELS = st.sampled_from(
    [
        *["example", "Gmail", "googlemail", "mail", "a", "1", "co", "uk", "com", "COM", "de", "x--y", "xn--mnchen-3ya"],
        *["münchen", "straße", "-a", "a-", "", "a_b", "test", "local", "invalid", "b" * 63, "b" * 64, "K", "。"],
    ]
)
ADDRESSES = st.builds(
    lambda local, labels, end: f"{''.join(local)}@{'.'.join(labels)}{end}",
    LOCALS,
    st.lists(LABELS, min_size=1, max_size=4),
    st.sampled_from(["", "", "", ".", "\n", ".com", ".co.uk"]),
)

CODES = st.sampled_from([str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE] + ["0", "00", "999", "210"])
NUMBERS = st.builds(
    lambda sign, code, zeros, groups, between, end: sign + code + zeros + between.join(groups) + end,
    st.sampled_from(["+", "+", "+", "", "00", "++", "+"]),
    CODES,
    st.sampled_from(["", "", "0", "00", "1", "8", " ", "-", "(0)"]),
    st.lists(st.text("0123456789", max_size=6), max_size=5),
    st.sampled_from(["", " ", "-", ".", "  ", "/", "٣"]),
    st.sampled_from(["", "", "x12", " ext. 3", "-", "\n", "a"]),
)


def mailbox_by_library(address: str) -> str | None:
    try:
        read = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    name, domain = read.local_part.lower(), read.ascii_domain.lower()
    name = name if name.startswith("+") else name.split("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"


def number_by_library(number: str) -> str | None:
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(read)
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164) if possible else None


def one(form: Any, value: str) -> str | None:
    """What a form makes of a value, alone and between others."""
    alone = form(pa.array([value])).to_pylist()[0]
    others = form(pa.array([None, value, "", value])).to_pylist()
    assert others[1] == others[3] == alone
    return alone


@settings(max_examples=400, deadline=None)
@given(ADDRESSES)
@example("Ann.B+x@GoogleMail.com")
@example("ann@example.com.")
@example("ann@exam\u212aple.com")
def test_the_mailbox_of_an_address_is_what_the_library_reads(address: str) -> None:
    assert one(contacts.mailbox, address) == mailbox_by_library(address)


@settings(max_examples=400, deadline=None)
@given(NUMBERS)
@example("+49 0 30 1234567")
@example("+1 1 650 253 0000")
@example("+39 06 1234 5678")
def test_a_phone_number_is_what_the_library_reads(number: str) -> None:
    assert one(contacts.phone, number) == number_by_library(number) == contacts.canonical_phone(number)


@settings(max_examples=200, deadline=None)
@given(st.lists(LABELS.filter(bool), min_size=1, max_size=4))
def test_the_domain_of_a_mailbox_is_the_registrable_one(labels: list[str]) -> None:
    host = ".".join(labels).lower()

    found = normalise.registrable_domain(pa.array([f"ann@{host}", None])).to_pylist()

    assert found == [SUFFIXES(host).top_domain_under_public_suffix or host, None]


@pytest.mark.parametrize(
    ("form", "slow", "values"),
    [
        (contacts.mailbox, "valid_address", ["Ann.B+news@mail.example.com", "ann_b@gmail.com", "a@b-c.co.uk"]),
        (contacts.phone, "canonical_phone", ["+49 30 1234567", "+16502530000", "+44-20-7946-0958"]),
    ],
)
def test_ordinary_values_do_not_need_the_library(
    form: Any, slow: str, values: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = form(pa.array(values)).to_pylist()
    monkeypatch.setattr(contacts, slow, lambda value: pytest.fail(f"{value} was read one by one"))

    assert form(pa.array(values)).to_pylist() == expected
