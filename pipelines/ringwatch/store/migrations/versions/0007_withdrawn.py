"""Rings that stay when no night has them any more, kinds of changes, bands, and the nights that consumers see."""

import hashlib
import json
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

FLAGGED_RINGS = """
CREATE VIEW flagged_rings AS
SELECT n.day, n.ring_id, r.first_day, n.event, n.probability, n.low, n.high, n.band, n.kind, n.size, n.summary,
  n.content_hash
FROM ring_night n JOIN ring r ON r.ring_id = n.ring_id
WHERE n.flagged AND n.day = (SELECT max(day) FROM run WHERE state = 'published')
"""

FLAGGED_RING_MEMBERS = """
CREATE VIEW flagged_ring_members AS
SELECT m.day, m.ring_id, m.account_id, m.probability AS member_probability, n.probability AS ring_probability,
  m.probability * n.probability AS account_probability, n.kind, n.size, m.role
FROM ring_night_member m JOIN ring_night n ON n.day = m.day AND n.ring_id = m.ring_id
WHERE n.flagged AND m.day = (SELECT max(day) FROM run WHERE state = 'published')
"""

FLAGGED_NIGHTS = """
CREATE VIEW flagged_nights AS
SELECT r.day,
  CASE WHEN r.state = 'published' THEN 'published' WHEN r.rolled_back THEN 'rolled_back' ELSE 'withheld' END AS state,
  r.restatement,
  CASE WHEN r.state = 'published' THEN r.at END AS published_at,
  CASE WHEN r.state = 'published' THEN r.rings END AS rings,
  CASE WHEN r.state = 'published' THEN r.members END AS accounts,
  r.feeds, r.reason
FROM run r
WHERE r.run_id = (
  SELECT s.run_id FROM run s WHERE s.day = r.day AND (s.state <> 'replaced' OR s.rolled_back)
  ORDER BY CASE WHEN s.state = 'published' THEN 0 ELSE 1 END, s.run_id DESC LIMIT 1
)
"""

# What a member's probability was: that of the ring times that it belongs.
BELONGS = """
UPDATE ring_night_member SET probability = coalesce((
  SELECT CASE WHEN n.probability <= ring_night_member.probability THEN 1.0
    ELSE ring_night_member.probability / n.probability END
  FROM ring_night n WHERE n.day = ring_night_member.day AND n.ring_id = ring_night_member.ring_id AND n.flagged
), probability)
"""

IN_BANDS = """
UPDATE ring_night SET band = CASE WHEN probability >= 0.95 THEN 'near_certain'
  WHEN probability >= 0.8 THEN 'very_likely' WHEN probability >= 0.5 THEN 'likely' ELSE 'possible' END
WHERE flagged
"""

# Rings that consumers were told of, and that a restated day took out of the table.
LOST = """
INSERT INTO ring (ring_id, fingerprint, canonical_ring_id, first_day, last_day)
SELECT c.ring_id, 'lost: ' || c.ring_id, c.ring_id, min(c.day), max(c.day)
FROM change c WHERE c.ring_id NOT IN (SELECT ring_id FROM ring) GROUP BY c.ring_id
"""

STATES = """
UPDATE ring SET state = CASE
  WHEN ring_id IN (SELECT ring_id FROM flagged_rings) THEN 'current'
  WHEN ring_id NOT IN (SELECT ring_id FROM ring_night WHERE flagged) THEN 'withdrawn'
  WHEN canonical_ring_id <> ring_id THEN 'merged'
  ELSE 'dormant' END
"""

# A ring was removed since it was merged or fell dormant that night, or since the day was restated without it.
REMOVED = """
UPDATE change SET change = coalesce((
  SELECT n.event FROM ring_night n
  WHERE n.day = change.day AND n.ring_id = change.ring_id AND n.event IN ('merged', 'dormant') AND NOT n.flagged
), 'withdrawn')
WHERE change = 'removed'
"""

CHANGES = "'added', 'members', 'band', 'event', 'kind', 'dormant', 'merged', 'withdrawn', 'changed', 'removed'"


