"""The declared list of what the score looks at: each feature's name, what it measures, and which way it speaks.

Measures of groups (`measuring.py`) in, one number per group and feature out. Each is a pure function on frames. A value
that cannot be said of a group, because none of its members was seen in the facet, is NaN and counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.score import says
from ringwatch.score.frames import Frames
from ringwatch.score.measuring import MOST_BITS, Measures
from ringwatch.score.words import Direction, Words, contained, of_located, of_members, several, shared

GROUP = "group"
# Bits of a strong facet from which a tie says that an account belongs.
STRONG_BITS = 5.0
# Share of members from which a facet is said to cover a group.
COVERED = 0.4
# Share of members who must have been seen in a facet to say of the group what it has of its own there.
KNOWN = 0.8

_BOTH = ("device", "payment")

Value = Callable[[Frames], np.ndarray]


@dataclass(frozen=True)
class Feature:
    """One thing the score looks at.

    facet: what its evidence is filed under; direction: `for` when more of it speaks for one operator, else `against`;
    words: what it says, whichever way it speaks; needs: facets of which there must be one.
    """

    name: str
    facet: str
    direction: Direction
    words: Words
    value: Value
    needs: tuple[str, ...] = ()


def values(found: Frames, facets: Iterable[str]) -> pd.DataFrame:
    """Return one row per group and one column per feature of `facets`, the facets this deployment has."""
    known = set(facets)
    chosen = [feature for feature in FEATURES if not feature.needs or known.intersection(feature.needs)]
    return pd.DataFrame({feature.name: feature.value(found) for feature in chosen}, index=found.names)


def of(values: pd.DataFrame, name: str) -> pd.Series:
    """Return a feature of each group; NaN where the deployment has no such feature."""
    return values[name] if name in values else pd.Series(np.nan, index=values.index)


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
    """Return candidate, account_id, member, facet, n, worth (bits) of members in linking facets without features.

    It is what they share there, up to the facet's cap, as far as the group has its identifiers to itself.
    """
    there = measures.members["facet"]
    others = set(there.unique()) - {facet for feature in FEATURES for facet in feature.needs}
    members = measures.members[there.isin(others) & (measures.members["cap_bits"] > 0)]
    worth = (members["bits"] * members["contained"]).clip(upper=members["cap_bits"])
    return members[["candidate", "account_id", "member", "facet", "n"]].assign(worth=worth)


def _plain(measure: str, facet: str) -> Value:
    return lambda found: found.of(measure, facet)


def _bits(facet: str, things: str) -> Feature:
    return Feature(f"{facet}_bits", facet, "for", shared(f"the {things} they share"), _plain("bits", facet), (facet,))


def _total(facet: str, thing: str, things: str) -> Feature:
    return Feature(f"{facet}_total", facet, "for", several(thing, things), _plain("total", facet), (facet,))


def _contained(facet: str, things: str) -> Feature:
    return Feature(f"{facet}_contained", facet, "for", contained(things), _plain("contained", facet), (facet,))


def _own(facet: str, thing: str, value: Value | None = None) -> Feature:
    words = of_members(f"whether each has a {thing} to itself", f"mainly used a {thing} of their own")
    return Feature(f"{facet}_own", facet, "against", words, value or _plain("own", facet), (facet,))


def _at(place: str, direction: Direction, wherefrom: str) -> Feature:
    measure = f"at_{place}"
    words = of_located(f"how many came from {wherefrom}", f"came mostly from {wherefrom}")
    return Feature(measure, "ip", direction, words, lambda found: found.around(measure), ("ip",))


def _directed(name: str, facet: str, words: Words) -> Feature:
    """What was not seen at all happened to none of the members."""
    return Feature(name, facet, "for", words, lambda found: _none_seen(found, name, facet), (facet,))


def _seen(measure: str, facet: str, direction: Direction, words: Words) -> Feature:
    return Feature(f"{facet}_{measure}", facet, direction, words, _plain(measure, facet), (facet,))


def _if_seen(found: Frames, value: np.ndarray, *facets: str) -> np.ndarray:
    """Return the value where this deployment sees the facets at all: else nobody can say."""
    return value if all(found.sees(facet) for facet in facets) else found.unknown()


def _filled(value: np.ndarray) -> np.ndarray:
    """Return the value with 0 for what is not known."""
    return np.where(np.isnan(value), 0.0, value)


def _none_seen(found: Frames, measure: str, facet: str) -> np.ndarray:
    """A measure of the surroundings; 0 where nothing was found, if this deployment sees the facet at all."""
    return _if_seen(found, _filled(found.around(measure)), facet)


def _term(found: Frames) -> np.ndarray:
    return np.where(np.isnan(found.around("at_office")), np.nan, _filled(found.around("term")))


def _covering(found: Frames) -> list[np.ndarray]:
    """Shares covered by device and by instrument, for those of them that this deployment sees at all."""
    return [_filled(found.of("covered", facet)) for facet in _BOTH if found.sees(facet)]


def _most_covered(found: Frames) -> np.ndarray:
    answer: np.ndarray = np.maximum.reduce(_covering(found) or [found.unknown()])
    return answer


def _least_covered(found: Frames) -> np.ndarray:
    return _if_seen(found, np.minimum.reduce(_covering(found) or [found.unknown()]), *_BOTH)


def _facets_covered(found: Frames) -> np.ndarray:
    """Share of the linking facets in which the group was seen that cover it."""
    counted = [found.of("covered", facet) for facet in found.linking] or [found.unknown()]
    seen = np.sum([~np.isnan(covered) for covered in counted], axis=0)
    answer: np.ndarray = np.sum([covered >= COVERED for covered in counted], axis=0) / np.where(seen > 0, seen, np.nan)
    return answer


def _strong(found: Frames) -> np.ndarray:
    return _any(found, [_tie(found, facet) >= STRONG_BITS for facet in found.strong])


def _tie(found: Frames, facet: str) -> np.ndarray:
    """Bits of a member's strongest tie in a facet, at most what its containment allows."""
    answer: np.ndarray = np.minimum(found.member("bits", facet), MOST_BITS * found.member("contained", facet))
    return answer


