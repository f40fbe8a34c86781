"""What travels between the gate, score, identity and the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def _nothing_cleared() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["candidate", "account_id", "text"], dtype=object)


@dataclass(frozen=True)
class Candidates:
    """What score judged; columns as in `ringwatch.score.tables`. cleared: candidate, account_id, text of the groups
    that a reviewer cleared, with who did and what would bring them back.
    """

    rings: pd.DataFrame
    members: pd.DataFrame
    evidence: pd.DataFrame
    cleared: pd.DataFrame = field(default_factory=_nothing_cleared)


@dataclass(frozen=True)
class Thresholds:
    """When a candidate is flagged: from `flag` on, or from `keep` if it is a ring that was flagged last night."""

    flag: float
    keep: float
    min_size: int


def _nobody() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["ring_id", "account_id", "day"], dtype=object)


def _no_members() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["seq", "account_id"], dtype=object)


def _no_identifiers() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["seq", "facet", "identifier"], dtype=object)


def _nothing_used() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=["ring_id", "facet", "identifier"], dtype=object)


@dataclass(frozen=True)
class History:
    """What was published before a day, and what else rings are known by when the day is published again.

    rings: ring_id, first_day and last_day (as flagged), active (flagged on the last published day), absorbed (merged
    into another and not back since), kind, band, size; members: ring_id, account_id, probability (as last flagged),
    nights (on which the account was in that ring); taken: fingerprint by ring_id of every ring there ever was;
    last_run: the newest run in the store, 0 when there is none.
    earlier: ring_id, account_id as flagged on the published day before the last one; identifiers: ring_id, facet,
    identifier of what spoke for rings that are not flagged any more, when they were last flagged.
    again, later, withdrawn: ring_id, account_id, day of rings as published for the day itself up to now, as first
    flagged on a later day, and as they were when they were withdrawn.
    """

    rings: pd.DataFrame
    members: pd.DataFrame
    taken: dict[str, str] = field(default_factory=dict)
    last_run: int = 0
    again: pd.DataFrame = field(default_factory=_nobody)
    later: pd.DataFrame = field(default_factory=_nobody)
    withdrawn: pd.DataFrame = field(default_factory=_nobody)
    earlier: pd.DataFrame = field(default_factory=_nobody)
    identifiers: pd.DataFrame = field(default_factory=_nothing_used)


@dataclass(frozen=True)
class Sample:
    """Groups below the threshold that reviewers are asked about.

    rings: ring_id, fingerprint, stratum, weight, probability, low, high, kind, size, bits, summary, harm (figures as in
    ring_harm, nothing where nobody worked them out); members: ring_id, account_id, probability, role; evidence: as
    ring_evidence.
    """

    rings: pd.DataFrame
    members: pd.DataFrame
    evidence: pd.DataFrame


@dataclass(frozen=True)
class Nightly:
    """What a night publishes, sorted; columns as in the tables of the store, without day and run.

    rings: as ring_night, with `fingerprint` for rings that are new; members: as ring_night_member; evidence: as
    ring_evidence; replaced: ring_id of rings that the day had up to now and into which of tonight's most of it went;
    harm: as ring_harm, of the rings that are flagged, None where nobody worked it out; sample: groups that are not.
    """

    rings: pd.DataFrame
    members: pd.DataFrame
    evidence: pd.DataFrame
    replaced: dict[str, str] = field(default_factory=dict)
    harm: pd.DataFrame | None = None
    sample: Sample | None = None

    @property
    def flagged(self) -> pd.DataFrame:
        """The rings that consumers see; the others fell dormant or were merged tonight."""
        return self.rings[self.rings["flagged"].astype(bool)]

    @property
    def content(self) -> str:
        """Digest of all that consumers see of the night, apart from the day."""
        return hashlib.sha256("\n".join(self.flagged["content_hash"]).encode()).hexdigest()


@dataclass(frozen=True)
class Publication:
    """What publishing did: newest (no later day is published), restatement, changes (rings that consumers see anew),
    withdrawn (rings that no published day has any more).
    """

    newest: bool
    restatement: int
    changes: int
    withdrawn: int = 0


@dataclass(frozen=True)
class Released:
    """Who published a withheld run after all, and why."""

    run_id: int
    author: str
    why: str


@dataclass(frozen=True)
class RolledBack:
    """What taking back did: the days, newest first, and as in Publication."""

    days: tuple[date, ...]
    changes: int
    withdrawn: int


@dataclass(frozen=True)
class Standing:
    """What became of a ring: state, first and last day on which it is flagged (or was, if it is withdrawn), and of a
    ring that is withdrawn the day whose new publication did that and the accounts it had.
    """

    state: str
    first_day: date
    last_day: date
    withdrawn_by: date | None
    accounts: list[str]


@dataclass(frozen=True)
class Decisions:
    """What reviewers decided before a night and did not take back, oldest first.

    rows: of `verdict`, without undo and notes; members: seq, account_id of the rings that they are about, as they were;
    identifiers: seq, facet, identifier of the reasons for the rings that were confirmed.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    members: pd.DataFrame = field(default_factory=_no_members)
    identifiers: pd.DataFrame = field(default_factory=_no_identifiers)


@dataclass(frozen=True)
class LedgerEntry:
    """What arrived of a feed on a day, and what the gate made of its rows.

    files: how many there were, 0 for an optional feed that did not come; rows: clean + held + quarantined + duplicates;
    late: rows about an earlier day, None where rows say no time; sha256: of what arrived; complete: every file was read
    whole, the marker was there when one is configured, and no floor was broken.
    """

    feed: str
    files: int
    rows: int
    clean: int
    held: int
    quarantined: int
    duplicates: int
    late: int | None
    sha256: str
    complete: bool


@dataclass(frozen=True)
class Handled:
    """What was done with some rows in quarantine that are of one file and break the same rule.

    action: one of `tables.HANDLINGS`; rows: their places in the file, such as `3, 7-12`, None where they have none;
    sha256: of the delivery they came with, None when the ledger does not know it.
    """

    action: str
    day: date
    feed: str
    file: str | None
    rule: str
    count: int
    rows: str | None
    sha256: str | None


@dataclass(frozen=True)
class KeyRecord:
    """When (UTC) who took keys into use; keys: a name of all of them; finished: whether everything is under them."""

    keys: str
    at: datetime
    author: str
    finished: bool


@dataclass(frozen=True)
class PartnerIndicator:
    """By what a ring that a partner confirmed can be known: keyed hashes of one kind; times are UTC without a zone.

    revoked: the partner took it back.
    """

    indicator_id: str
    partner_group: str
    partner: str
    ring: str
    kind: str
    hashes: list[str]
    modified: datetime
    valid_until: datetime | None
    revoked: bool
