"""Runs, rings by night with members and evidence, changes, and the views that consumers read."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

STAYS = """
CREATE VIEW ring_member AS
WITH published AS (
  SELECT day, row_number() OVER (ORDER BY day) AS n FROM run WHERE state = 'published'
),
numbered AS (
  SELECT m.ring_id, m.account_id, m.day, p.n,
    p.n - row_number() OVER (PARTITION BY m.ring_id, m.account_id ORDER BY m.day) AS stay
  FROM ring_night_member m JOIN published p ON p.day = m.day
),
stays AS (
  SELECT ring_id, account_id, min(day) AS valid_from, max(day) AS last_day, max(n) AS last_n
  FROM numbered GROUP BY ring_id, account_id, stay
)
SELECT s.ring_id, s.account_id, m.probability, m.role, s.valid_from, after.day AS valid_to
FROM stays s
JOIN ring_night_member m ON m.day = s.last_day AND m.account_id = s.account_id
LEFT JOIN published after ON after.n = s.last_n + 1
"""

FLAGGED_RINGS = """
CREATE VIEW flagged_rings AS
SELECT n.day, n.ring_id, r.first_day, n.event, n.probability, n.low, n.high, n.kind, n.size, n.summary, n.content_hash
FROM ring_night n JOIN ring r ON r.ring_id = n.ring_id
WHERE n.flagged AND n.day = (SELECT max(day) FROM run WHERE state = 'published')
"""

FLAGGED_RING_MEMBERS = """
CREATE VIEW flagged_ring_members AS
SELECT m.day, m.ring_id, m.account_id, m.probability AS member_probability, n.probability AS ring_probability,
  n.kind, n.size, m.role
FROM ring_night_member m JOIN ring_night n ON n.day = m.day AND n.ring_id = m.ring_id
WHERE n.flagged AND m.day = (SELECT max(day) FROM run WHERE state = 'published')
"""


def upgrade() -> None:
    _runs()
    _rings()
    _nights()
    _members()
    _evidence()
    _changes()
    for view in (STAYS, FLAGGED_RINGS, FLAGGED_RING_MEMBERS):
        op.execute(view)


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("restatement", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rings", sa.Integer, nullable=False),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("accounts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("version", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_run"),
        sa.CheckConstraint("state IN ('published', 'replaced', 'withheld')", name=op.f("ck_run_state")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_run_day_restatement", "run", ["day", "restatement"], unique=True)
    published = sa.text("state = 'published'")
    op.create_index(
        "uq_run_published_day", "run", ["day"], unique=True, sqlite_where=published, postgresql_where=published
    )


def _rings() -> None:
    op.create_table(
        "ring",
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("canonical_ring_id", sa.Text, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("ring_id", name="pk_ring"),
        sa.ForeignKeyConstraint(["canonical_ring_id"], ["ring.ring_id"], name="fk_ring_canonical_ring_id"),
    )
    op.create_index("uq_ring_fingerprint", "ring", ["fingerprint"], unique=True)
    op.create_index("ix_ring_canonical_ring_id", "ring", ["canonical_ring_id"])


def _nights() -> None:
    op.create_table(
        "ring_night",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("related", sa.JSON, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("joined", sa.Integer, nullable=False),
        sa.Column("departed", sa.Integer, nullable=False),
        sa.Column("bits", sa.Double),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text),
        sa.PrimaryKeyConstraint("day", "ring_id", name="pk_ring_night"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_ring_night_ring_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_ring_night_run_id"),
        sa.CheckConstraint(
            "event IN ('new', 'grown', 'shrunk', 'unchanged', 'merged', 'split', 'dormant', 'revived')",
            name=op.f("ck_ring_night_event"),
        ),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_ring_night_probability")),
        sa.CheckConstraint(
            "NOT flagged OR (probability IS NOT NULL AND content_hash IS NOT NULL)", name=op.f("ck_ring_night_flagged")
        ),
    )
    op.create_index("ix_ring_night_ring_id", "ring_night", ["ring_id", "day"])
    op.create_index("ix_ring_night_run_id", "ring_night", ["run_id"])


def _members() -> None:
    op.create_table(
        "ring_night_member",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "account_id", name="pk_ring_night_member"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_ring_night_member_ring_id"),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_ring_night_member_probability")),
    )
    op.create_index("ix_ring_night_member_ring_id", "ring_night_member", ["ring_id", "day"])


def _evidence() -> None:
    op.create_table(
        "ring_evidence",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("facet", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("observed", sa.Double),
        sa.Column("expected", sa.Double),
        sa.Column("bits", sa.Double, nullable=False),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("identifiers", sa.JSON, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "ring_id", "position", name="pk_ring_evidence"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_ring_evidence_ring_id"),
        sa.CheckConstraint("direction IN ('for', 'against')", name=op.f("ck_ring_evidence_direction")),
    )
    op.create_index("ix_ring_evidence_ring_id", "ring_evidence", ["ring_id"])


def _changes() -> None:
    op.create_table(
        "change",
        sa.Column("change_seq", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("change_seq", name="pk_change"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_change_run_id"),
        sa.CheckConstraint("change IN ('added', 'changed', 'removed')", name=op.f("ck_change_change")),
        sqlite_autoincrement=True,
    )
