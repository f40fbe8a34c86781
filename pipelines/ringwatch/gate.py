"""The gate: which rows of a feed are clean, which wait for their account, which are refused and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ringwatch import expectations, normalise, tokens
from ringwatch.errors import DataRefused
from ringwatch.feeds import Delivery
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night

# `values` is the row as it arrived (JSON), missing once it was discarded; `discarded` says why it was.
QUARANTINE = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("rule", pa.string()),
        ("values", pa.string()),
        ("discarded", pa.string()),
    ]
)


@dataclass(frozen=True)
class Judged:
    """One feed after the gate.

    clean and held: the model's kept columns and `day`, held being rows of accounts that are not known yet; quarantine:
    the columns of QUARANTINE; late: rows about a day before this one, None where rows say no time.
    """

    feed: Feed
    rows: int
    clean: pd.DataFrame
    held: pd.DataFrame
    quarantine: pd.DataFrame
    duplicates: int
    late: int | None
    warnings: tuple[str, ...]


def stop_if_unusable(feed: Feed, path: Path, rows: pd.DataFrame) -> None:
    """Raise DataRefused when a file as a whole cannot be judged."""
    for problem in expectations.failures(rows, expectations.arrival_suite(feed)):
        raise DataRefused(f"{path}: {problem}")


def judge(night: Night, feed: Feed, delivery: Delivery, accounts: pd.Series | None) -> Judged:
    """Judge the rows of `feed`; rows of accounts that are not among `accounts` are held, if accounts are known."""
    raw = delivery.rows
    typed = normalise.typed(raw, feed, night.model.defaults.nothing)
    repeated = typed.duplicated()
    rest = typed[~repeated].reset_index()  # `index` keeps the position in what arrived
    broken = expectations.broken_rules(rest, expectations.rows_suite(feed, night.model.defaults, night.day))
    passed = rest.drop(index=broken.index)
    waiting = _of_strangers(feed, passed, accounts)
    unknown = sorted(set(raw.columns) - set(feed.columns))
    notes = (f"{feed.feed}: unknown columns are ignored: {', '.join(map(str, unknown))}",) if unknown else ()
    return Judged(
        feed=feed,
        rows=len(raw),
        clean=_kept(night, feed, passed[~waiting]),
        held=_kept(night, feed, passed[waiting]),
        quarantine=_refused(delivery, rest.loc[broken.index, "index"], broken),
        duplicates=int(repeated.sum()),
        late=_late(night, feed, passed),
        warnings=(*delivery.notes, *notes),
    )


def _of_strangers(feed: Feed, rows: pd.DataFrame, accounts: pd.Series | None) -> pd.Series:
    """Return for each row whether its account is one that no accounts feed has named, on this day or before."""
    if accounts is None or feed.columns[ACCOUNT_KEY].type != "account":
        return pd.Series(False, index=rows.index)
    return ~rows[ACCOUNT_KEY].isin(accounts)


def _late(night: Night, feed: Feed, rows: pd.DataFrame) -> int | None:
    seen = [relationship.seen[1] for relationship in feed.relationships.values() if relationship.seen]
    return int((rows[seen[0]] < pd.Timestamp(night.day)).sum()) if seen else None


def _kept(night: Night, feed: Feed, passed: pd.DataFrame) -> pd.DataFrame:
    """Return what may be kept of the rows: personal columns as tokens, values that mean nothing as missing."""
    clean = pd.DataFrame(index=passed.index)
    for name, column in feed.columns.items():
        for new, form in column.becomes.items():
            clean[new] = _impersonal(night, passed[name], form, name)
        if not column.becomes:
            clean[name] = passed[name]
    for relationship in feed.relationships.values():
        source = relationship.to.source
        clean[source] = normalise.without(clean[source], night.model.defaults.nothing)
    return clean.assign(day=night.day)


def _impersonal(night: Night, values: pd.Series, form: str, purpose: str) -> pd.Series:
    if form == "domain":
        return normalise.registrable_domain(values)
    return tokens.keyed_tokens(values, tokens.token_key(night.settings.home), purpose)


def _refused(delivery: Delivery, positions: pd.Series, broken: pd.Series) -> pd.DataFrame:
    """Return the columns of QUARANTINE for the rows at `positions`."""
    rows = json.loads(delivery.rows.loc[positions].to_json(orient="records", date_format="iso"))
    places = delivery.places.loc[positions].reset_index(drop=True)
    values = [json.dumps(row, ensure_ascii=False) for row in rows]
    return places.assign(rule=broken.to_numpy(), values=values, discarded=None)
