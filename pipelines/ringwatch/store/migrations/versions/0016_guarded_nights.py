"""Nights that can be released and republished, what people did with them, and how canaries fared."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

REFUSAL = "night_log is append-only"
# All but `why`, in which an account that is erased may be named.
KEPT = "seq, at, author, action, day, run_id"
SQLITE = (
    "CREATE TRIGGER night_log_no_update BEFORE UPDATE OF {kept} ON night_log "
    "BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
    "CREATE TRIGGER night_log_no_delete BEFORE DELETE ON night_log BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
)
POSTGRES_FUNCTION = """
CREATE FUNCTION night_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$
"""
POSTGRES = """
CREATE TRIGGER night_log_append_only BEFORE UPDATE OF {kept} OR DELETE OR TRUNCATE ON night_log
FOR EACH STATEMENT EXECUTE FUNCTION night_log_refuse()
"""


def upgrade() -> None:
    for column, kind in (("content", sa.Text), ("made_from", sa.Text), ("released_run", sa.Integer)):
        op.add_column("run", sa.Column(column, kind))
    op.create_table(
        "withheld_night",
        sa.Column("run_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("rings", sa.JSON, nullable=False),
        sa.Column("members", sa.JSON, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_withheld_night"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_withheld_night_run_id"),
    )
    op.create_table(
        "canary",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("difficulty", sa.Text, nullable=False),
        sa.Column("honest", sa.Boolean, nullable=False),
        sa.Column("groups", sa.Integer, nullable=False),
        sa.Column("flagged", sa.Integer, nullable=False),
        sa.Column("accounts", sa.Integer, nullable=False),
        sa.Column("accused", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", "difficulty", name="pk_canary"),
    )
    _log()


def _log() -> None:
    op.create_table(
        "night_log",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_night_log"),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name="fk_night_log_run_id"),
        sa.CheckConstraint("action IN ('released', 'rolled back')", name=op.f("ck_night_log_action")),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        statements: tuple[str, ...] = (POSTGRES_FUNCTION, POSTGRES)
    else:
        statements = SQLITE
    for statement in statements:
        op.execute(statement.replace("{refusal}", REFUSAL).replace("{kept}", KEPT))
