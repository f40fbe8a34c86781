"""The truth of a world: `members.parquet` and `contexts.parquet` in, the accounts that exist by a day out."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from ringwatch.errors import UsageError

_COLUMNS = {
    "members": ["account_id", "operator_id", "style", "kind", "first_day"],
    "contexts": ["account_id", "context", "first_day"],
}


@dataclass(frozen=True)
class Truth:
    """members: account_id, operator_id, style, kind, first_day. contexts: account_id, context, first_day."""

    members: pd.DataFrame
    contexts: pd.DataFrame

    def by(self, day: date) -> "Truth":
        """Return the truth about the accounts that appeared in the feeds on `day` or before."""
        return Truth(*(frame[frame["first_day"] <= day] for frame in (self.members, self.contexts)))


def read_truth(folder: Path) -> Truth:
    """Return the truth in `folder`. Raises UsageError that names a missing file or column."""
    return Truth(*(_read(folder / f"{name}.parquet", columns) for name, columns in _COLUMNS.items()))


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(f"{path} does not exist; --truth is the truth folder that `ringwatch simulate` writes")
    frame = pd.read_parquet(path)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UsageError(f"{path} has no column {missing[0]}; a truth needs {', '.join(columns)}")
    return frame[columns]
