"""What features say: the figures of a group in, a sentence as an investigator would say it out.

A sentence is a head ("12 of 18 members used the same 3 devices") and, where it helps, what to hold it against in
brackets. What is true of members is told in numbers of members. Verbs are in the past tense: the window is over, and
one form fits one member and many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, NamedTuple

from ringwatch.shares import MOST
from ringwatch.wording import LEAST, Wording, amount, duration, few, members, part, percent, share

Direction = Literal["for", "against"]

# How near to the harmless groups' mean a value is like it.
NEAR = 0.1
# Share of accounts from which they are nearly all, and below which they are hardly any.
NEARLY, FEW = 0.9, 0.05
# Things that a member shares, on average, from which it shares several.
SEVERAL = 1.5


class Fact(NamedTuple):
    """What a sentence about a group of `n` members can tell.

    value: the feature's; usual: its mean in harmless groups; kinds: kinds of evidence in which the group was seen;
    opened: days between the first and the last opening of an account, NaN where none is known.
    Of the feature's facet: seen: members seen there; tied: those who share `things` identifiers, which
    `others` use, too; chance: members whom chance alone would bring to these; bits: what the strongest is worth to a
    member.
    """

    n: int
    value: float
    usual: float
    kinds: int
    opened: float
    seen: int
    tied: int
    things: int
    others: int
    chance: float
    bits: float
    wording: Wording


class Said(NamedTuple):
    """A sentence: its head, and what to hold it against."""

    head: str
    against: str = ""

    @property
    def text(self) -> str:
        return f"{self.head} ({self.against})" if self.against else self.head


Say = Callable[[Fact], str]


@dataclass(frozen=True)
class Words:
    """What a feature says.

    topic: what it is about ("the devices they share"); much, little: the head when its amount speaks as a high one, and
    as a low one; shown: an amount, for what harmless groups have; fewer: less of it; chance: whether it is held against
    chance instead; vague: whether it says little by itself.
    """

    topic: str
    much: Say
    little: Say
    shown: Callable[[float, Fact], str] | None = None
    fewer: str = "less"
    chance: bool = False
    vague: bool = False

    def say(self, fact: Fact, grows: Direction, speaks: Direction) -> Said:
        """Return the sentence when it `speaks` so, of a feature of which rings have more (grows: for) or less."""
        head = (self.much if grows == speaks else self.little)(fact)
        if self.chance:
            return Said(head, f"by chance: {amount(fact.chance)}" if speaks == "for" and fact.tied else "")
        return Said(head, self._held_against(fact, grows, speaks))

    def _held_against(self, fact: Fact, grows: Direction, speaks: Direction) -> str:
        """What harmless groups have; not where their mean lies on the other side than most of them do."""
        if self.shown is None:
            return ""
        usual = self.shown(fact.usual, fact)
        beyond = fact.value > fact.usual if grows == "for" else fact.value < fact.usual
        if speaks == "for":
            return f"harmless groups: {usual}" if beyond and usual != self.shown(fact.value, fact) else ""
        near = abs(fact.value - fact.usual) <= NEAR * max(abs(fact.value), abs(fact.usual))
        if beyond and not near:
            return f"rings: usually {'more' if grows == 'for' else self.fewer}"
        return f"harmless groups: {usual}"


def vague(words: Words) -> Words:
    """Return words that say little by themselves."""
    return replace(words, vague=True)


def of_members(topic: str, did: str) -> Words:
    """Words of a share of members: "12 of 18 members `did`"."""
    return Words(
        topic,
        lambda f: f"{members(round(f.value * f.n), f.n)} {did}",
        lambda f: f"{few(round(f.value * f.n), f.n)} {did}",
        lambda value, f: part(value, f.n),
        "fewer",
    )


def of_located(topic: str, did: str) -> Words:
    """Words of a share of the members whose addresses are known."""

    def known(f: Fact) -> str:
        return "" if f.seen >= f.n else " whose addresses are known"

    return Words(
        topic,
        lambda f: f"{members(round(f.value * f.seen), f.seen, known(f))} {did}",
        lambda f: f"{few(round(f.value * f.seen), f.seen, known(f))} {did}",
        lambda value, f: part(value, f.seen),
        "fewer",
    )


def at_least(topic: str, did: str, nobody: str) -> Words:
    """Words of a share that is at most that of the members: "At least 12 of 18 members `did`"."""

    def told(f: Fact) -> str:
        count = ceil(round(f.value * f.n, 6))
        found = members(count, f.n)
        return nobody if count <= 0 else f"{found} {did}" if count >= f.n else f"At least {found} {did}"

    return Words(topic, told, told, lambda value, f: part(value, f.n), "fewer")


def of_whole(topic: str, told: str) -> Words:
    """Words of a share of what are no members, such as days; `told` has {share} for "40%", "all" and "none"."""
    return Words(
        topic,
        lambda f: told.format(share=share(f.value)),
        lambda f: told.format(share=f"only {share(f.value)}" if LEAST < f.value < MOST else share(f.value)),
        lambda value, _: percent(value),
    )


def lasting(things: str) -> Words:
    """Words of the share of all days on which what they share was in use."""
    told = f"The {things} they share were in use on {{share}} of the days"
    return vague(of_whole(f"on how many days the {things} they share are in use", told))


def intake() -> Words:
    """Words of the share of the others at members' campus or office that were opened in the same days."""

    def told(f: Fact) -> str:
        if f.value < FEW:
            return "Hardly any other account of a campus or office of theirs was opened when they were"
        return f"At their campus or office, {share(f.value)} of the other accounts were opened when they were"

    topic = "whether others of their campus or office came with them"
    return Words(topic, told, told, lambda value, _: percent(value))