def _own_acts(found: Frames) -> np.ndarray:
    return _any(found, [found.member("own_act", facet) >= 2 for facet in found.linking])


def _any(found: Frames, holds: Sequence[np.ndarray]) -> np.ndarray:
    """Share of each group's members for which any of `holds` does."""
    return found.share(np.logical_or.reduce([np.zeros(len(found.group), dtype=bool), *holds]))


def _both(found: Frames) -> np.ndarray:
    both = found.share((found.member("bits", "device") >= 1) & (found.member("bits", "payment") >= 1))
    return _if_seen(found, both, *_BOTH)


def _known(found: Frames, value: np.ndarray, *facets: str) -> np.ndarray:
    """Return the value where most of a group were seen in each of the facets: elsewhere nobody knows what they lack."""
    seen = [_filled(found.of("seen", facet)) / found.n >= KNOWN for facet in facets]
    return np.where(np.logical_and.reduce(seen), value, np.nan) if seen else value


def _own_device(found: Frames) -> np.ndarray:
    return _known(found, found.of("own", "device"), "device")


def _devices_each(found: Frames) -> np.ndarray:
    return _known(found, found.of("spread", "device"), "device")


def _own_life(found: Frames) -> np.ndarray:
    return _known(found, found.share((found.member("own", "device") > 0) & _own_home(found)), "device", "ip")


def _some_own_life(found: Frames) -> np.ndarray:
    """What a deployment never sees is nobody's."""
    there = [facet for facet in ("device", "ip") if facet in found.by_facet]
    return _known(found, found.share((found.member("own", "device") > 0) | _own_home(found)), *there)


def _own_home(found: Frames) -> np.ndarray:
    return found.member("alone", "ip") > 0


def _corporate(found: Frames) -> np.ndarray:
    return _none_seen(found, "corporate", "domain")


def _organisation(found: Frames) -> np.ndarray:
    share = found.of("top", "organisation") * found.of("seen", "organisation") / found.n
    return _if_seen(found, _filled(share), "organisation")


