"""Sources: labelled data of one origin each, in folders of their own; read here, and made ready for detection.

A source is a folder:

feeds/<day>/<feed>.parquet  what a deployment would deliver; real data often come as one day with all history
truth.parquet               account_id, ring_id (missing: in no ring), label (1 belongs to a ring or is fraud, 0 does
                            not, missing: unknown); and, where known, style of the ring, context of honest accounts,
                            victim and exit_host (true, false)
source.yml                  day to judge, window_days, feeds that this deployment has, min_ring_size from which rings
                            are judged; and, for people: origin, truth (what it means), real
"""

from ringwatch.sources.homes import prepared
from ringwatch.sources.source import Source, find, read

__all__ = ["Source", "find", "prepared", "read"]
