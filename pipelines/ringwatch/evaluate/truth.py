"""The truth of a world: `members`, `contexts` and `victims` (parquet) in, the accounts that exist by a day out."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from ringwatch.errors import UsageError

_COLUMNS: dict[str, list[str]] = {
    "members": ["account_id", "operator_id", "style", "kind", "first_day"],
    "contexts": ["account_id", "context", "first_day"],
    "victims": ["account_id", "operator_id", "how"],
}


@dataclass(frozen=True)
class Truth:
    """members: account_id, operator_id, style, kind, first_day. contexts: account_id, context, first_day.

    victims: account_id, operator_id, how (address, device): honest accounts whose home or device a ring also uses.
    """

    members: pd.DataFrame
    contexts: pd.DataFrame
    victims: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_COLUMNS["victims"]))

    def by(self, day: date) -> "Truth":
        """Return the truth about the accounts that appeared in the feeds on `day` or before."""
        members, contexts = (frame[frame["first_day"] <= day] for frame in (self.members, self.contexts))
        return Truth(members, contexts, self.victims[self.victims["account_id"].isin(contexts["account_id"])])


def read_truth(folder: Path) -> Truth:
    """Return the truth in `folder`; a world without victims need not say so. Raises UsageError for what is missing."""
    known = [name for name in _COLUMNS if name != "victims" or (folder / "victims.parquet").is_file()]
    return Truth(**{name: _read(folder / f"{name}.parquet", _COLUMNS[name]) for name in known})


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(f"{path} does not exist; --truth is the truth folder that `ringwatch simulate` writes")
    frame = pd.read_parquet(path)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UsageError(f"{path} has no column {missing[0]}; a truth needs {', '.join(columns)}")
    return frame[columns]
