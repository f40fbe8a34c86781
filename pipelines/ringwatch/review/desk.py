"""The desk of a reviewer: all that the page and the command line ask and do. Times and authors are given in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ringwatch.errors import UsageError
from ringwatch.review import second, stats
from ringwatch.review.queue import STATUSES, QueueRow, blind, is_blind, mixed, needs_second, ordered, queue_row
from ringwatch.review.stats import Precision
from ringwatch.store.tables import OUTCOMES, STREAMS, ring_night

if TYPE_CHECKING:
    from ringwatch.review.recall import Recall
    from ringwatch.settings import Settings
    from ringwatch.store.store import Doors, Store

_NEVER = "no rings are published yet; run `ringwatch run` first"
# What is not said of the nights of a ring that is judged blind.
_UNTOLD = dict.fromkeys(["probability", "low", "high", "band", "kind", "bits", "content_hash"])


@dataclass(frozen=True)
class RingView:
    """All about a ring, on the last day it was flagged.

    evidence: rows of reasons under for, against and check; members: account_id, probability, role, since, decision (the
    newest on it, None), most probable first; nights: rows of ring_night, oldest first; verdicts: the log of the ring
    and of pairs of its members.
    """

    row: QueueRow
    evidence: dict[str, list[dict[str, Any]]]
    members: list[dict[str, Any]]
    nights: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    harm: dict[str, Any]
    related: list[str]


class Desk:
    """What one reviewer sees and decides. `clock`: UTC without a zone; the store's clock if none is given."""

    def __init__(
        self, store: Store, settings: Settings, author: str, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.store = store
        self.settings = settings
        self.author = author
        self._now = clock or store.now

    def queue(
        self,
        day: date | None = None,
        status: str = "open",
        search: str = "",
        order: str = "harm",
        limit: int | None = 50,
        offset: int = 0,
        asking: bool = True,
    ) -> list[QueueRow]:
        """Return the rings of a day, the newest if none is given. `open` has rings in review and second opinions, too.

        asking: with groups below the threshold that reviewers are asked about, which nothing tells from rings. Raises
        UsageError for another status or order than there is, and when nothing is published.
        """
        if status not in STATUSES:
            raise UsageError(f"there is no status {status}; rings are {', '.join(STATUSES)}")
        now = self._now()
        with self.store.reading() as doors:
            day, search = day or _newest(doors), search.strip()
            below = doors.samples.rows(day, search) if asking else []
            rows = [*doors.queue.rings(day, search), *below]
            asked = doors.verdicts.rings_in(second.STREAM)
        shown = [self._shown(row, now, asked) for row in rows]
        chosen = [row for row in shown if status == "all" or _is(row, status)]
        sampled = {row["ring_id"] for row in below}
        page = mixed(ordered(chosen, order), sampled)[offset : None if limit is None else offset + limit]
        return [blind(row) if asking and is_blind(row, sampled) else row for row in page]

    def ring(self, ring_id: str, asking: bool = True) -> RingView:
        """Return all about a ring, or the one that it was merged into; asking: without what would sway who decides.

        Raises UsageError when there is none.
        """
        now = self._now()
        with self.store.reading() as doors:
            ring_id = _known(doors, ring_id)
            below = doors.samples.one(ring_id)
            found = below or doors.queue.ring(ring_id)
            if found is None:
                raise UsageError(f"{ring_id} was withdrawn: no published day has it any more")
            verdicts, pairs = doors.verdicts.log(doors.queue.aliases(ring_id)), doors.verdicts.log(subject="pair")
            asked = doors.verdicts.rings_in(second.STREAM)
            reasons, members, since, nights = _asked(doors, below) if below else _published(doors, found)
        row = self._shown(found, now, asked)
        if asking and is_blind(row, {ring_id} if below else ()):
            row, nights = blind(row), [night | _UNTOLD for night in nights]
        evidence = {kind: [r for r in reasons if r["direction"] == kind] for kind in ("for", "against", "check")}
        decided = {v["account_id"]: v["decision"] for v in verdicts if v["subject"] == "member" and not v["undone_by"]}
        inside = [
            member | {"since": since.get(member["account_id"]), "decision": decided.get(member["account_id"])}
            for member in members
        ]
        accounts = {member["account_id"] for member in members}
        verdicts += [pair for pair in pairs if accounts & {pair["account_id"], pair["other_account_id"]}]
        log = sorted(verdicts, key=lambda verdict: int(verdict["seq"]))
        return RingView(row, evidence, inside, nights, log, row.harm, list(found["related"]))

    def claim(self, ring_id: str, hours: float | None = None) -> datetime:
        """Take a ring, so that nobody else reviews it, and return until when. Raises UsageError when another has it."""
        with self.store.writing() as doors:
            ring_id = _known(doors, ring_id)
            for_hours = hours or self.settings.review_claim_hours
            return doors.verdicts.claim(ring_id, self.author, self._now_in(doors), for_hours)

    def unclaim(self, ring_id: str) -> None:
        """Give a ring back. Raises UsageError when it is not one's own."""
        with self.store.writing() as doors:
            ring_id = _known(doors, ring_id)
            if not doors.verdicts.unclaim(ring_id, self.author):
                raise UsageError(f"{ring_id} is not claimed by {self.author}")

    def decide(
        self,
        ring_id: str,
        decision: str,
        note: str = "",
        members: Mapping[str, str] | None = None,
        stream: str = "queue",
    ) -> int:
        """Decide on a ring and, with `members`, on accounts of it: belongs or released. Returns the verdict's seq.

        Raises UsageError for what is no decision, an account that is not in the ring, and a ring another has claimed.
        """
        with self.store.writing() as doors:
            return self._decide(doors, ring_id, decision, note, members or {}, stream)

    def decide_many(self, ring_ids: Iterable[str], decision: str, note: str = "") -> list[int]:
        """Decide the same on several rings: on all of them, or on none."""
        with self.store.writing() as doors:
            return [self._decide(doors, ring_id, decision, note, {}, "bulk") for ring_id in dict.fromkeys(ring_ids)]

    def release(self, account_id: str, ring_id: str, note: str = "") -> int:
        """Say that an account does not belong to a ring it is in."""
        return self.release_many([account_id], ring_id, note)[0]

    def release_many(self, account_ids: Iterable[str], ring_id: str, note: str = "") -> list[int]:
        """Say so of several accounts: of all, or of none."""
        accounts = sorted(set(account_ids))
        with self.store.writing() as doors:
            ring_id = _known(doors, ring_id)
            _expect_members(doors, ring_id, accounts)
            about = [{"ring_id": ring_id, "account_id": account_id} for account_id in accounts]
            return [self._add(doors, "member", "released", note, **one) for one in about]

    def pair(self, a: str, b: str, decision: str, note: str = "") -> int:
        """Say that two accounts belong together, or apart."""
        _expect(decision, ("together", "apart"))
        if a == b:
            raise UsageError(f"{a} is one account; a pair takes two")
        first, other = sorted((a, b))
        with self.store.writing() as doors:
            return self._add(doors, "pair", decision, note, account_id=first, other_account_id=other)

    def allow(
        self, facet: str, identifier: str, decision: str = "harmless", expires: date | None = None, note: str = ""
    ) -> int:
        """Say that sharing an identifier means nothing, up to a day. Raises UsageError for a day that has passed."""
        _expect(decision, ("harmless", "hub"))
        with self.store.writing() as doors:
            today = self._now_in(doors).date()
            if expires is not None and expires <= today:
                raise UsageError(f"{expires} has passed; an allowance expires on a day after {today}")
            about = {"facet": facet, "identifier": identifier, "expires": expires}
            return self._add(doors, "identifier", decision, note, **about)

    def preview(self, facet: str, identifier: str) -> list[dict[str, Any]]:
        """Return which of the newest rings rest on an identifier: ring_id, size, bits (its share of what it adds),
        probability, without (about what it would be without the identifier), loses (whether that is too little).
        """
        with self.store.reading() as doors:
            rows = doors.queue.resting_on(facet, identifier, _newest(doors))
        rings = {row["ring_id"]: row for row in rows}
        shares = {ring_id: sum(_share(r) for r in rows if r["ring_id"] == ring_id) for ring_id in rings}
        return [self._without(row, shares[ring_id]) for ring_id, row in rings.items()]

    def note(self, ring_id: str, text: str) -> int:
        """Write something down beside a ring; it decides nothing. Raises UsageError when there is nothing to write."""
        if not text.strip():
            raise UsageError("a note says something; this one is empty")
        with self.store.writing() as doors:
            return self._add(doors, "ring", "noted", text, ring_id=_known(doors, ring_id))

    def undo(self, seq: int, note: str = "") -> int:
        """Take a verdict back. Raises UsageError when there is none of that number, or it is taken back already."""
        with self.store.writing() as doors:
            found = doors.verdicts.one(seq)
            if found is None:
                raise UsageError(f"there is no verdict {seq} to undo; `ringwatch review log` shows those there are")
            if found["decision"] in ("undo", "noted"):
                raise UsageError(f"verdict {seq} decides nothing that could be undone; decide anew instead")
            if found["undone_by"]:
                raise UsageError(f"verdict {seq} was undone by {found['undone_by']} already")
            about = ("ring_id", "account_id", "other_account_id", "facet", "identifier")
            same = {name: found[name] for name in about}
            return self._add(doors, found["subject"], "undo", note, undoes=seq, **same)

    def log(self, ring_id: str | None = None) -> list[dict[str, Any]]:
        """Return verdicts, oldest first, of all rings or of one and those that were merged into it."""
        with self.store.reading() as doors:
            if ring_id is None:
                return doors.verdicts.log()
            return doors.verdicts.log(doors.queue.aliases(_known(doors, ring_id)))

    def account(self, account_id: str) -> dict[str, Any]:
        """Return account_id, now (its night in a ring of the newest day, None), before (earlier nights), verdicts."""
        with self.store.reading() as doors:
            newest = max(doors.published.days(), default=None)
            nights = doors.published.nights_of(account_id).to_dict("records")
            verdicts = doors.verdicts.log(account_id=account_id)
        now = next((night for night in nights if night["day"] == newest), None)
        before = [night for night in nights if night is not now]
        return {"account_id": account_id, "now": now, "before": before, "verdicts": verdicts}

    def night(self, day: date | None = None) -> dict[str, Any]:
        """Return day, runs (attempts to publish it), deliveries (what arrived and was refused), events."""
        with self.store.reading() as doors:
            day = day or _newest(doors)
            arrived = doors.deliveries.between(day, day)
            return {
                "day": day,
                "runs": doors.queue.runs(day),
                "deliveries": arrived,
                "events": doors.queue.events(day),
            }

    def allowances(self) -> list[dict[str, Any]]:
        """Return the verdicts on identifiers that stand, expired ones too, by facet and identifier."""
        return self.store.verdicts.allowances()

    def precision(self) -> list[Precision]:
        """Return how many of the reviewed rings were ones, in all and by kind, band, reason and reviewer."""
        return stats.precision(self.store.verdicts.decided())

    def recall(self) -> Recall:
        """Return how much is found of what there is, as far as verdicts on sampled groups say; see `recall`."""
        from ringwatch.review import recall

        with self.store.reading() as doors:
            of_all = next(iter(stats.precision(doors.verdicts.decided())), None)
            return recall.recall(doors.samples.nights(), doors.samples.decided(), of_all)

    def agreement(self) -> dict[str, Any]:
        """Return rings, agreed, kappa of the second opinions that were given; see `second.agreement`."""
        with self.store.reading() as doors:
            return second.agreement(second.pairs(_on_rings(doors)))

    def _decide(
        self, doors: Doors, ring_id: str, decision: str, note: str, members: Mapping[str, str], stream: str
    ) -> int:
        _expect(decision, OUTCOMES)
        _expect(stream, STREAMS)
        ring_id = _known(doors, ring_id)
        stream = "sample" if stream in ("queue", "bulk") and doors.samples.one(ring_id) else stream
        for word in members.values():
            _expect(word, ("belongs", "released"))
        _expect_members(doors, ring_id, members)
        for account_id, word in sorted(members.items()):
            self._add(doors, "member", word, "", ring_id=ring_id, account_id=account_id, stream=stream)
        return self._add(doors, "ring", decision, note, ring_id=ring_id, stream=stream)

    def _add(self, doors: Doors, subject: str, decision: str, note: str, **about: Any) -> int:
        return doors.verdicts.add(
            self._now_in(doors), self.author, subject, decision, note=note.strip() or None, **about
        )

    def _now_in(self, doors: Doors) -> datetime:
        """The store's own clock is read within the transaction."""
        return doors.now() if self._now == self.store.now else self._now()

    def _shown(self, row: dict[str, Any], now: datetime, asked: Iterable[str]) -> QueueRow:
        shown = queue_row(row, now, self.settings.review_due_hours)
        wanted = needs_second(row, self.author, asked, self.settings.review_second_share)
        return replace(shown, stream=second.STREAM) if wanted else shown

    def _without(self, row: Mapping[str, Any], bits: float) -> dict[str, Any]:
        before, after = _probability(row["ring_bits"]), _probability(row["ring_bits"] - bits)
        about = {"ring_id": row["ring_id"], "size": row["size"], "bits": bits, "probability": before}
        return about | {"without": after, "loses": after < self.settings.keep_probability}


def _newest(doors: Doors) -> date:
    days = doors.published.days()
    if not days:
        raise UsageError(_NEVER)
    return days[-1]


def _known(doors: Doors, ring_id: str) -> str:
    """Return the id the ring goes under now. Raises UsageError when there is none of that id."""
    found = doors.published.canonical(ring_id.upper())
    if found is None:
        raise UsageError(f"there is no ring {ring_id}; `ringwatch review queue` shows those there are")
    return found


def _published(doors: Doors, found: Mapping[str, Any]) -> tuple[Any, ...]:
    """Reasons, members, since when by account, and nights of a ring as it was last flagged."""
    ring_id, day, published = found["ring_id"], found["day"], doors.published
    members, since = published.members(ring_id, day), published.since(ring_id, day)
    return published.evidence(ring_id, day), members, since, published.nights(ring_id)


def _asked(doors: Doors, group: Mapping[str, Any]) -> tuple[Any, ...]:
    """The same of a sampled group: it is as new as its night."""
    members = doors.samples.members(group["ring_id"])
    since = dict.fromkeys((member["account_id"] for member in members), group["day"])
    night = {column.name: group.get(column.name) for column in ring_night.c}
    return doors.samples.evidence(group["ring_id"]), members, since, [night]


def _on_rings(doors: Doors) -> list[dict[str, Any]]:
    rows = (row for row in doors.verdicts.log() if row["subject"] == "ring" and not row["undone_by"])
    return [row for row in rows if row["decision"] in OUTCOMES]


def _is(row: QueueRow, status: str) -> bool:
    if status == "open":
        return row.status != "closed" or row.stream == second.STREAM
    return row.status == status


def _expect(word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise UsageError(f"{word} is no decision here; it takes {', '.join(words)}")


def _expect_members(doors: Doors, ring_id: str, accounts: Iterable[str]) -> None:
    asked = doors.samples.members(ring_id)
    last = doors.published.standing(ring_id).last_day
    inside = {member["account_id"] for member in asked or doors.published.members(ring_id, last)}
    for account_id in sorted(accounts):
        if account_id not in inside:
            raise UsageError(f"{account_id} is not in {ring_id}")


def _share(reason: Mapping[str, Any]) -> float:
    """What one identifier adds to a reason that names several: as much as each of the others."""
    return float(reason["bits"]) / len(reason["identifiers"])


def _probability(bits: float) -> float:
    return float(1 / (1 + 2.0**-bits))
