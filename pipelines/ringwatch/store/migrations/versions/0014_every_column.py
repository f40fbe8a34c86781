"""The feed of changes also tells of first days, probabilities, roles and summaries."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

CHANGES = (
    "'added', 'members', 'band', 'event', 'kind', 'first_day', 'probability', 'role', 'summary', 'dormant', 'merged', "
    "'withdrawn', 'changed', 'removed'"
)
COLUMNS = {
    "change": "change_seq, run_id, day, ring_id, change, content_hash",
    "webhook_delivery": "change_seq, first_tried, delivered, attempts, answer",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE change DROP CONSTRAINT ck_change_change")
        op.execute(f"ALTER TABLE change ADD CONSTRAINT ck_change_change CHECK (change IN ({CHANGES}))")
    else:
        _moved()


def _moved() -> None:
    """SQLite cannot change a check: the rows move, numbers and all, and so do those that refer to them."""
    for table, columns in COLUMNS.items():
        op.execute(f"CREATE TABLE earlier_{table} AS SELECT {columns} FROM {table}")
    op.drop_table("webhook_delivery")
    op.drop_table("change")
    _change()
    _webhook_delivery()
    for table, columns in COLUMNS.items():
        op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM earlier_{table} ORDER BY change_seq")
        op.drop_table(f"earlier_{table}")


def _change() -> None:
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


def _webhook_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("change_seq", sa.Integer, nullable=False),
        sa.Column("first_tried", sa.DateTime, nullable=False),
        sa.Column("delivered", sa.DateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("change_seq", name="pk_webhook_delivery"),
        sa.ForeignKeyConstraint(["change_seq"], ["change.change_seq"], name="fk_webhook_delivery_change_seq"),
    )
