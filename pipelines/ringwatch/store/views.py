"""Views of the review store, as the program reads them; `migrations/` creates them.

Stays of members (`ring_member`) and the newest published state (`flagged_rings`, `flagged_ring_members`) follow from
who was in which ring on which published day, so that a restated day cannot leave them behind. Which nights there are
(`flagged_nights`) follows from the runs. Their columns are described in schemas/contracts/.
"""

from sqlalchemy import Date, DateTime, Double, Integer, Text, column, table

# A stay is half open: from the first published day as a member to the first published day no longer one.
ring_member = table(
    "ring_member",
    column("ring_id", Text),
    column("account_id", Text),
    column("probability", Double),
    column("role", Text),
    column("valid_from", Date),
    column("valid_to", Date),
)
flagged_nights = table(
    "flagged_nights",
    column("day", Date),
    column("state", Text),
    column("restatement", Integer),
    column("published_at", DateTime),
    column("rings", Integer),
    column("accounts", Integer),
    column("feeds", Text),
    column("reason", Text),
)
flagged_rings = table(
    "flagged_rings",
    column("day", Date),
    column("ring_id", Text),
    column("first_day", Date),
    column("event", Text),
    column("probability", Double),
    column("low", Double),
    column("high", Double),
    column("band", Text),
    column("kind", Text),
    column("size", Integer),
    column("summary", Text),
    column("content_hash", Text),
)
flagged_rings_history = table(
    "flagged_rings_history",
    column("day", Date),
    column("valid_to", Date),
    column("ring_id", Text),
    column("canonical_ring_id", Text),
    column("first_day", Date),
    column("event", Text),
    column("probability", Double),
    column("low", Double),
    column("high", Double),
    column("band", Text),
    column("kind", Text),
    column("size", Integer),
    column("summary", Text),
    column("content_hash", Text),
)
flagged_ring_members_history = table(
    "flagged_ring_members_history",
    column("day", Date),
    column("valid_to", Date),
    column("ring_id", Text),
    column("account_id", Text),
    column("member_probability", Double),
    column("ring_probability", Double),
    column("account_probability", Double),
    column("kind", Text),
    column("size", Integer),
    column("role", Text),
)
flagged_ring_members = table(
    "flagged_ring_members",
    column("day", Date),
    column("ring_id", Text),
    column("account_id", Text),
    column("member_probability", Double),
    column("ring_probability", Double),
    column("account_probability", Double),
    column("kind", Text),
    column("size", Integer),
    column("role", Text),
)

# What is at stake in the rings of the newest published day.
flagged_ring_harm = table(
    "flagged_ring_harm",
    *[
        column(name)
        for name in (
            *("day", "ring_id", "exchanges", "tokens", "capabilities", "active_today", "spend", "declines", "refunds"),
            *("chargebacks", "honest_expected", "paid", "aged", "enterprise", "stake", "expected_harm"),
        )
    ],
)
# Whether a ring is to be reviewed, what came out, and who claimed it (until a time that may have passed); own_seq: the
# newest verdict on the ring, which may hold no longer.
ring_review = table(
    "ring_review",
    column("ring_id", Text),
    column("status", Text),
    column("outcome", Text),
    column("verdict_seq", Integer),
    column("decided_by", Text),
    column("decided_at", DateTime),
    column("decided_day", Date),
    column("own_seq", Integer),
    column("claimed_by", Text),
    column("claim_expires", DateTime),
)
