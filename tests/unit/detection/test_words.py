"""What features and figures say, read as a person reads it."""

import re
from itertools import product

import pytest

from ringwatch.model import load_model
from ringwatch.score.features import FEATURES, Feature
from ringwatch.score.words import Direction, Fact
from ringwatch.wording import Wording, duration, likelier, members, part

DEVICES = Wording("used the same {device|devices}", "device")
# Of a group of 18: shared by none, by some, by all.
SHARED = ((0, 0, 0), (5, 2, 0), (18, 5, 40))
# Amounts of shares, and of features that count in bits, in doublings or per member.
SHARES, NUMBERS = (0.0, 0.004, 1 / 18, 0.5, 1.0), (0.0, 0.3, 1.0, 5.2, 12.0)
NAMES = re.compile("|".join(feature.name for feature in FEATURES if "_" in feature.name))


def fact(
    value: float, usual: float = 0.5, n: int = 18, shared: tuple[int, int, int] = (17, 5, 3), **more: object
) -> Fact:
    tied, things, others = shared
    plain = Fact(n, value, usual, 4, 3.0, n, tied, things, others, 0.2, 6.0 if tied else 0.0, DEVICES)
    return plain._replace(**more)


def said(name: str, speaks: Direction, found: Fact) -> str:
    feature = next(feature for feature in FEATURES if feature.name == name)
    return feature.words.say(found, feature.direction, speaks).text


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_each_feature_says_a_sentence_for_and_against_whatever_its_value(feature: Feature) -> None:
    values, ways = {*SHARES, *NUMBERS}, ("for", "against")
    for value, usual, shared, speaks, n in product(values, (0.0, 0.5, 3.0), SHARED, ways, (2, 18)):
        tied, things, others = (min(shared[0], n), *shared[1:])
        found = fact(value, usual, n, (tied, things, others), seen=n - 1)
        text = feature.words.say(found, feature.direction, speaks).text  # type: ignore[arg-type]
        assert text[0].isupper() or text[0].isdigit(), text
        assert not re.search(r"[{}_]|  |\bbits?\b|doubling|\bnan\b|\(\)|[.;,]$", text), text
        assert not NAMES.search(text), text
        assert not re.search(r"\b1 (members|devices|networks|days|other accounts|accounts)\b|\b0 of\b", text), text
        assert not re.search(r"%[^(]* (of (the )?\d* ?members|members (share|use|had))", text), text
        assert text.count("(") == text.count(")") <= 1, text


