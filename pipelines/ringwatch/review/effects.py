"""What the decisions of reviewers do to the next night. In: what score judged, and decisions. Out: what to publish.

identifier  taken out before anybody is judged, in `window/sharing.py`
together    of two accounts in different groups, the one in the less probable group moves to the other's
released    an account leaves the groups that have two others of the ring it was released from
apart       of two accounts in one group the one that is the less probable member leaves
benign      a group like the cleared one is not flagged, unless much of it is new, or it is in a higher band than then
confirmed   a group with two confirmed accounts, or that rests on what a confirmed ring rested on, is likelier a ring

The newest decision on the same counts. What was done to a group that is flagged is among its reasons, under the facet
`review`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from ringwatch.review import identity
from ringwatch.store.bands import BANDS, bands
from ringwatch.store.records import Candidates, Decisions
from ringwatch.store.tables import OUTCOMES

FACET = "review"
# What confirmed accounts, or what they used, are worth: twice as likely each, and as much again if they are most of it.
KNOWN_BITS = 2.0
MOSTLY_KNOWN_BITS = 3.0
FEWEST_KNOWN = 2
# From how many new accounts, and from which share of the group, it is another group than the one that was decided on.
NEW_ACCOUNTS = 3
NEW_SHARE = 0.5
_NAMED = 5
_NUMBERS = ["probability", "low", "high", "bits"]


@dataclass(frozen=True)
class Terms:
    """For how many days confirmed accounts are a reason, and released ones are kept out."""

    seed_days: int
    release_days: int


def heed(judged: Candidates, decisions: Decisions, day: date, terms: Terms) -> Candidates:
    """Return the candidates as the decisions leave them, those that were cleared left out."""
    if not decisions.rows or judged.rings.empty:
        return judged
    work = _Work(judged, decisions, day, terms)
    work.join()
    work.release()
    work.part()
    work.know()
    work.clear()
    return work.done()


class _Work:
    """Candidates on which one decision after the other is heeded."""

    def __init__(self, judged: Candidates, decisions: Decisions, day: date, terms: Terms) -> None:
        self.rings = judged.rings
        self.numbers: dict[str, dict[str, float]] = {
            str(row["candidate"]): {name: float(row[name]) for name in _NUMBERS}
            for row in judged.rings.to_dict("records")
        }
        self.members = judged.members.copy()
        self.evidence = judged.evidence
        self.decisions, self.day, self.terms = decisions, day, terms
        self.about = {seq: set(of["account_id"]) for seq, of in decisions.members.groupby("seq")}
        self.reasons: list[dict[str, Any]] = []
        self.cleared: dict[str, str] = {}

    def join(self) -> None:
        for row in self._newest("pair", "together"):
            place = self._places((row["account_id"], row["other_account_id"]))
            if len(place) == 2 and len(set(place.values())) == 2:
                mover = min(place, key=lambda account: (self.numbers[place[account]]["probability"], account))
                into = next(place[other] for other in place if other != mover)
                self.members.loc[self.members["account_id"] == mover, "candidate"] = into
                self._say(into, "together", f"{mover} was put here by {_by(row)}", [mover])

    def release(self) -> None:
        for row in self._newest("member", "released", self.terms.release_days):
            place = self._places([row["account_id"]]).get(row["account_id"])
            others = self.about.get(row["seq"], set()) - {row["account_id"]}
            if place is not None and len(others & self._accounts(place)) >= FEWEST_KNOWN:
                self._leave(row["account_id"])
                self._say(place, "released", f"{row['account_id']} was released by {_by(row)}", [row["account_id"]])

    def part(self) -> None:
        for row in self._newest("pair", "apart"):
            place = self._places((row["account_id"], row["other_account_id"]))
            if len(place) == 2 and len(set(place.values())) == 1:
                belongs = self.members.set_index("account_id")["probability"]
                leaves = min(place, key=lambda account: (belongs[account], account))
                self._leave(leaves)
                stays = next(other for other in place if other != leaves)
                text = f"{leaves} was told apart from {stays} by {_by(row)}"
                self._say(place[stays], "apart", text, [leaves])

    def know(self) -> None:
        """Accounts that were confirmed, and what their rings rested on, count as known."""
        by_account, by_identifier = self._known_accounts(), self._known_identifiers()
        for candidate, accounts in self._groups():
            known = sorted(accounts & by_account.keys())
            if len(known) >= FEWEST_KNOWN:
                last = max((by_account[account] for account in known), key=lambda row: row["seq"])
                text = f"{len(known)} of {len(accounts)} members were confirmed by {_by(last)}"
                self._weigh(candidate, text, known, len(known) >= NEW_SHARE * len(accounts))
            elif used := sorted(self._rests_on(candidate) & by_identifier.keys()):
                last = max((by_identifier[name] for name in used), key=lambda row: row["seq"])
                text = f"it rests on what {last['ring_id']} rested on, confirmed by {_by(last)}"
                self._weigh(candidate, text, [], False, [name for _, name in used])

    def clear(self) -> None:
        for candidate, row in self._decided().items():
            if row["decision"] != "benign" or candidate not in self.numbers:
                continue
            accounts = self._accounts(candidate)
            new = sorted(accounts - self.about[row["seq"]])
            higher = _is_higher(self.numbers[candidate]["probability"], row["probability"])
            if is_material(len(new), len(accounts)) or higher:
                self._say(candidate, "cleared", f"cleared by {_by(row)}; {_new(new, higher)}", new)
            else:
                del self.numbers[candidate]
                self.cleared[candidate] = f"cleared by {_by(row)}; {_material(len(accounts) - len(new))}"

    def done(self) -> Candidates:
        kept = list(self.numbers)
        rings = self.rings[self.rings["candidate"].isin(kept)]
        sizes = rings["candidate"].map(self.members.groupby("candidate").size())
        numbers = pd.DataFrame([self.numbers[name] for name in rings["candidate"]], rings.index, _NUMBERS)
        rings = rings.assign(size=sizes.fillna(0).astype(int), **{name: numbers[name] for name in _NUMBERS})
        said = pd.DataFrame(self.reasons, columns=self.evidence.columns)
        evidence = pd.concat([self.evidence, said], ignore_index=True) if self.reasons else self.evidence
        gone = self.members.loc[self.members["candidate"].isin(list(self.cleared)), ["candidate", "account_id"]]
        return Candidates(
            rings.reset_index(drop=True),
            self.members[self.members["candidate"].isin(kept)].reset_index(drop=True),
            evidence[evidence["candidate"].isin(kept)].reset_index(drop=True),
            gone.assign(text=gone["candidate"].map(self.cleared)).reset_index(drop=True),
        )

    def _newest(self, subject: str, decision: str, days: int | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield decisions of the kind that still count: the newest on their pair or member, and of the last `days`."""
        newest = {
            (row["account_id"], row["other_account_id"], row["ring_id"]): row
            for row in self.decisions.rows
            if row["subject"] == subject
        }
        for row in newest.values():
            if row["decision"] == decision and (days is None or self._age(row) <= days):
                yield row

    def _age(self, row: Mapping[str, Any]) -> int:
        decided: date = row["day"] or row["at"].date()
        return (self.day - decided).days

    def _places(self, accounts: Iterable[str]) -> dict[str, str]:
        found = self.members[self.members["account_id"].isin(list(accounts))]
        return dict(zip(found["account_id"], found["candidate"], strict=True))

    def _accounts(self, candidate: str) -> set[str]:
        return set(self.members.loc[self.members["candidate"] == candidate, "account_id"])

    def _groups(self) -> Iterator[tuple[str, set[str]]]:
        for candidate, members in self.members.groupby("candidate"):
            if candidate in self.numbers:
                yield str(candidate), set(members["account_id"])

    def _leave(self, account_id: str) -> None:
        self.members = self.members[self.members["account_id"] != account_id]

    def _decided(self) -> dict[str, Mapping[str, Any]]:
        """The newest decision on a ring that each candidate is like."""
        on_rings = {row["seq"]: row for row in self.decisions.rows if row["decision"] in OUTCOMES}
        known = self.decisions.members[self.decisions.members["seq"].isin(on_rings)].rename(columns={"seq": "ring_id"})
        if known.empty:
            return {}
        pairs = identity.matches(known, self.members[["candidate", "account_id"]])
        newest = pairs.groupby("candidate")["ring_id"].max()
        return {str(candidate): on_rings[int(seq)] for candidate, seq in newest.items()}

    def _confirming(self) -> Iterator[Mapping[str, Any]]:
        for row in self.decisions.rows:
            if row["decision"] in ("confirmed", "partly_confirmed") and self._age(row) <= self.terms.seed_days:
                yield row

    def _known_accounts(self) -> dict[str, Mapping[str, Any]]:
        """The decision that confirmed each account last; one that was released or cleared since is not known."""
        known: dict[str, Mapping[str, Any]] = {}
        confirming = {row["seq"] for row in self._confirming()}
        released: dict[str, set[str]] = {}
        for row in self.decisions.rows:
            if row["subject"] == "member":
                released.setdefault(row["ring_id"], set())
                change = set.add if row["decision"] == "released" else set.discard
                change(released[row["ring_id"]], row["account_id"])
            elif row["subject"] == "ring":
                for account_id in self.about.get(row["seq"], set()):
                    known.pop(account_id, None)
                    if row["seq"] in confirming and account_id not in released.get(row["ring_id"], set()):
                        known[account_id] = row
        out = set().union(*released.values()) if released else set()
        return {account_id: row for account_id, row in known.items() if account_id not in out}

    def _known_identifiers(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        rows = {row["seq"]: row for row in self._confirming()}
        found = self.decisions.identifiers
        return {
            (facet, identifier): rows[seq]
            for seq, facet, identifier in found.itertuples(index=False)
            if seq in rows and self._still(rows[seq])
        }

    def _still(self, row: Mapping[str, Any]) -> bool:
        """Whether no newer decision on the same ring says otherwise."""
        later = (other for other in self.decisions.rows if other["subject"] == "ring" and other["seq"] > row["seq"])
        return all(other["ring_id"] != row["ring_id"] or other["decision"] != "benign" for other in later)

    def _rests_on(self, candidate: str) -> set[tuple[str, str]]:
        reasons = self.evidence[(self.evidence["candidate"] == candidate) & (self.evidence["direction"] == "for")]
        strong = reasons[(reasons["bits"] >= 1) & (reasons["members"] >= FEWEST_KNOWN)]
        pairs = zip(strong["facet"], strong["identifiers"], strict=True)
        return {(facet, identifier) for facet, identifiers in pairs for identifier in identifiers}

    def _weigh(self, candidate: str, text: str, known: list[str], mostly: bool, names: Iterable[str] = ()) -> None:
        bits = MOSTLY_KNOWN_BITS if mostly else KNOWN_BITS
        numbers = self.numbers[candidate]
        for name in ("probability", "low", "high"):
            numbers[name] = _likelier(numbers[name], bits)
        numbers["bits"] += bits
        self._say(candidate, "known_bad", text, known, "for", bits, names)

    def _say(
        self,
        candidate: str,
        reason: str,
        text: str,
        accounts: list[str],
        direction: str = "check",
        bits: float = 0.0,
        names: Iterable[str] = (),
    ) -> None:
        about = {"candidate": candidate, "facet": FACET, "reason": reason, "direction": direction, "bits": bits}
        observed = {"observed": float(len(accounts)), "expected": None, "members": len(accounts)}
        self.reasons.append(about | observed | {"identifiers": list(names), "text": text})


def is_material(new: int, size: int) -> bool:
    """Whether a group of `size` with so many new accounts is another one than was decided on."""
    return new >= max(NEW_ACCOUNTS, NEW_SHARE * size)


def _material(known: int) -> str:
    """What would make a group with so many accounts that were decided on another one."""
    new = max(NEW_ACCOUNTS, math.ceil(NEW_SHARE / (1 - NEW_SHARE) * known))
    return f"flagged again with {new} new accounts, or when it is in a higher band of probability than then"


def _is_higher(probability: float, before: float | None) -> bool:
    if before is None:
        return False
    steps = list(BANDS)
    then = bands(pd.Series([before]), pd.Series([None], dtype=object))
    now = bands(pd.Series([probability]), then)
    return steps.index(now.iloc[0]) > steps.index(then.iloc[0])


def _likelier(probability: float, bits: float) -> float:
    odds = probability * 2**bits
    return odds / (odds + 1 - probability)


def _by(row: Mapping[str, Any]) -> str:
    return f"{row['author']} on {row['at']:%F}"


def _new(accounts: list[str], higher: bool) -> str:
    parts = []
    if accounts:
        more = f" and {len(accounts) - _NAMED} more" if len(accounts) > _NAMED else ""
        count = f"{len(accounts)} account{'s' if len(accounts) > 1 else ''}"
        parts.append(f"new since then: {count} ({', '.join(accounts[:_NAMED])}{more})")
    if higher:
        parts.append("it is likelier a ring than it was then")
    return ", and ".join(parts)
