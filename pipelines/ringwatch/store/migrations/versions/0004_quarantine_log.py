"""What was done with rows in quarantine, append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

REFUSAL = "quarantine_log is append-only"
SQLITE = """
CREATE TRIGGER quarantine_log_no_{verb} BEFORE {verb} ON quarantine_log
BEGIN SELECT RAISE(ABORT, '{refusal}'); END
"""
POSTGRES_FUNCTION = """
CREATE FUNCTION quarantine_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$
"""
POSTGRES = """
CREATE TRIGGER quarantine_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON quarantine_log
FOR EACH STATEMENT EXECUTE FUNCTION quarantine_log_refuse()
"""


def upgrade() -> None:
    op.create_table(
        "quarantine_log",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("file", sa.Text),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.Text),
        sa.Column("sha256", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_quarantine_log"),
        sa.CheckConstraint(
            "action IN ('revealed', 'replayed', 'discarded', 'restated', 'erased')",
            name=op.f("ck_quarantine_log_action"),
        ),
        sa.CheckConstraint("action <> 'discarded' OR why IS NOT NULL", name=op.f("ck_quarantine_log_why")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantine_log_day", "quarantine_log", ["day", "feed"])
    if op.get_bind().dialect.name == "postgresql":
        statements = [POSTGRES_FUNCTION, POSTGRES]
    else:
        statements = [SQLITE.replace("{verb}", verb) for verb in ("update", "delete")]
    for statement in statements:
        op.execute(statement.replace("{refusal}", REFUSAL))