def upgrade() -> None:
    for view in ("flagged_rings", "flagged_ring_members"):
        op.execute(f"DROP VIEW {view}")
    _columns()
    _tables()
    _changes()
    for statement in (BELONGS, IN_BANDS, LOST, FLAGGED_RINGS, FLAGGED_RING_MEMBERS, FLAGGED_NIGHTS, STATES, REMOVED):
        op.execute(statement)
    _hash_again()


def _columns() -> None:
    """Checks stand with their columns: SQLite adds none later."""
    op.add_column("run", sa.Column("at", sa.DateTime))
    op.add_column("run", sa.Column("feeds", sa.Text))
    op.execute("ALTER TABLE run ADD COLUMN rolled_back BOOLEAN NOT NULL DEFAULT FALSE")
    states = "'current', 'dormant', 'merged', 'withdrawn'"
    op.execute(
        "ALTER TABLE ring ADD COLUMN state TEXT NOT NULL DEFAULT 'dormant' "
        f"CONSTRAINT ck_ring_state CHECK (state IN ({states}))"
    )
    bands = "'possible', 'likely', 'very_likely', 'near_certain'"
    op.execute(f"ALTER TABLE ring_night ADD COLUMN band TEXT CONSTRAINT ck_ring_night_band CHECK (band IN ({bands}))")


def _tables() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("into_ring_id", sa.Text),
        sa.PrimaryKeyConstraint("ring_id", name="pk_withdrawal"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_withdrawal_ring_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_withdrawal_run_id"),
        sa.ForeignKeyConstraint(["into_ring_id"], ["ring.ring_id"], name="fk_withdrawal_into_ring_id"),
    )
    op.create_table(
        "withdrawn_member",
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ring_id", "account_id", name="pk_withdrawn_member"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_withdrawn_member_ring_id"),
    )


def _changes() -> None:
    """Let the table say the new kinds. SQLite cannot change a check: the rows move, numbers and all."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE change DROP CONSTRAINT ck_change_change")
        op.execute("ALTER TABLE change ADD COLUMN content_hash TEXT")
        op.execute(f"ALTER TABLE change ADD CONSTRAINT ck_change_change CHECK (change IN ({CHANGES}))")
        return
    op.rename_table("change", "earlier_change")
    op.create_table(
        "change",
        sa.Column("change_seq", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text),
        sa.PrimaryKeyConstraint("change_seq", name="pk_change"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_change_run_id"),
        sa.CheckConstraint(f"change IN ({CHANGES})", name=op.f("ck_change_change")),
        sqlite_autoincrement=True,
    )
    columns = "change_seq, run_id, day, ring_id, change"
    op.execute(f"INSERT INTO change ({columns}) SELECT {columns} FROM earlier_change ORDER BY change_seq")
    op.execute("DROP TABLE earlier_change")


def _hash_again() -> None:
    """Content hashes by what they are of now, so that the next night tells of what it changes only."""
    night = sa.table("ring_night", *map(sa.column, ("day", "ring_id", "kind", "band", "event", "content_hash")))
    flagged = sa.text("flagged")
    member = sa.table("ring_night_member", *map(sa.column, ("day", "ring_id", "account_id")))
    bind = op.get_bind()
    rows = bind.execute(sa.select(member.c.day, member.c.ring_id, member.c.account_id)).all()
    ordered = sorted(rows, key=lambda row: (str(row.day), row.ring_id, row.account_id))
    inside = {key: [row.account_id for row in of] for key, of in groupby(ordered, lambda row: (row.day, row.ring_id))}
    same = [night.c.day == sa.bindparam("of_day"), night.c.ring_id == sa.bindparam("of_ring")]
    hashes: list[dict[str, Any]] = [
        {"of_day": row.day, "of_ring": row.ring_id, "new": _content_hash(row, inside.get((row.day, row.ring_id), []))}
        for row in bind.execute(sa.select(night).where(flagged)).all()
    ]
    if hashes:
        bind.execute(sa.update(night).where(*same).values(content_hash=sa.bindparam("new")), hashes)


def _content_hash(row: Any, accounts: list[str]) -> str:
    shown = [row.ring_id, row.kind, row.band, row.event, accounts]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()
