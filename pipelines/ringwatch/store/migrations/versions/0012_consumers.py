"""What consumers see as of any day, what partners sent, and which changes the webhook was told."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

PUBLISHED = "(SELECT day, lead(day) OVER (ORDER BY day) AS valid_to FROM run WHERE state = 'published')"

FLAGGED_RINGS_HISTORY = f"""
CREATE VIEW flagged_rings_history AS
SELECT n.day, p.valid_to, n.ring_id, r.canonical_ring_id, r.first_day, n.event, n.probability, n.low, n.high, n.band,
  n.kind, n.size, n.summary, n.content_hash
FROM ring_night n JOIN ring r ON r.ring_id = n.ring_id JOIN {PUBLISHED} p ON p.day = n.day
WHERE n.flagged
"""

FLAGGED_RING_MEMBERS_HISTORY = f"""
CREATE VIEW flagged_ring_members_history AS
SELECT m.day, p.valid_to, m.ring_id, m.account_id, m.probability AS member_probability,
  n.probability AS ring_probability, m.probability * n.probability AS account_probability, n.kind, n.size, m.role
FROM ring_night_member m JOIN ring_night n ON n.day = m.day AND n.ring_id = m.ring_id
JOIN {PUBLISHED} p ON p.day = m.day
WHERE n.flagged
"""


def upgrade() -> None:
    op.execute(FLAGGED_RINGS_HISTORY)
    op.execute(FLAGGED_RING_MEMBERS_HISTORY)
    op.create_table(
        "partner_indicator",
        sa.Column("indicator_id", sa.Text, nullable=False),
        sa.Column("partner_group", sa.Text, nullable=False),
        sa.Column("partner", sa.Text, nullable=False),
        sa.Column("ring", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("hashes", sa.JSON, nullable=False),
        sa.Column("modified", sa.DateTime, nullable=False),
        sa.Column("valid_until", sa.DateTime),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("indicator_id", name="pk_partner_indicator"),
    )
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
