"""What to check of a ring is no reason against it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NAME = "ck_ring_evidence_direction"
DIRECTIONS = "direction IN ('for', 'against', 'check')"
# What was told as a reason against, of no weight.
CHECKS = """
UPDATE ring_evidence SET direction = 'check'
WHERE bits = 0 AND reason IN ('bridge', 'dissolves', 'honest', 'look-alike')
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE ring_evidence DROP CONSTRAINT {NAME}")
        op.execute(f"ALTER TABLE ring_evidence ADD CONSTRAINT {NAME} CHECK ({DIRECTIONS})")
    else:
        _moved()
    op.execute(CHECKS)


def _moved() -> None:
    """SQLite cannot change a check: the rows move."""
    op.drop_index("ix_ring_evidence_ring_id", "ring_evidence")
    op.rename_table("ring_evidence", "earlier_evidence")
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
        sa.CheckConstraint(DIRECTIONS, name=op.f(NAME)),
    )
    op.execute("INSERT INTO ring_evidence SELECT * FROM earlier_evidence")
    op.execute("DROP TABLE earlier_evidence")
    op.create_index("ix_ring_evidence_ring_id", "ring_evidence", ["ring_id"])
