"""What reviewers decided, who reviews what now, what is at stake in a ring, and what follows from that."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SUBJECTS = "'ring', 'member', 'pair', 'identifier'"
DECISIONS = (
    "'confirmed', 'partly_confirmed', 'reseller', 'benign', 'unsure', 'belongs', 'released', 'together', 'apart', "
    "'harmless', 'hub', 'noted', 'undo'"
)
STREAMS = "'queue', 'sample', 'second opinion', 'bulk'"
# Columns that may change: an account that is erased has another name, an identifier under a new key another token.
FIXED = {
    "verdict": "seq, at, author, subject, ring_id, facet, decision, expires, undoes, day, probability, content_hash, "
    "stream",
    "verdict_member": "seq",
}
SQLITE = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {columns} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)
POSTGRES_FUNCTION = """
CREATE FUNCTION verdict_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
POSTGRES = (
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OF {columns} OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION verdict_refuse()",
)

# A verdict on a ring holds for the rings that its members are in now, as long as they make up most of the smaller of
# both, or 30 % of all, and fewer than half of the ring, or than three accounts, are new. One that was cleared and is
# flagged on a later day is to be reviewed: it would not be flagged if it were the same.
RING_REVIEW = """
CREATE VIEW ring_review AS
WITH standing AS (
  SELECT v.seq, v.ring_id, v.decision, v.day, (SELECT count(*) FROM verdict_member m WHERE m.seq = v.seq) AS size
  FROM verdict v
  WHERE v.subject = 'ring' AND v.decision NOT IN ('undo', 'noted')
    AND NOT EXISTS (SELECT 1 FROM verdict u WHERE u.undoes = v.seq)
), anchored AS (
  SELECT s.seq, n.ring_id, s.size, n.size AS ring_size, count(*) AS shared
  FROM standing s JOIN verdict_member v ON v.seq = s.seq
  JOIN ring_night_member m ON m.account_id = v.account_id
  JOIN ring_night n ON n.day = m.day AND n.ring_id = m.ring_id
  WHERE n.day = (SELECT max(day) FROM run WHERE state = 'published')
    AND (s.decision <> 'benign' OR n.day <= s.day)
  GROUP BY s.seq, n.ring_id, s.size, n.size
), holding AS (
  SELECT ring_id, max(seq) AS seq FROM anchored
  WHERE (shared >= 0.3 * (size + ring_size - shared) OR shared >= 0.6 * size OR shared >= 0.6 * ring_size)
    AND (ring_size - shared < 3 OR ring_size - shared < 0.5 * ring_size)
  GROUP BY ring_id
), own AS (
  SELECT ring_id, max(seq) AS seq FROM standing GROUP BY ring_id
)
SELECT r.ring_id, CASE WHEN v.seq IS NULL THEN 'open' ELSE 'closed' END AS status, v.decision AS outcome,
  v.seq AS verdict_seq, v.author AS decided_by, v.at AS decided_at, v.day AS decided_day, o.seq AS own_seq,
  c.author AS claimed_by, c.expires AS claim_expires
FROM ring r
LEFT JOIN holding h ON h.ring_id = r.ring_id
LEFT JOIN own o ON o.ring_id = r.ring_id
LEFT JOIN verdict v ON v.seq = CASE WHEN r.state = 'current' THEN h.seq ELSE o.seq END
LEFT JOIN claim c ON c.ring_id = r.ring_id
"""

FLAGGED_RING_HARM = """
CREATE VIEW flagged_ring_harm AS
SELECT h.day, h.ring_id, h.exchanges, h.tokens, h.capabilities, h.active_today, h.spend, h.declines, h.refunds,
  h.chargebacks, h.honest_expected, h.paid, h.aged, h.enterprise, h.stake, h.expected_harm
FROM ring_harm h
WHERE h.day = (SELECT max(day) FROM run WHERE state = 'published')
"""


def upgrade() -> None:
    _verdict()
    op.create_table(
        "claim",
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("expires", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("ring_id", name="pk_claim"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_claim_ring_id"),
    )
    op.create_index("ix_ring_night_member_account_id", "ring_night_member", ["account_id", "day"])
    _harm()
    _append_only()
    op.execute(RING_REVIEW)
    op.execute(FLAGGED_RING_HARM)


def _verdict() -> None:
    op.create_table(
        "verdict",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("ring_id", sa.Text),
        sa.Column("account_id", sa.Text),
        sa.Column("other_account_id", sa.Text),
        sa.Column("facet", sa.Text),
        sa.Column("identifier", sa.Text),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("expires", sa.Date),
        sa.Column("undoes", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("probability", sa.Double),
        sa.Column("content_hash", sa.Text),
        sa.Column("stream", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_verdict"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_verdict_ring_id"),
        sa.ForeignKeyConstraint(["undoes"], ["verdict.seq"], name="fk_verdict_undoes"),
        sa.CheckConstraint(f"subject IN ({SUBJECTS})", name=op.f("ck_verdict_subject")),
        sa.CheckConstraint(f"decision IN ({DECISIONS})", name=op.f("ck_verdict_decision")),
        sa.CheckConstraint(f"stream IN ({STREAMS})", name=op.f("ck_verdict_stream")),
        sa.CheckConstraint("(decision = 'undo') = (undoes IS NOT NULL)", name=op.f("ck_verdict_undoes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_verdict_ring_id", "verdict", ["ring_id"])
    op.create_index("uq_verdict_undoes", "verdict", ["undoes"], unique=True)
    op.create_table(
        "verdict_member",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", "account_id", name="pk_verdict_member"),
        sa.ForeignKeyConstraint(["seq"], ["verdict.seq"], name="fk_verdict_member_seq"),
    )
    op.create_index("ix_verdict_member_account_id", "verdict_member", ["account_id"])


def _harm() -> None:
    op.create_table(
        "ring_harm",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("exchanges", sa.BigInteger),
        sa.Column("tokens", sa.BigInteger),
        sa.Column("active_today", sa.Integer),
        sa.Column("spend", sa.JSON, nullable=False),
        sa.Column("declines", sa.Integer),
        sa.Column("refunds", sa.Integer),
        sa.Column("chargebacks", sa.Integer),
        sa.Column("capabilities", sa.JSON, nullable=False),
        sa.Column("honest_expected", sa.Double, nullable=False),
        sa.Column("paid", sa.Integer),
        sa.Column("aged", sa.Integer),
        sa.Column("enterprise", sa.Integer),
        sa.Column("stake", sa.Double, nullable=False),
        sa.Column("expected_harm", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("day", "ring_id", name="pk_ring_harm"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_ring_harm_ring_id"),
    )


def _append_only() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute(POSTGRES_FUNCTION)
    for table, columns in FIXED.items():
        for trigger in POSTGRES if postgres else SQLITE:
            op.execute(trigger.format(table=table, columns=columns))
