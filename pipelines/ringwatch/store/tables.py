"""Tables and views of the review store, as the program reads and writes them; `migrations/` creates them.

One fact is kept once: who was in which ring on which published day (`ring_night_member`). What follows from that is in
views (`views.py`).
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    text,
)

from ringwatch.store.bands import BANDS

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

RUN_STATES = ("published", "replaced", "withheld")
EVENTS = ("new", "grown", "shrunk", "unchanged", "merged", "split", "dormant", "revived", "returned")
RING_STATES = ("current", "dormant", "merged", "withdrawn")
# What consumers are told of a ring: that it is flagged now, what of it is other than before, or that it is flagged no
# more and why. `changed` and `removed` are of stores that did not tell apart.
CHANGES = (
    *("added", "members", "band", "event", "kind", "first_day", "probability", "role", "summary"),
    *("dormant", "merged", "withdrawn"),
)
EARLIER_CHANGES = ("changed", "removed")
SUBJECTS = ("ring", "member", "pair", "identifier")
OUTCOMES = ("confirmed", "partly_confirmed", "reseller", "benign", "unsure")
DECISIONS = (*OUTCOMES, "belongs", "released", "together", "apart", "harmless", "hub", "noted", "undo")
STREAMS = ("queue", "sample", "second opinion", "bulk")
NIGHT_ACTIONS = ("released", "rolled back")
HANDLINGS = ("revealed", "replayed", "discarded", "restated", "erased")

# One attempt to publish a day; a later attempt that succeeds replaces an earlier one. A run that was rolled back is
# replaced by none. `at` (UTC) and `feeds` are unknown for runs of earlier versions. `content`: digest of what a
# published day says; `made_from`: digest of the deliveries and earlier days that it follows from; `released_run`: the
# withheld run that it is.
run = Table(
    "run",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("restatement", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("rings", Integer, nullable=False),
    Column("members", Integer, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("reason", Text),
    Column("version", Text, nullable=False),
    Column("at", DateTime),
    Column("feeds", Text),
    Column("rolled_back", Boolean, nullable=False),
    Column("content", Text),
    Column("made_from", Text),
    Column("released_run", Integer),
    CheckConstraint(column("state").in_(RUN_STATES), name="state"),
    Index("uq_run_day_restatement", "day", "restatement", unique=True),
    Index(
        "uq_run_published_day",
        "day",
        unique=True,
        sqlite_where=text("state = 'published'"),  # on Postgres, too; saying so here would load its dialect each time
    ),
    sqlite_autoincrement=True,
)

# One ring for ever, whatever happens to its days. `canonical_ring_id` is the ring it now goes under, itself unless it
# was merged into another, or withdrawn while most of it is in another. `state`: current, flagged on the newest
# published day; withdrawn, on no published day any more, or never flagged (see `sample`); merged or dormant, flagged on
# an earlier one. The days are those on which it is flagged, of a ring that was withdrawn those on which it was.
ring = Table(
    "ring",
    metadata,
    Column("ring_id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("canonical_ring_id", Text, ForeignKey("ring.ring_id"), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("state", Text, nullable=False),
    CheckConstraint(column("state").in_(RING_STATES), name="state"),
    Index("uq_ring_fingerprint", "fingerprint", unique=True),
    Index("ix_ring_canonical_ring_id", "canonical_ring_id"),
)

# A ring that no published day has any more: which run took its last one, and where most of its accounts went in that.
withdrawal = Table(
    "withdrawal",
    metadata,
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("run_id", Integer, ForeignKey("run.run_id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("into_ring_id", Text, ForeignKey("ring.ring_id")),
)

# Its members as last published, by which it is known when it comes back.
withdrawn_member = Table(
    "withdrawn_member",
    metadata,
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("account_id", Text, primary_key=True),
)

# A ring on a published day. Not flagged: the night on which it fell dormant or was merged into `related`.
ring_night = Table(
    "ring_night",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("run_id", Integer, ForeignKey("run.run_id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("related", JSON, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("probability", Double),
    Column("low", Double),
    Column("high", Double),
    Column("band", Text),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("joined", Integer, nullable=False),
    Column("departed", Integer, nullable=False),
    Column("bits", Double),
    Column("summary", Text, nullable=False),
    Column("content_hash", Text),
    CheckConstraint(column("event").in_(EVENTS), name="event"),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    CheckConstraint(column("band").in_(BANDS), name="band"),
    CheckConstraint("NOT flagged OR (probability IS NOT NULL AND content_hash IS NOT NULL)", name="flagged"),
    Index("ix_ring_night_ring_id", "ring_id", "day"),
    Index("ix_ring_night_run_id", "run_id"),
)

# A member of a ring on a published day; an account is in at most one ring a day. `probability`: that it belongs, if the
# ring is one.
ring_night_member = Table(
    "ring_night_member",
    metadata,
    Column("day", Date, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("ring_id", Text, ForeignKey("ring.ring_id"), nullable=False),
    Column("probability", Double, nullable=False),
    Column("role", Text, nullable=False),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    Index("ix_ring_night_member_ring_id", "ring_id", "day"),
    Index("ix_ring_night_member_account_id", "account_id", "day"),
)


def _reason() -> list[Column[Any]]:
    return [
        Column("facet", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("direction", Text, nullable=False),
        Column("observed", Double),
        Column("expected", Double),
        Column("bits", Double, nullable=False),
        Column("members", Integer, nullable=False),
        Column("identifiers", JSON, nullable=False),
        Column("text", Text, nullable=False),
    ]


# One reason for or against a ring on a published day, the weightiest first; and what to check next, of no weight.
ring_evidence = Table(
    "ring_evidence",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    *_reason(),
    CheckConstraint("direction IN ('for', 'against', 'check')", name="direction"),
    Index("ix_ring_evidence_ring_id", "ring_id"),
)

# One change to what consumers see of a ring; `change_seq` only ever grows. `content_hash` is that of afterwards, and
# missing for a ring that is not flagged then.
change = Table(
    "change",
    metadata,
    Column("change_seq", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.run_id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("ring_id", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("content_hash", Text),
    CheckConstraint(column("change").in_((*CHANGES, *EARLIER_CHANGES)), name="change"),
    sqlite_autoincrement=True,
)

# What arrived of a feed on a day, as last delivered, and what the gate made of its rows. It says up to which day a feed
# is complete, and so what may be expired because the feed did not renew it.
delivery = Table(
    "delivery",
    metadata,
    Column("day", Date, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("files", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("clean", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("late", BigInteger),
    Column("sha256", Text, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("restated", Integer, nullable=False),
    CheckConstraint("rows = clean + held + quarantined + duplicates", name="rows"),
)

# Who writes now: at most one row, gone when its owner is done. `machine` is where `pid` means something: one boot of a
# host and, in a container, its own process ids. Times are UTC without a zone, by the clock of the database.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("acquired", DateTime, nullable=False),
    Column("expires", DateTime, nullable=False),
)

# What score had judged of a night that is withheld, so that it can be released as it was. Gone when the day is judged
# again.
withheld_night = Table(
    "withheld_night",
    metadata,
    Column("run_id", Integer, ForeignKey("run.run_id"), primary_key=True, autoincrement=False),
    Column("rings", JSON, nullable=False),
    Column("members", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
)

# What people did with nights, by whom and why. Triggers refuse to change or delete, apart from names of accounts that
# are erased.
night_log = Table(
    "night_log",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("run_id", Integer, ForeignKey("run.run_id"), nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint(column("action").in_(NIGHT_ACTIONS), name="action"),
    sqlite_autoincrement=True,
)

# How a night did on canary rings of a difficulty, or on honest groups that look like rings; no consumer sees these.
canary = Table(
    "canary",
    metadata,
    Column("day", Date, primary_key=True),
    Column("difficulty", Text, primary_key=True),
    Column("honest", Boolean, nullable=False),
    Column("groups", Integer, nullable=False),
    Column("flagged", Integer, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("accused", Integer, nullable=False),
)

# What was done with rows in quarantine, by whom and why: nothing leaves it unseen. Triggers refuse to change or delete.
quarantine_log = Table(
    "quarantine_log",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("why", Text),
    Column("day", Date, nullable=False),
    Column("feed", Text, nullable=False),
    Column("file", Text),
    Column("rule", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("rows", Text),
    Column("sha256", Text),
    CheckConstraint(column("action").in_(HANDLINGS), name="action"),
    CheckConstraint("action <> 'discarded' OR why IS NOT NULL", name="why"),
    Index("ix_quarantine_log_day", "day", "feed"),
    sqlite_autoincrement=True,
)

# An account that was erased, by a keyed token of its id: the gate refuses its rows, so that it does not come back.
tombstone = Table(
    "tombstone",
    metadata,
    Column("token", Text, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
    Column("why", Text, nullable=False),
)

# Accounts that wait for the upkeep to erase them.
erasure_request = Table(
    "erasure_request",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
    Column("why", Text, nullable=False),
)

# Keys that tokens were brought under, by a name of all of them; the tokens in this store are under the newest. Until it
# is finished, something else is not.
token_keys = Table(
    "token_keys",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("keys_name", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
    Column("finished", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

# One decision of a reviewer, for ever: triggers refuse to change or delete it, apart from names of accounts that are
# erased and tokens under new keys. `day`, `probability` and `content_hash` are of what was published when it was made;
# `expires` is the first day on which it does not count any more; `undoes` is the verdict that it takes back.
verdict = Table(
    "verdict",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("ring_id", Text, ForeignKey("ring.ring_id")),
    Column("account_id", Text),
    Column("other_account_id", Text),
    Column("facet", Text),
    Column("identifier", Text),
    Column("decision", Text, nullable=False),
    Column("note", Text),
    Column("expires", Date),
    Column("undoes", Integer, ForeignKey("verdict.seq")),
    Column("day", Date),
    Column("probability", Double),
    Column("content_hash", Text),
    Column("stream", Text, nullable=False),
    CheckConstraint(column("subject").in_(SUBJECTS), name="subject"),
    CheckConstraint(column("decision").in_(DECISIONS), name="decision"),
    CheckConstraint(column("stream").in_(STREAMS), name="stream"),
    CheckConstraint("(decision = 'undo') = (undoes IS NOT NULL)", name="undoes"),
    Index("ix_verdict_ring_id", "ring_id"),
    Index("uq_verdict_undoes", "undoes", unique=True),
    sqlite_autoincrement=True,
)

# The members of the ring when a verdict on it was made: by them it is known which rings it is about later.
verdict_member = Table(
    "verdict_member",
    metadata,
    Column("seq", Integer, ForeignKey("verdict.seq"), primary_key=True),
    Column("account_id", Text, primary_key=True),
    Index("ix_verdict_member_account_id", "account_id"),
)

# Who reviews a ring now, until when.
claim = Table(
    "claim",
    metadata,
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("author", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("expires", DateTime, nullable=False),
)

# What is at stake in a ring that is flagged on a published day; figures of feeds that a deployment lacks are missing.
ring_harm = Table(
    "ring_harm",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("exchanges", BigInteger),
    Column("tokens", BigInteger),
    Column("active_today", Integer),
    Column("spend", JSON, nullable=False),
    Column("declines", Integer),
    Column("refunds", Integer),
    Column("chargebacks", Integer),
    Column("capabilities", JSON, nullable=False),
    Column("honest_expected", Double, nullable=False),
    Column("paid", Integer),
    Column("aged", Integer),
    Column("enterprise", Integer),
    Column("stake", Double, nullable=False),
    Column("expected_harm", Double, nullable=False),
)

# A group below the threshold that reviewers are asked about, so that what is missed can be estimated; consumers never
# see it. `stratum`: from which part of such groups it was drawn; `weight`: for how many groups of its night it stands.
sample = Table(
    "sample",
    metadata,
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("run_id", Integer, ForeignKey("run.run_id"), nullable=False),
    Column("stratum", Text, nullable=False),
    Column("weight", Double, nullable=False),
    Column("probability", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("bits", Double),
    Column("summary", Text, nullable=False),
    Column("harm", JSON, nullable=False),
    Index("ix_sample_day", "day"),
)

sample_member = Table(
    "sample_member",
    metadata,
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("probability", Double, nullable=False),
    Column("role", Text, nullable=False),
)

sample_evidence = Table(
    "sample_evidence",
    metadata,
    Column("ring_id", Text, ForeignKey("ring.ring_id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    *_reason(),
)

# What partners sent of rings that they confirmed, by the id that the sender gave it; `ring` is the sender's, too.
partner_indicator = Table(
    "partner_indicator",
    metadata,
    Column("indicator_id", Text, primary_key=True),
    Column("partner_group", Text, nullable=False),
    Column("partner", Text, nullable=False),
    Column("ring", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hashes", JSON, nullable=False),
    Column("modified", DateTime, nullable=False),
    Column("valid_until", DateTime),
    Column("revoked", Boolean, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("author", Text, nullable=False),
)

# Changes that the webhook was told, or that wait until it is; `answer` is what kept it from taking one.
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("change_seq", Integer, ForeignKey("change.change_seq"), primary_key=True, autoincrement=False),
    Column("first_tried", DateTime, nullable=False),
    Column("delivered", DateTime),
    Column("attempts", Integer, nullable=False),
    Column("answer", Text, nullable=False),
)
