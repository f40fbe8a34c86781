"""What score hands to publish: three tables in `scored/`, one row per candidate, member and reason.

rings: candidate (text), size, probability, low, high (its interval), kind, bits (their sum is the log-odds), summary
members: candidate, account_id, probability (that the account belongs to the ring, if it is one), role (core, fringe)
evidence: candidate, facet, reason, direction (for, against; check: what to look at next, of 0 bits), observed, expected
    (in harmless groups; by chance for what no scorecard knows), bits, members (covered), identifiers (list of text),
    text (a sentence)

Candidates are disjoint: an account is a member of at most one. All that were judged are here; publish decides what is
flagged.
"""

import pyarrow as pa

RINGS = pa.schema(
    [
        ("candidate", pa.string()),
        ("size", pa.int64()),
        ("probability", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("kind", pa.string()),
        ("bits", pa.float64()),
        ("summary", pa.string()),
    ]
)
MEMBERS = pa.schema(
    [("candidate", pa.string()), ("account_id", pa.string()), ("probability", pa.float64()), ("role", pa.string())]
)
EVIDENCE = pa.schema(
    [
        ("candidate", pa.string()),
        ("facet", pa.string()),
        ("reason", pa.string()),
        ("direction", pa.string()),
        ("observed", pa.float64()),
        ("expected", pa.float64()),
        ("bits", pa.float64()),
        ("members", pa.int64()),
        ("identifiers", pa.list_(pa.string())),
        ("text", pa.string()),
    ]
)
TABLES: dict[str, pa.Schema] = {"rings": RINGS, "members": MEMBERS, "evidence": EVIDENCE}
# By what the rows of each are ordered, which leaves nothing open.
ORDERS = {
    "rings": ["candidate"],
    "members": ["candidate", "account_id"],
    "evidence": ["candidate", "direction", "bits", "facet", "reason", "text"],
}
