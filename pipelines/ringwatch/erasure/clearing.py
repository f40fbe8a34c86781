"""Takes an account out of the files below the home, each whole or not at all.

Its own rows leave what is clean or held and count as quarantined, without values; rows of others that name it lose that
value, in quarantine as well. In files that follow from these a word takes the place of its id.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringwatch.days.amend import amending
from ringwatch.days.rewriting import rewrite
from ringwatch.erasure import footprints
from ringwatch.erasure.footprints import Account
from ringwatch.gate.quarantined import QUARANTINE
from ringwatch.gate.tombstones import ERASED
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night


def clear_day(night: Night, account: Account) -> None:
    """Take the account out of what the gate left of the night's day."""
    with amending(night) as new:
        for part in ("clean", "held", "quarantine"):
            (new / part).mkdir()
        for feed in night.model.feeds.values():
            own = _clear_rows(night, feed, account, new)
            _clear_quarantine(night, feed, account, own, new)


def clear_file(path: Path, account: Account) -> None:
    """Take the account out of one of the files of `footprints.in_other_files`; pages are removed."""
    if path.suffix == ".html":
        path.unlink()
        return
    new = path.with_name(f".{path.name}.new")
    if path.suffix == ".parquet":
        rewrite(path, new, lambda rows: footprints.mapped(rows, account))
    else:
        new.write_text(footprints.reported(path, account), encoding="utf-8")
    os.replace(new, path)


def clear_states(night: Night, account: Account) -> None:
    """Remove the states that name the account; load folds those it needs anew, from days without it."""
    for folder in night.files.graph.glob("*/"):
        if any(footprints.in_table(path, account) for path in folder.glob("*.parquet")):
            shutil.rmtree(folder)


def _clear_rows(night: Night, feed: Feed, account: Account, new: Path) -> int:
    """Write the clean and held rows without the account, and return how many were its own."""
    own = 0
    for old in (night.files.clean(night.day, feed.feed), night.files.held(night.day, feed.feed)):
        if not old.is_file() or not any(footprints.in_file(old, feed, account)):
            continue
        path = new / old.parent.name / old.name
        left = rewrite(old, path, lambda rows: _without_rows(rows, feed, account))
        own += pq.read_metadata(old).num_rows - left
        if old.parent.name == "held" and not left:
            path.write_bytes(b"")
    return own


def _clear_quarantine(night: Night, feed: Feed, account: Account, own: int, new: Path) -> None:
    """Write what is in quarantine without the account, and its `own` rows that are there from now on."""
    old = night.files.quarantine(night.day, feed.feed)
    if own or (old.is_file() and any(footprints.in_quarantine(old, account))):
        gone = pa.repeat(pa.scalar(ERASED), own)
        nothing = {name: pa.nulls(own, kind) for name, kind in zip(QUARANTINE.names, QUARANTINE.types, strict=True)}
        more = pa.table(nothing | {"rule": gone, "discarded": gone}, QUARANTINE)
        rewrite(old, new / "quarantine" / old.name, lambda rows: _without_values(rows, account), [more])


def _without_rows(rows: pa.Table, feed: Feed, account: Account) -> pa.Table:
    """Leave out rows of the account, and its id in rows of others."""
    rows = rows.filter(pc.invert(_equal(rows[ACCOUNT_KEY], account)))
    for name in (name for name in feed.accounts if name in rows.column_names):
        left = pc.if_else(_equal(rows[name], account), pa.scalar(None, rows[name].type), rows[name])
        rows = rows.set_column(rows.column_names.index(name), name, left)
    return rows


def _without_values(rows: pa.Table, account: Account) -> pa.Table:
    """Leave out values that name the account; all of a row that is its own."""
    frame = rows.to_pandas()
    concerned = account.may_be_in(rows["values"].combine_chunks()).to_numpy(zero_copy_only=False)
    left = frame.loc[concerned, "values"].map(lambda text: footprints.left_of(text, account))
    frame.loc[left.index, "values"] = left
    frame.loc[left.index[left.isna()], "discarded"] = ERASED
    return pa.Table.from_pandas(frame, rows.schema, preserve_index=False)


def _equal(ids: pa.ChunkedArray, account: Account) -> pa.ChunkedArray:
    return pc.equal(ids, account.account_id).fill_null(False)
