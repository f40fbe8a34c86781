"""Groups below the threshold that reviewers are asked about, apart from all that consumers see."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "sample",
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("weight", sa.Double, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("bits", sa.Double),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("harm", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("ring_id", name="pk_sample"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_sample_ring_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_sample_run_id"),
    )
    op.create_index("ix_sample_day", "sample", ["day"])
    op.create_table(
        "sample_member",
        sa.Column("ring_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ring_id", "account_id", name="pk_sample_member"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_sample_member_ring_id"),
    )
    op.create_table(
        "sample_evidence",
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
        sa.PrimaryKeyConstraint("ring_id", "position", name="pk_sample_evidence"),
        sa.ForeignKeyConstraint(["ring_id"], ["ring.ring_id"], name="fk_sample_evidence_ring_id"),
    )
