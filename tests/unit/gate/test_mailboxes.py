"""Which addresses are delivered to one mailbox: what the providers say of domains, signs, tags and subdomains."""

from collections.abc import Callable
from itertools import combinations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.gate import contacts
from ringwatch.model import load_model
from ringwatch.night import Night
from ringwatch.registries import mail_providers, provider_domains

ONE = [
    ["lee@gmail.com", "l.ee@gmail.com", "L.e.e+news@GoogleMail.com"],
    ["jodo@protonmail.com", "jodo@proton.me", "jodo@pm.me", "jo.do@proton.me", "Jo-do+x@pm.me", "jo_do@protonmail.ch"],
    ["ann.lee@yandex.ru", "ann-lee@ya.ru", "Ann.Lee+x@yandex.com", "ann-lee@yandex.kz", "ann.lee@yandex.by"],
    ["kim@icloud.com", "kim@me.com", "kim@mac.com", "kim+shop@icloud.com"],
    ["bo@fastmail.com", "bo+x@fastmail.com", "shop@bo.fastmail.com", "Any.Thing+y@BO.fastmail.com"],
    ["bo@sent.com", "x@bo.sent.com"],
    ["shop@ann.anonaddy.com", "bank@ann.anonaddy.com"],
    ["ann-shop@yahoo.com", "ann-bank@yahoo.com", "ann+x@yahoo.com"],
    ["ann@outlook.com", "ann+x@outlook.com"],
]

APART = [
    ["ann.lee@outlook.com", "annlee@outlook.com", "ann.lee@hotmail.com", "ann.lee@live.com"],
    ["ann.lee@icloud.com", "annlee@icloud.com"],
    ["ann_lee@yandex.ru", "ann.lee@yandex.ru", "annlee@yandex.ru"],
    ["bo@fastmail.com", "bo@fastmail.fm", "bo@sent.com"],
    ["ann@mail.ru", "ann@bk.ru", "ann@inbox.ru"],
    ["ann@gmx.de", "ann@gmx.net", "ann@web.de"],
    ["ann@yahoo.com", "ann@ymail.com", "ann@yahoo.de"],
    ["ann-b@example.org", "ann@example.org", "an.n@example.org"],
    ["ann@a.example.org", "bo@a.example.org"],
    ["one@proton.me", "two@proton.me", "___@proton.me"],
    ["a@simplelogin.com", "b@simplelogin.com"],
]

NAMES = st.from_regex(r"\A[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,3}\Z")


@pytest.mark.parametrize("addresses", ONE, ids=lambda addresses: addresses[0])
def test_addresses_of_one_mailbox_have_one_spelling(addresses: list[str]) -> None:
    assert len(set(read(addresses))) == 1


@pytest.mark.parametrize("addresses", APART, ids=lambda addresses: addresses[0])
def test_addresses_that_may_be_of_different_people_stay_apart(addresses: list[str]) -> None:
    assert len(set(read(addresses))) == len(addresses)


@settings(max_examples=200, deadline=None)
@given(NAMES, st.sampled_from(sorted(provider_domains())), NAMES)
def test_case_and_a_tag_never_change_the_mailbox_and_its_spelling_is_its_own(name: str, domain: str, tag: str) -> None:
    found = read([f"{name}@{domain}", f"{name.upper()}@{domain.upper()}", f"{name}+{tag}@{domain}"])

    assert len(set(found)) == 1
    assert read([str(found[0])]) == found[:1]


@settings(max_examples=200, deadline=None)
@given(NAMES, NAMES)
def test_addresses_are_read_the_same_among_others(name: str, other: str) -> None:
    domains = ["gmail.com", "pm.me", "ya.ru", "me.com", "yahoo.com", "x.fastmail.com", "example.org"]
    addresses = [f"{who}@{domain}" for who in (name, other) for domain in domains]

    assert read(addresses) == [read([address])[0] for address in addresses]


def test_no_domain_is_in_the_table_twice() -> None:
    for one, other in combinations(mail_providers(), 2):
        assert not set(one.domains) & set(other.domains)


def test_every_provider_gives_addresses_to_anybody() -> None:
    free = load_model().free_mail

    assert {"gmail.com", "pm.me", "ya.ru", "qq.com", "fastmail.fm", "163.com"} <= set(free)
    assert "example.org" not in free


def test_accounts_with_one_mailbox_have_one_token(judge: Callable[..., Night]) -> None:
    rows = [f"A{i},2026-02-01,active,{address}" for i, address in enumerate(ONE[1])]

    night = judge(accounts=["account_id,created_at,status,email", *rows, "B,2026-02-01,active,other@pm.me"])

    tokens = pq.read_table(night.files.clean(MONDAY, "accounts"))["mailbox"].to_pylist()
    assert len(set(tokens[:-1])) == 1
    assert tokens[-1] not in tokens[:-1]


def read(addresses: list[str]) -> list[str | None]:
    found: list[str | None] = contacts.mailbox(pa.array(addresses)).to_pylist()
    return found