def shared(topic: str) -> Words:
    """Words of what the sharing of a facet is worth, in the facet's own wording, held against chance."""
    return Words(topic, _shared_by_many, _shared_by_few, chance=True, vague=True)


def _shared_by_many(f: Fact) -> str:
    return f"{members(f.tied, f.n)} {f.wording.told(f.things)}" if f.tied else _shared_by_nobody(f)


def _shared_by_few(f: Fact) -> str:
    if f.tied < f.n * MOST:
        return f"{few(f.tied, f.n)} {f.wording.told(f.things)}" if f.tied else _shared_by_nobody(f)
    if f.others > f.tied:
        up_to = "up to " if f.things > 1 else ""
        return f"{_shared_by_many(f)}, but {up_to}{f.others:,} other accounts did, too"
    return f"{_shared_by_many(f)}; rings usually share more"


def _shared_by_nobody(f: Fact) -> str:
    common = ", but for such as many accounts share" if f.value > 0 else ""
    return f"No two members {f.wording.told(1)}{common}"


def several(one: str, many: str) -> Words:
    """Words of all that a member shares of a facet."""

    def told(f: Fact) -> str:
        each = f.value / f.bits if f.bits > 0 else 0
        if each < 1:
            return f"Members shared no {many}"
        return f"Members shared about {each:.0f} {many} each" if each >= SEVERAL else f"Members shared one {one} each"

    return Words(
        f"how many {many} they share", told, lambda f: f"{told(f)}; rings usually share more, or rarer ones", vague=True
    )


def contained(things: str) -> Words:
    """Words of the share that members are of all accounts on what they share."""

    def told(f: Fact) -> str:
        alone = min(f.value * f.n / f.tied, 1) if f.tied else 0.0
        if alone >= NEARLY:
            return f"{'Nobody' if alone >= 1 - LEAST else 'Hardly anybody'} else used the {things} they share"
        if alone < FEW:
            return f"Hardly any of the accounts on the {things} they share are members" if alone else nothing
        return f"About {max(round(10 * alone), 1)} in 10 of the accounts on the {things} they share are members"

    def little(f: Fact) -> str:
        few_share = 0 < f.tied < f.n * MOST
        return f"{few(f.tied, f.n)} shared {things} with other members" if few_share else told(f)

    nothing = f"Members shared no {things}"
    return Words(f"whether the {things} they share are theirs alone", told, little, vague=True)


def spread(one: str, many: str) -> Words:
    """Words of how many identifiers are in use per member."""

    def in_all(value: float, f: Fact) -> str:
        count = max(round(value * f.seen), 1)
        return f"about {count:,} {many}" if count > 1 else f"one {one}"

    def told(f: Fact, only: str = "") -> str:
        known = f" whose {many} are known" if f.seen < f.n else ""
        who = f"The {f.seen:,} members{known}" if f.seen > 1 else f"The one member{known}"
        return f"{who} used {only}{in_all(f.value, f)} in all"

    return Words(f"how many {many} they use", told, lambda f: told(f, "only "), in_all, "fewer")


def networks(things: str) -> Words:
    """Words of the entropy, in bits, of the networks from which what they share is used: of so many like ones."""

    def each(value: float) -> str:
        count = max(round(2**value), 1)
        return f"about {count:,} networks" if count > 1 else "one network"

    return Words(
        f"from how many networks the {things} they share are used",
        lambda f: f"Each of the {things} they share was used from {each(f.value)}",
        lambda f: f"Each of the {things} they share was used from only {each(f.value)}",
        lambda value, _: each(value),
        "fewer",
    )


def kinds(topic: str) -> Words:
    """Words of the share of the kinds of evidence that cover the group."""

    def told(f: Fact) -> str:
        count = round(f.value * f.kinds)
        if count == 0:
            return "No one kind of evidence covers much of the group"
        return f"{count} of {f.kinds} kinds of evidence cover{'s' if count == 1 else ''} much of the group"

    return Words(topic, told, lambda f: f"{told(f)}; in rings usually more do", vague=True)


def likeness(topic: str, near: str, far: str) -> Words:
    """Words of the likeness of members to other accounts; its bits mean nothing to people."""
    return Words(topic, lambda _: near, lambda _: far, vague=True)


def grown(topic: str) -> Words:
    """Words of the number of members, given as its log2."""
    return Words(
        topic,
        lambda f: f"The group has {f.n:,} members",
        lambda f: f"The group has only {f.n:,} members",
        lambda value, _: f"about {round(2**value):,}",
        "more",
        vague=True,
    )


def opened(topic: str) -> Words:
    """Words of how far apart accounts were opened: log2 of 1 + days from the median, at most so for half of them."""

    def half(value: float) -> float:
        return 2 * (2**value - 1)

    def told(f: Fact) -> str:
        if f.opened <= max(2 * half(f.value), 1):
            return f"All {f.n:,} accounts were opened {_within(f.opened)}"
        return f"Half of the {f.n:,} accounts were opened {_within(half(f.value))}"

    def apart(f: Fact) -> str:
        return f"The {f.n:,} accounts were opened over {duration(f.opened)}" if f.opened > 1 else told(f)

    return Words(topic, apart, told, lambda value, _: f"half of them {_within(half(value))}", "closer together")


def _within(days: float) -> str:
    return "on the same day" if days < MOST else f"within {duration(days)} of each other"
