"""The declared list of what the score looks at: each feature's name, what it measures, and which way it speaks.

Measures of groups (`measuring.py`) in, one number per group and feature out. Each is a pure function on frames. A value
that cannot be said of a group, because none of its members was seen in the facet, is NaN and counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ringwatch.score.frames import Frames
from ringwatch.score.measuring import MOST_BITS, Measures

GROUP = "group"
# Bits of a strong facet from which a tie says that an account belongs.
STRONG_BITS = 5.0
# Share of members from which a facet is said to cover a group.
COVERED = 0.4
# Share of members who must have been seen in a facet to say of the group what it has of its own there.
KNOWN = 0.8

Value = Callable[[Frames], pd.Series]


@dataclass(frozen=True)
class Feature:
    """One thing the score looks at.

    facet: what its evidence is filed under; direction: `for` when more of it speaks for one operator, else `against`;
    says: a sentence with {value}, {share} (value as a percentage), {n} and {wording} (the facet's);
    needs: facets of which there must be one.
    """

    name: str
    facet: str
    direction: Literal["for", "against"]
    says: str
    value: Value
    needs: tuple[str, ...] = ()


def values(found: Frames, facets: Iterable[str]) -> pd.DataFrame:
    """Return one row per group and one column per feature of `facets`, the facets this deployment has."""
    known = set(facets)
    chosen = [feature for feature in FEATURES if not feature.needs or known.intersection(feature.needs)]
    return pd.DataFrame({feature.name: feature.value(found) for feature in chosen}, index=found.groups.index)


def unknown(measures: Measures) -> pd.DataFrame:
    """Return candidate, facet, bits of linking facets that no feature is about, such as a deployment's own.

    No card has learnt what they say. They count what their sharing is worth to a member on average.
    """
    members = unknown_worth(measures)
    worth = members["worth"] / members["n"]
    summed = worth.groupby([members["candidate"], members["facet"]]).sum()
    found: pd.DataFrame = summed.rename("bits").round(6).reset_index()
    return found


def unknown_worth(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, facet, n, worth (bits) of members in linking facets that no feature is about.

    It is what they share there, up to the facet's cap, as far as the group has its identifiers to itself.
    """
    known = {facet for feature in FEATURES for facet in feature.needs}
    members = measures.members[~measures.members["facet"].isin(known) & (measures.members["cap_bits"] > 0)]
    worth = (members["bits"] * members["contained"]).clip(upper=members["cap_bits"])
    return members[["candidate", "account_id", "facet", "n"]].assign(worth=worth)


def _plain(measure: str, facet: str) -> Value:
    return lambda found: found.of(measure, facet)


def _bits(facet: str) -> Feature:
    says = "{value:.1f} bits a member: they {wording}"
    return Feature(f"{facet}_bits", facet, "for", says, _plain("bits", facet), (facet,))


def _total(facet: str, thing: str) -> Feature:
    says = "{value:.1f} bits a member over all " + thing + " they share"
    return Feature(f"{facet}_total", facet, "for", says, _plain("total", facet), (facet,))


def _contained(facet: str, thing: str) -> Feature:
    says = "{share} of those on their " + thing + " are members"
    return Feature(f"{facet}_contained", facet, "for", says, _plain("contained", facet), (facet,))


def _own(facet: str, value: Value | None = None) -> Feature:
    says = "{share} mostly use a " + facet + " that no other member uses"
    return Feature(f"{facet}_own", facet, "against", says, value or _plain("own", facet), (facet,))


def _at(place: str, direction: Literal["for", "against"], wording: str) -> Feature:
    measure = f"at_{place}"
    says = "{share} are mostly " + wording
    return Feature(measure, "ip", direction, says, lambda found: found.around(measure), ("ip",))


def _directed(name: str, facet: str, wording: str) -> Feature:
    """What was not seen at all happened to none of the members."""
    return Feature(name, facet, "for", "{share} " + wording, lambda found: found.around(name).fillna(0), (facet,))


def _seen(measure: str, facet: str, direction: Literal["for", "against"], says: str) -> Feature:
    return Feature(f"{facet}_{measure}", facet, direction, says, _plain(measure, facet), (facet,))


def _term(found: Frames) -> pd.Series:
    return found.around("term").fillna(0).where(found.around("at_office").notna())


def _covering(found: Frames) -> pd.DataFrame:
    return pd.DataFrame({facet: found.of("covered", facet).fillna(0) for facet in ("device", "payment")})


def _most_covered(found: Frames) -> pd.Series:
    return _covering(found).max(axis=1)


def _least_covered(found: Frames) -> pd.Series:
    return _covering(found).min(axis=1)


def _facets_covered(found: Frames) -> pd.Series:
    """Share of the linking facets in which the group was seen that cover it."""
    counted = pd.DataFrame({facet: found.of("covered", facet) for facet in found.linking}, index=found.groups.index)
    seen = counted.notna().sum(axis=1)
    return (counted >= COVERED).sum(axis=1) / seen.where(seen > 0)


def _strong(found: Frames) -> pd.Series:
    return _any(found, [_tie(found, facet) >= STRONG_BITS for facet in found.strong])


def _tie(found: Frames, facet: str) -> pd.Series:
    """Bits of a member's strongest tie in a facet, at most what its containment allows."""
    return found.member("bits", facet).clip(upper=MOST_BITS * found.member("contained", facet))


def _own_acts(found: Frames) -> pd.Series:
    return _any(found, [found.member("own_act", facet) >= 2 for facet in found.linking])


def _any(found: Frames, holds: Sequence[pd.Series]) -> pd.Series:
    """Share of each group's members for which any of `holds` does."""
    return found.share(np.logical_or.reduce([pd.Series(False, index=found.members.index), *holds]))


def _both(found: Frames) -> pd.Series:
    return found.share((found.member("bits", "device") >= 1) & (found.member("bits", "payment") >= 1))


def _known(found: Frames, value: pd.Series, *facets: str) -> pd.Series:
    """Return the value where most of a group were seen in each of the facets: elsewhere nobody knows what they lack."""
    seen = [found.of("seen", facet).fillna(0) / found.groups["n"] >= KNOWN for facet in facets]
    return value.where(np.logical_and.reduce(seen)) if seen else value


def _own_device(found: Frames) -> pd.Series:
    return _known(found, found.of("own", "device"), "device")


def _devices_each(found: Frames) -> pd.Series:
    return _known(found, found.of("spread", "device"), "device")


def _own_life(found: Frames) -> pd.Series:
    return _known(found, found.share((found.member("own", "device") > 0) & _own_home(found)), "device", "ip")


def _some_own_life(found: Frames) -> pd.Series:
    """What a deployment never sees is nobody's."""
    there = [facet for facet in ("device", "ip") if ("seen", facet) in found.wide]
    return _known(found, found.share((found.member("own", "device") > 0) | _own_home(found)), *there)


def _own_home(found: Frames) -> pd.Series:
    return found.member("alone", "ip") > 0


def _organisation(found: Frames) -> pd.Series:
    return (found.of("top", "organisation") * found.of("seen", "organisation") / found.groups["n"]).fillna(0)


FEATURES: tuple[Feature, ...] = (
    _bits("device"),
    _bits("payment"),
    _bits("ip"),
    _bits("template"),
    _bits("cell"),
    _bits("mailbox"),
    _bits("phone"),
    _bits("referral"),
    _bits("transfer"),
    _total("device", "devices"),
    _total("payment", "instruments"),
    _total("ip", "addresses"),
    _contained("device", "devices"),
    _contained("payment", "instruments"),
    _contained("ip", "addresses"),
    _contained("network", "networks"),
    _contained("template", "templates"),
    _contained("issuer", "card issuers"),
    _contained("domain", "mail domains"),
    _contained("cell", "combinations of weak traits"),
    Feature(
        "best_covered",
        GROUP,
        "for",
        "{share} share a device or, if more do, an instrument",
        _most_covered,
        ("device", "payment"),
    ),
    Feature(
        "both_covered",
        GROUP,
        "for",
        "{share} at least share devices, and so for instruments",
        _least_covered,
        ("device", "payment"),
    ),
    Feature("both", GROUP, "for", "{share} share both a device and an instrument", _both, ("device", "payment")),
    Feature("strong", GROUP, "for", "{share} have a strong tie of one kind at least", _strong),
    Feature("own_acts", GROUP, "for", "{share} are tied by what no outsider could have brought about", _own_acts),
    Feature("facets", GROUP, "for", "{share} of the kinds of evidence cover the group", _facets_covered),
    Feature(
        "fleeting",
        "ip",
        "for",
        "{share} of their days are on rare addresses that they used once",
        _plain("fleeting", "ip"),
        ("ip",),
    ),
    Feature(
        "guests",
        "ip",
        "for",
        "{share} of their days are at homes of others",
        lambda found: found.around("guests"),
        ("ip",),
    ),
    Feature("ip_spread", "ip", "for", "{value:.1f} addresses in use per member", _plain("spread", "ip"), ("ip",)),
    Feature(
        "network_spread",
        "network",
        "for",
        "{value:.1f} networks in use per member",
        _plain("spread", "network"),
        ("network",),
    ),
    Feature(
        "dealt",
        "transfer",
        "for",
        "{share} invited or paid one and the same member",
        lambda found: found.groups["dealt"],
    ),
    _directed("transfer_sweep", "transfer", "paid one account that hardly anybody else pays"),
    _directed("transfer_fan_out", "transfer", "were paid by one account that pays hardly anybody else"),
    _directed("transfer_chain", "transfer", "pass money on from member to member"),
    _directed("referral_sweep", "referral", "were invited by one account that invited hardly anybody else"),
    _directed("referral_chain", "referral", "invited each other in a chain"),
    _seen("networks", "device", "for", "the devices they share are seen from {value:.1f} bits of networks"),
    _seen("networks", "payment", "for", "the instruments they share are used from {value:.1f} bits of networks"),
    _seen("lasts", "device", "for", "the devices they share are in use on {share} of the days"),
    Feature(
        "stability",
        GROUP,
        "for",
        "the group comes back as it is, to {share}, when it is looked for again",
        lambda found: found.groups["stability"],
    ),
    Feature(
        "closed",
        GROUP,
        "for",
        "{share} of the bits that link its members stay inside",
        lambda found: found.groups["closed"],
    ),
    Feature(
        "alike",
        GROUP,
        "for",
        "{value:.1f} bits of likeness between a member and the nearest other one",
        lambda found: found.around("alike"),
    ),
    Feature(
        "apart",
        GROUP,
        "against",
        "{value:.1f} bits of likeness between a member and the nearest account outside",
        lambda found: found.around("apart"),
    ),
    Feature("size", GROUP, "for", "{n} members", lambda found: np.log2(found.groups["n"])),
    _seen("lasts", "payment", "against", "the instruments they share are in use on {share} of the days"),
    Feature(
        "device_spread",
        "device",
        "against",
        "{value:.1f} devices in use per member",
        _devices_each,
        ("device",),
    ),
    _own("device", _own_device),
    _own("payment"),
    Feature(
        "own_life", GROUP, "against", "{share} have a device and an address of their own", _own_life, ("device", "ip")
    ),
    Feature(
        "some_own_life",
        GROUP,
        "against",
        "{share} have a device or an address of their own",
        _some_own_life,
        ("device", "ip"),
    ),
    Feature("home", "ip", "against", "{share} live at one address", _plain("home", "ip"), ("ip",)),
    Feature(
        "neighbours", "ip", "against", "{share} live where another member lives", _plain("neighbour", "ip"), ("ip",)
    ),
    Feature(
        "site", "network", "against", "{share} of their days are on one network", _plain("top", "network"), ("network",)
    ),
    Feature("organisation", "organisation", "against", "{share} belong to one organisation", _organisation),
    Feature(
        "corporate",
        "domain",
        "against",
        "{share} have mail at an organisation where others had theirs long before",
        lambda found: found.around("corporate").fillna(0),
        ("domain",),
    ),
    Feature(
        "term",
        "network",
        "against",
        "{share} of the others at their campus or office were opened in the same days",
        _term,
        ("network",),
    ),
    _at("home", "against", "at homes"),
    _at("office", "against", "at offices"),
    _at("campus", "against", "on campuses"),
    _at("carrier", "against", "behind carriers' shared addresses"),
    _at("vpn", "for", "behind VPNs"),
    _at("hosting", "for", "in data centres"),
    _at("cafe", "for", "at addresses where everybody just passes by"),
    Feature(
        "born",
        GROUP,
        "against",
        "they were opened over {value:.1f} doublings of a day",
        lambda found: found.groups["born"],
    ),
)
