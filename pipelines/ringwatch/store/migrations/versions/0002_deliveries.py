"""The completeness ledger: what arrived of each feed on each day."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("clean", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("quarantined", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("late", sa.BigInteger),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("restated", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", "feed", name="pk_delivery"),
        sa.CheckConstraint("rows = clean + held + quarantined + duplicates", name=op.f("ck_delivery_rows")),
    )
