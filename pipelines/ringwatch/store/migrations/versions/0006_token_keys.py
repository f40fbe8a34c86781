"""When keys were taken into use, and which ones the tokens in the store are under."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "token_keys",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("keys_name", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_token_keys"),
        sqlite_autoincrement=True,
    )