@pytest.mark.parametrize(
    ("name", "speaks", "found", "text"),
    [
        ("device_bits", "for", fact(8), "17 of 18 members used the same 5 devices (by chance: hardly any)"),
        ("device_bits", "for", fact(8, chance=2.6), "17 of 18 members used the same 5 devices (by chance: about 3)"),
        ("device_bits", "for", fact(8, n=6, shared=(6, 1, 0)),
         "All 6 members used the same device (by chance: hardly any)"),
        ("device_bits", "against", fact(1, shared=(2, 1, 0)), "Only 2 of 18 members used the same device"),
        ("device_bits", "against", fact(0, shared=(0, 0, 0)), "No two members used the same device"),
        (
            "device_bits", "against", fact(1, shared=(18, 1, 40)),
            "All 18 members used the same device, but 40 other accounts did, too",
        ),
        ("device_own", "for", fact(0, 0.99), "No member mainly used a device of their own "
         "(harmless groups: nearly all)"),
        (
            "device_own", "for", fact(1 / 18, 0.5),
            "Only 1 of 18 members mainly used a device of their own (harmless groups: about 9 of 18)",
        ),
        (
            "device_own", "against", fact(1, 0.99),
            "All 18 members mainly used a device of their own (harmless groups: nearly all)",
        ),
        ("both", "for", fact(1, 0), "All 18 members shared both a device and a payment method with other members "
         "(harmless groups: none)"),
        ("both", "against", fact(0, 0.01), "No member shared both a device and a payment method with other members "
         "(harmless groups: hardly any)"),
        ("both", "against", fact(0.5, 0.01), "Only 9 of 18 members shared both a device and a payment method with "
         "other members (rings: usually more)"),
        ("device_spread", "for", fact(0.25, 1.36), "The 18 members used only about 4 devices in all "
         "(harmless groups: about 24 devices)"),
        ("device_networks", "for", fact(2.6, 0.2), "Each of the devices they share was used from about 6 networks "
         "(harmless groups: one network)"),
        ("at_vpn", "for", fact(0.5, 0, seen=10), "5 of 10 members whose addresses are known came mostly from VPNs "
         "(harmless groups: none)"),
        ("both", "against", fact(0.75, 0.9, 16), "12 of 16 members shared both a device and a payment method with "
         "other members (harmless groups: about 14 of 16)"),
        ("fleeting", "for", fact(0.31, 0.03), "Members came from rare IP addresses, each used on one day "
         "only, on 31% of their days (harmless groups: 3%)"),
        ("fleeting", "against", fact(0, 0.03), "Members came from rare IP addresses, each used on one day "
         "only, on none of their days (harmless groups: 3%)"),
        ("device_spread", "against", fact(1.25, 1.3, seen=16), "The 16 members whose devices are known used about 20 "
         "devices in all (harmless groups: about 21 devices)"),
        ("born", "for", fact(1, 6, opened=3.0), "All 18 accounts were opened within 3 days of each other "
         "(harmless groups: half of them within about 4 months of each other)"),
        ("born", "for", fact(0, 6, opened=90.0), "Half of the 18 accounts were opened on the same day "
         "(harmless groups: half of them within about 4 months of each other)"),
        ("born", "against", fact(6, 6, opened=150.0), "The 18 accounts were opened over about 5 months "
         "(harmless groups: half of them within about 4 months of each other)"),
        ("transfer_sweep", "for", fact(0.6, 0), "At least 11 of 18 members paid the same account, mostly one that few "
         "others paid (harmless groups: none)"),
    ],
)  # fmt: skip
def test_a_sentence_has_the_counts_behind_it(name: str, speaks: Direction, found: Fact, text: str) -> None:
    assert said(name, speaks, found) == text


def test_the_mean_of_harmless_groups_is_not_told_where_it_would_contradict() -> None:
    more_than_usual_and_for = said("own_life", "for", fact(0.9, 0.2))
    assert "harmless groups" not in more_than_usual_and_for


def test_every_wording_of_the_model_can_be_counted() -> None:
    model = load_model()
    evidence = [relationship.evidence for _, _, relationship in model.relationships()]
    evidence += [trait.evidence for _, trait in model.traits()]
    for wording in (Wording(one.wording, one.facet) for one in evidence):
        assert "the same 3 " in wording.told(3)
        assert not re.search("[{}|]", wording.told(1) + wording.told(2))


def test_a_wording_that_names_nothing_to_count_is_told_as_it_is() -> None:
    plain = Wording("had goods sent to the same addresses", "shipping_address")
    assert plain.told(3) == "had goods sent to the same addresses"
    assert plain.thing == "shipping address"


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (10.64, "1,600 times likelier"), (3.7, "13 times likelier"),
        (1.0, "twice as likely"), (0.3, "slightly likelier"),
        (-0.3, "slightly less likely"), (-1.0, "half as likely"), (-2.0, "a quarter as likely"),
        (-3.0, "8 times less likely"), (1000.0, "over a million times likelier"),
    ],
)  # fmt: skip
def test_bits_are_told_as_how_much_likelier(bits: float, text: str) -> None:
    assert likelier(bits) == text


def test_counts_and_times_have_their_plural() -> None:
    assert [members(count, 6) for count in (0, 1, 6)] == ["No member", "1 of 6 members", "All 6 members"]
    assert [part(share, 6) for share in (0, 0.02, 0.5, 0.97, 1)] == [
        "none", "hardly any", "about 3 of 6", "nearly all", "all",
    ]  # fmt: skip
    assert [duration(days) for days in (1, 3, 30, 150, 1000)] == [
        "1 day", "3 days", "about 4 weeks", "about 5 months", "about 3 years",
    ]  # fmt: skip