FEATURES: tuple[Feature, ...] = (
    _bits("device", "devices"),
    _bits("payment", "payment methods"),
    _bits("ip", "IP addresses"),
    _bits("template", "prompt templates"),
    _bits("cell", "unusual combinations of traits"),
    _bits("mailbox", "mailboxes"),
    _bits("phone", "phone numbers"),
    _bits("referral", "invitations"),
    _bits("transfer", "transfers"),
    _bits("funding", "first payments"),
    _bits("issuer", "card issuers"),
    _bits("capability", "parts of the service"),
    _total("device", "device", "devices"),
    _total("payment", "payment method", "payment methods"),
    _total("ip", "IP address", "IP addresses"),
    _contained("device", "devices"),
    _contained("payment", "payment methods"),
    _contained("ip", "IP addresses"),
    _contained("network", "networks"),
    _contained("template", "prompt templates"),
    _contained("issuer", "card issuers"),
    _contained("domain", "mail domains"),
    _contained("cell", "unusual combinations of traits"),
    Feature("best_covered", GROUP, "for", says.BEST_COVERED, _most_covered, ("device", "payment")),
    Feature("both_covered", GROUP, "for", says.BOTH_COVERED, _least_covered, ("device", "payment")),
    Feature("both", GROUP, "for", says.BOTH, _both, ("device", "payment")),
    Feature("strong", GROUP, "for", says.STRONG, _strong),
    Feature("own_acts", GROUP, "for", says.OWN_ACTS, _own_acts),
    Feature("facets", GROUP, "for", says.FACETS, _facets_covered),
    Feature("fleeting", "ip", "for", says.FLEETING, _plain("fleeting", "ip"), ("ip",)),
    Feature("ip_spread", "ip", "for", says.IP_SPREAD, _plain("spread", "ip"), ("ip",)),
    Feature("network_spread", "network", "for", says.NETWORK_SPREAD, _plain("spread", "network"), ("network",)),
    Feature("dealt", "transfer", "for", says.DEALT, lambda found: found.groups["dealt"]),
    _directed("transfer_sweep", "transfer", says.TRANSFER_SWEEP),
    _directed("transfer_fan_out", "transfer", says.TRANSFER_FAN_OUT),
    _directed("transfer_chain", "transfer", says.TRANSFER_CHAIN),
    _directed("transfer_inside", "transfer", says.TRANSFER_INSIDE),
    _directed("transfer_lift", "transfer", says.TRANSFER_LIFT),
    _directed("referral_sweep", "referral", says.REFERRAL_SWEEP),
    _directed("referral_chain", "referral", says.REFERRAL_CHAIN),
    _seen("networks", "device", "for", says.DEVICE_NETWORKS),
    _seen("networks", "payment", "for", says.PAYMENT_NETWORKS),
    _seen("lasts", "device", "for", says.DEVICE_LASTS),
    Feature("stability", GROUP, "for", says.STABILITY, lambda found: found.groups["stability"]),
    Feature("closed", GROUP, "for", says.CLOSED, lambda found: found.groups["closed"]),
    Feature("alike", GROUP, "for", says.ALIKE, lambda found: found.around("alike")),
    Feature("apart", GROUP, "against", says.APART, lambda found: found.around("apart")),
    Feature("dense", GROUP, "for", says.DENSE, lambda found: found.groups["dense"]),
    Feature("together", GROUP, "against", says.TOGETHER, lambda found: found.groups["together"]),
    _seen("spread", "issuer", "against", says.ISSUER_SPREAD),
    _seen("spread", "payment", "against", says.PAYMENT_SPREAD),
    _seen("top", "capability", "for", says.CAPABILITY_TOP),
    Feature("size", GROUP, "for", says.SIZE, lambda found: np.log2(found.n)),
    _seen("lasts", "payment", "against", says.PAYMENT_LASTS),
    Feature("device_spread", "device", "against", says.DEVICE_SPREAD, _devices_each, ("device",)),
    _own("device", "device", _own_device),
    _own("payment", "payment method"),
    Feature("own_life", GROUP, "against", says.OWN_LIFE, _own_life, ("device", "ip")),
    Feature("some_own_life", GROUP, "against", says.SOME_OWN_LIFE, _some_own_life, ("device", "ip")),
    Feature("home", "ip", "against", says.HOME, _plain("home", "ip"), ("ip",)),
    Feature("neighbours", "ip", "against", says.NEIGHBOURS, _plain("neighbour", "ip"), ("ip",)),
    Feature("site", "network", "against", says.SITE, _plain("top", "network"), ("network",)),
    Feature("organisation", "organisation", "against", says.ORGANISATION, _organisation),
    Feature("corporate", "domain", "against", says.CORPORATE, _corporate, ("domain",)),
    Feature("term", "network", "against", says.TERM, _term, ("network",)),
    _at("home", "against", "private homes"),
    _at("office", "against", "offices"),
    _at("campus", "against", "a campus"),
    _at("carrier", "against", "addresses that a carrier shares among many customers"),
    _at("vpn", "for", "VPNs"),
    _at("hosting", "for", "data centres"),
    _at("cafe", "for", "places where everybody just passes by"),
    Feature("born", GROUP, "against", says.BORN, lambda found: found.groups["born"]),
)

# What each feature is about, in a word or some.
TOPICS = {feature.name: feature.words.topic for feature in FEATURES}
