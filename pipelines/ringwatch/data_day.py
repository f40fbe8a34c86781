"""Which day a scheduled run is about: what the scheduler knows of the run goes in, the day of the data comes out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ringwatch.errors import UsageError


def data_day(partition_key: str | None, parameter: str | None, logical_date: datetime | None) -> date:
    """Return the day of the partition key, else of the parameter `day`, else the UTC day of the logical date.

    The clock is never asked: a run repeated next week is about the same day. A logical date without a zone is UTC.
    Raises UsageError when none of them is given, when one is not of the form YYYY-MM-DD, or when key and parameter
    name different days.
    """
    key, wanted = _parse("partition key", partition_key), _parse("parameter day", parameter)
    if key and wanted and key != wanted:
        raise UsageError(f"the partition key says {key} and the parameter day says {wanted}; give only one of them")
    day = key or wanted or _utc_day(logical_date)
    if day is None:
        raise UsageError('this run names no day; trigger it with the parameter day, for example {"day": "2026-11-22"}')
    return day


def feeds_deadline(day: date, zone: str, wait_hours: float) -> datetime:
    """Return until when a night waits for its feeds: so many hours after the midnight of `zone` that ends the day."""
    ended = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return ended.astimezone(UTC) + timedelta(hours=wait_hours)


def _parse(source: str, text: str | None) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError(f"the {source} must be a day like 2026-11-22, not {text!r}") from None


def _utc_day(moment: datetime | None) -> date | None:
    if moment is None:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
