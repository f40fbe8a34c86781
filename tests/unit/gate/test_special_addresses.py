"""Addresses that are another machine's in each network, by IANA's registries: they identify nobody."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.gate import canonical, special
from ringwatch.night import Night

ACCOUNTS = ["account_id,created_at,status", "A,2026-02-01,active"]
SEEN = "2026-03-02T08:00:00,2026-03-02T09:00:00"

# By the registries: the first, some and the last address of blocks.
NOBODYS = [
    *["0.0.0.0", "10.1.2.3", "100.64.0.5", "100.127.255.254", "127.0.0.1", "169.254.1.1", "172.31.255.255"],
    *["192.0.0.4", "192.0.2.1", "192.31.196.7", "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.6"],
    *["198.18.0.9", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.251", "239.255.255.250"],
    *["240.1.2.3", "255.255.255.255", "::", "::1", "::10.0.0.1", "::ffff:100.64.0.5", "64:ff9b::10.0.0.1"],
    *["64:ff9b:1::7", "100::1", "100:0:0:1::1", "2001::4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1"],
    *["2001:2f::1", "2001:db8::1", "2002:a00:1::1", "2620:4f:8000::6", "3fff:fff::1", "5f00::1", "fc00::1"],
    *[
        "fd12:3456::1",
        "fe80::1%eth0",
        "febf::1",
        "fec0::1",
        "ff02::fb",
        "fd12:3456:0:1::/64",
        "4000::1",
        "dead:beef::1",
    ],
]

SOMEBODYS = {
    **dict.fromkeys(
        ["1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.0", "126.1.1.1", "128.0.0.1"]
    ),
    **dict.fromkeys(["172.15.255.255", "172.32.0.0", "192.0.1.1", "192.0.3.1", "192.169.0.1", "198.17.255.255"]),
    **dict.fromkeys(["198.20.0.0", "198.51.101.1", "203.0.112.255", "223.255.255.255"]),
    "::ffff:81.2.69.142": "81.2.69.142",
    "64:ff9b::5102:458e": "81.2.69.142",
    "2002:5102:458e:1::7": "81.2.69.142",
    "2002:5102:458e:1::/64": "81.2.69.142",
    "2001:200::1": "2001:200::/64",
    "2001:4860:4860::8888": "2001:4860:4860::/64",
    "2001:db7:ffff::1": "2001:db7:ffff::/64",
    "2001:db9::1": "2001:db9::/64",
    "2a02:8071::1": "2a02:8071::/64",
    "3ffe:ffff::1": "3ffe:ffff::/64",
}


@pytest.mark.parametrize("address", NOBODYS)
def test_an_address_in_a_special_block_identifies_nobody(address: str) -> None:
    assert read(address) is None


@pytest.mark.parametrize(("address", "counts_as"), SOMEBODYS.items())
def test_an_address_beside_a_special_block_identifies_somebody(address: str, counts_as: str | None) -> None:
    assert read(address) == (counts_as or address)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), st.ip_addresses(v=6, network="2001::/20")))
def test_what_the_standard_library_holds_for_special_identifies_nobody(address: IPv4Address | IPv6Address) -> None:
    inside = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address

    if inside.is_private or inside.is_multicast or inside.is_loopback or inside.is_link_local or inside.is_unspecified:
        assert read(str(address)) is None
    if inside.version == 4 and inside.is_reserved:
        assert read(str(address)) is None


@settings(max_examples=300, deadline=None)
@given(
    st.ip_addresses(v=6)
    | st.sampled_from([a for a in NOBODYS if ":" in a and "%" not in a and "/" not in a]).map(ip_address)
)
def test_the_spelling_of_an_address_does_not_change_what_it_counts_as(address: IPv6Address) -> None:
    spellings = [str(address), address.exploded, address.exploded.upper(), f"{address}%eth0"]

    assert len({read(spelling) for spelling in spellings}) == 1


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_counts_the_same_in_each_ipv6_address_that_holds_it(address: IPv4Address) -> None:
    number = int(address)
    six_to_four = IPv6Address((0x2002 << 112) + (number << 80) + 1)
    forms = [str(address), f"::ffff:{address}", f"64:ff9b::{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"]

    assert len({read(form) for form in (*forms, str(six_to_four))}) == 1


def test_rows_from_special_addresses_pass_without_their_address(judge: Callable[..., Night]) -> None:
    found = ["100.64.0.5", "81.2.69.142", "ff02::1", "2a02:8071::1"]
    rows = [f"A,{address},{SEEN}" for address in found]

    night = judge(accounts=ACCOUNTS, ips=["account_id,ip,first_seen,last_seen", *rows])

    kept = pq.read_table(night.files.clean(MONDAY, "ips"))["ip"]
    assert kept.to_pylist() == [None, "81.2.69.142", None, "2a02:8071::/64"]


def read(address: str) -> str | None:
    """What an address counts as, alone and between others."""
    found = special.machines(canonical.ip(pa.array(["10.0.0.1", address, None, "9.9.9.9", address, "::1"]))).to_pylist()
    assert found[0] is found[2] is found[5] is None
    assert found[3] == "9.9.9.9"
    assert found[1] == found[4]
    return found[1]
