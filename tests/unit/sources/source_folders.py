"""A source as small as can be: what its source.yml says."""

SPEC = """\
day: "2026-03-02"
window_days: 14
feeds: ["accounts", "devices"]
min_ring_size: 3
"""
