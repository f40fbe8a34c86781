"""Small versions of labelled sources: some whole rings and a sample of everybody else, delivered as one day."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from ringwatch import sources
from ringwatch.sources import Source

# Read at import: tests themselves know no settings of the machine.
SOURCES = Path(os.environ.get("RINGWATCH_SOURCES") or Path(__file__).parents[3] / "shared" / "data" / "sources")
KEYS = {"accounts": ["account_id"], "payments": ["payment_id"]}


def cut(name: str, out: Path, rings: int, others: int) -> Source:
    """Write to `out` a source of the first `rings` of a source that are large enough, whole, and `others` accounts."""
    whole = sources.read(SOURCES / name)
    sizes = whole.truth.groupby("ring_id").size()
    chosen = sorted(sizes.index[sizes >= whole.min_ring_size])[:rings]
    mine = whole.truth[whole.truth["ring_id"].isin(chosen)]
    rest = whole.truth[whole.truth["label"].eq(0).fillna(False)].sample(others, random_state=1)
    truth = pd.concat([mine, rest], ignore_index=True)
    folder = out / name
    _deliver(whole, truth["account_id"], folder / "feeds" / whole.day.isoformat())
    truth.to_parquet(folder / "truth.parquet")
    spec = {key: getattr(whole, key) for key in ("window_days", "min_ring_size")}
    YAML().dump(spec | {"day": whole.day.isoformat(), "feeds": list(whole.feeds)}, folder / "source.yml")
    return sources.read(folder)


def _deliver(whole: Source, accounts: pd.Series, folder: Path) -> None:
    """Write the rows of these accounts of all days to one folder; of an account the newest row."""
    folder.mkdir(parents=True)
    for feed in whole.feeds:
        paths = [whole.feeds_dir / day.isoformat() / f"{feed}.parquet" for day in whole.days]
        rows = pd.concat([pd.read_parquet(path) for path in paths if path.is_file()], ignore_index=True)
        rows = rows[rows["account_id"].isin(accounts)]
        if feed in KEYS:
            rows = rows.drop_duplicates(KEYS[feed], keep="last")
        rows.to_parquet(folder / f"{feed}.parquet", index=False)
