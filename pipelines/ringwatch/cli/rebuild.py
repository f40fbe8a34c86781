"""`ringwatch rebuild`: the graph anew."""

from datetime import date

from ringwatch import stages
from ringwatch.cli.night import print_warnings, watched_night
from ringwatch.cli.output import Json, print_json, print_mapping
from ringwatch.days.files import Files
from ringwatch.errors import UsageError
from ringwatch.night import Report
from ringwatch.settings import Settings, load_settings


def rebuild(as_json: Json = False) -> None:
    """Empty the graph and make it anew from the clean files of all days, with links and published rings.

    It says afterwards what it said before, or should have said. Until then investigators see a part of it; reviewers
    and consumers notice nothing. With NEO4J_URI set, nodes that ringwatch did not write stay.
    """
    settings = load_settings()
    newest = newest_day(settings)
    if newest is None:
        raise UsageError(f"no day below {settings.home / 'days'} passed the gate: nothing to make a graph from")
    with watched_night(settings, newest, None) as night:
        reports = stages.rebuild(night, night.tell)
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        print_graph(reports)


def print_graph(reports: list[Report]) -> None:
    """Print what was written to the graph."""
    for report in reports:
        print_mapping(f"{report.stage} of {report.day}", report.counts)
        print_warnings(report)


def newest_day(settings: Settings) -> date | None:
    """Return the newest day that passed the gate."""
    from ringwatch.days.history import days_on_disk

    return max(days_on_disk(Files(settings.home)), default=None)
