"""What a stage did, in sentences: the counts of its report as a person on call reads them, and its warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ringwatch.night import Report

Counts = Mapping[str, int]

_STAGES = {
    "load": "{accounts:,} accounts, {identifiers:,} identifiers and {relationships:,} relationships were written, "
    "{removed:,} of all were removed.",
    "link": "{accounts:,} accounts of the window share {shared:,} of {identifiers:,} identifiers; {hubs:,} of them are "
    "hubs. There are {links:,} links.",
    "detect": "{candidates:,} candidates have {accounts:,} accounts; {watched:,} accounts are like known rings.",
    "score": "{groups:,} groups of {members:,} accounts were judged; {likely:,} are likely rings.",
    "expire": "{claims:,} claims that ran out were taken away.",
    "purge": "{removed:,} nodes and relationships were removed from the graph; {kept:,} older than the window stay.",
    "erase": "{erased:,} accounts were erased; consumers are told of {changes:,} changed rings.",
    "drift": "{right:,} of {reviewed:,} reviewed rings were ones.",
    "retain": "{files:,} files of {days:,} old days were removed, and the values of {refused_rows:,} refused rows.",
    "backup": "{files:,} files were backed up; {backups:,} backups are kept.",
    "check": "the newest backup was restored, and its {files:,} files and {tables:,} tables are what was backed up.",
    "publish": "{rings:,} rings of {members:,} accounts are published; for consumers {changes:,} of them changed.",
}
# Where the graph holds flagged neighbourhoods alone.
_WORKED_OUT = "{known_accounts:,} accounts are known; publish brings flagged neighbourhoods into the graph."
_BROUGHT = (
    "Into the graph went {accounts:,} accounts, {identifiers:,} identifiers and {relationships:,} relationships of "
    "flagged neighbourhoods; {removed:,} of all were removed."
)
_NAMES = (
    "accounts", "identifiers", "relationships", "removed", "shared", "hubs", "links", "candidates", "watched", "groups",
    "members", "likely", "rings", "changes", "claims", "erased", "reviewed", "right", "files", "days", "refused_rows",
    "backups", "tables", "kept",
)  # fmt: skip
_BECAME = {"clean": "clean", "held": "held", "quarantined": "in quarantine", "duplicates": "duplicates"}


def told(report: Report) -> list[str]:
    """Return the sentences on a report: what it counted, how long it took, and its warnings."""
    sentences = [f"{report.stage} of {report.day}: {sentence}" for sentence in _counted(report)]
    took = f"It took {sum(report.seconds.values()):,.1f} s."
    return [*sentences, took, *(f"Warning: {warning}" for warning in report.warnings)]


def summed(counts: Counts) -> dict[str, int]:
    """Return counts with the sum of each first part of a dotted name that has no count of its own."""
    sums: dict[str, int] = {}
    for name, count in counts.items():
        first, dot, _ = name.partition(".")
        if dot and first not in counts:
            sums[first] = sums.get(first, 0) + count
    return {**sums, **counts}


def _counted(report: Report) -> Iterator[str]:
    counts = summed(report.counts)
    if report.stage == "validate":
        yield from _feeds(report)
    elif "known_accounts" in counts:
        yield _WORKED_OUT.format_map(counts)
    elif report.stage in _STAGES:
        yield _STAGES[report.stage].format_map({**dict.fromkeys(_NAMES, 0), **counts})
    if brought := {name.removeprefix("graph."): n for name, n in counts.items() if name.startswith("graph.")}:
        yield _BROUGHT.format_map({**dict.fromkeys(_NAMES, 0), **summed(brought)})
    events = {name.removeprefix("events."): count for name, count in counts.items() if name.startswith("events.")}
    if events:
        yield "Since the night before: " + ", ".join(f"{count:,} {event}" for event, count in events.items()) + "."


def _feeds(report: Report) -> Iterator[str]:
    feeds = dict.fromkeys(name.partition(".")[0] for name in report.counts)
    for feed in feeds:
        of = {name.partition(".")[2]: n for name, n in report.counts.items() if name.startswith(f"{feed}.")}
        became = ", ".join(f"{of[name]:,} {word}" for name, word in _BECAME.items() if of.get(name))
        yield f"{feed} has {of['rows']:,} rows: {became}." if became else f"{feed} has no rows."
    expected, arrived = report.feeds.get("expected", ()), report.feeds.get("arrived", ())
    if absent := [feed for feed in expected if feed not in arrived]:
        yield f"Not there: {', '.join(absent)}."
