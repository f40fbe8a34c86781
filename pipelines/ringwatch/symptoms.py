"""What goes wrong with nights, as the person on call meets it: each with a first step and its place in the runbook."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Symptom:
    """anchor: of the heading in docs/runbook.md; says: what is wrong; first_step: what to do before anything else."""

    anchor: str
    says: str
    first_step: str


LATE_FEED = Symptom(
    "late-feed",
    "a feed of the day has not come",
    "ask its sender; when the feed is there, run the night again",
)
GATE_REFUSES = Symptom(
    "gate-refuses",
    "the gate refuses what was delivered",
    "see what is wrong with `ringwatch validate --day DAY --dry-run`, and ask the sender",
)
OUT_OF_MEMORY = Symptom(
    "out-of-memory",
    "there is too little memory",
    "see with `ringwatch doctor` what a night may take and what is free",
)
RING_EXPLOSION = Symptom(
    "ring-explosion",
    "a guardrail withheld the night; everybody still sees the night before",
    "look at the report of the night: what is flagged, and why so much",
)
WRONG_PUBLISH = Symptom(
    "wrong-publish",
    "a night was published that should not have been",
    "take it back, to the last day that was right: `ringwatch rollback --to DAY --why WHY`",
)
FULL_DISK = Symptom(
    "full-disk",
    "a disk is full",
    "free some space, then run the stage again",
)
LOST_SERVER = Symptom(
    "lost-server",
    "Neo4j does not answer",
    "look at `ringwatch server status` and `ringwatch server logs`",
)
LOST_STORE = Symptom(
    "lost-store",
    "the review store does not answer",
    "look at Postgres and its disk; nothing of the step was written",
)
RESTORE = Symptom(
    "restore",
    "graph, store or home are lost or damaged",
    "stop the nights, then restore the newest backup",
)
KEY_LOST = Symptom(
    "key-lost",
    "the token key is lost, or an old copy was put back",
    "put the newest copy of the key file back; nothing works before",
)
WRONG_SETTING = Symptom(
    "wrong-setting",
    "a setting or command is wrong",
    "mend it as the message says; `ringwatch config show` has all settings",
)
ANOTHER_AT_WORK = Symptom(
    "another-at-work",
    "another night is under way",
    "wait until it is done; `ringwatch doctor` says who is at work",
)
MACHINE_FAILED = Symptom(
    "machine-failed",
    "a server, disk or network failed",
    "run `ringwatch doctor`, mend what it finds, then run the stage again",
)
OUR_FAULT = Symptom(
    "fault-of-ringwatch",
    "ringwatch met something that nobody foresaw",
    "look at `logs/ringwatch.log` in the home, and report it",
)

ALL = (
    LATE_FEED, GATE_REFUSES, OUT_OF_MEMORY, RING_EXPLOSION, WRONG_PUBLISH, FULL_DISK, LOST_SERVER, LOST_STORE, RESTORE,
    KEY_LOST, WRONG_SETTING, ANOTHER_AT_WORK, MACHINE_FAILED, OUR_FAULT,
)  # fmt: skip
