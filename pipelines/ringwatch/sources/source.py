"""Read a source: its folder in, what it says of itself and its truth out. Whatever is wrong is told in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ringwatch.errors import UsageError
from ringwatch.model import ACCOUNT_FEED

if TYPE_CHECKING:
    import pandas as pd

SPEC, TRUTH, FEEDS = "source.yml", "truth.parquet", "feeds"
_NEEDED = ("account_id", "ring_id", "label")
_WORDS, _MARKS = ("style", "context"), ("victim", "exit_host")


class _Spec(BaseModel):
    """What source.yml holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date
    window_days: int = Field(ge=1, le=3660)
    feeds: tuple[str, ...] = Field(min_length=1)
    min_ring_size: int = Field(ge=2)
    origin: str = ""
    truth: str = ""
    real: bool = False


@dataclass(frozen=True, eq=False)
class Source:
    """day: the day to judge; days: those with feeds up to then, oldest first; min_ring_size: of rings that are judged.

    truth: account_id, ring_id, label (1, 0 or missing), and of style, context, victim and exit_host what it has: one
    row an account, in order. ring_id is missing where label is not 1.
    """

    name: str
    folder: Path
    day: date
    days: tuple[date, ...]
    window_days: int
    feeds: tuple[str, ...]
    min_ring_size: int
    origin: str
    meaning: str
    real: bool
    truth: pd.DataFrame

    @property
    def feeds_dir(self) -> Path:
        return self.folder / FEEDS


def find(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Return the folders of the sources below `folder`, or of those with these `names`, in order.

    `folder` may be a source itself. Raises UsageError when there is none, or none of a name.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; --sources names one with a folder for each source")
    there = {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{SPEC}"))}
    if (folder / SPEC).is_file():
        there = {folder.resolve().name: folder}
    for name in names:
        if name not in there:
            held = f"; those with one are {', '.join(there)}" if there else ""
            raise UsageError(f"{folder / name}: there is no {SPEC}, which makes a folder a source{held}")
    if not there:
        raise UsageError(f"{folder}: no folder in it has a {SPEC}, which makes it a source")
    return [path for name, path in there.items() if not names or name in names]


def read(folder: Path) -> Source:
    """Return the source in `folder`. Raises UsageError that names the file and what is wrong with it."""
    spec = _spec(folder / SPEC)
    days = _days(folder, spec.day)
    return Source(
        name=folder.resolve().name,
        folder=folder,
        day=spec.day,
        days=days,
        window_days=spec.window_days,
        feeds=spec.feeds,
        min_ring_size=spec.min_ring_size,
        origin=spec.origin,
        meaning=spec.truth,
        real=spec.real,
        truth=_truth(folder / TRUTH),
    )


def _spec(path: Path) -> _Spec:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    if not path.is_file():
        raise UsageError(f"{path} does not exist; it says day, window_days, feeds and min_ring_size of the source")
    try:
        said = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        spec = _Spec.model_validate(said)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}:{line}: {error.problem}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: it is not text in UTF-8") from None
    except ValidationError as error:
        raise UsageError(f"{path}: {_wrong(error)}") from None
    if ACCOUNT_FEED not in spec.feeds:
        raise UsageError(f"{path}: feeds must name {ACCOUNT_FEED}; without accounts there is nothing to judge")
    return spec


def _wrong(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no key {name}; the keys are {', '.join(_Spec.model_fields)}"
    if first["type"] == "missing":
        return f"the key {name} is missing"
    if not name:
        return f"it holds no keys with values; the keys are {', '.join(_Spec.model_fields)}"
    return f"{name}: {first['msg']} (got {first['input']!r})"


def _days(folder: Path, last: date) -> tuple[date, ...]:
    """Return the days up to `last` that have a folder. Raises UsageError when `last` has none."""
    found = sorted(_day(path) for path in (folder / FEEDS).glob("*") if path.is_dir())
    if last not in found:
        raise UsageError(f"{folder / SPEC}: day is {last}, and there is no folder {folder / FEEDS / last.isoformat()}")
    return tuple(day for day in found if day <= last)


def _day(path: Path) -> date:
    try:
        return date.fromisoformat(path.name)
    except ValueError:
        raise UsageError(f"{path}: the folders below {FEEDS}/ are called after days, such as 2026-03-15") from None


def _truth(path: Path) -> pd.DataFrame:
    """Return the known columns of a truth by account."""
    import pandas as pd

    said = _parquet(path)
    lacking = [name for name in _NEEDED if name not in said]
    if lacking:
        raise UsageError(f"{path}: there is no column {lacking[0]}; a truth needs {', '.join(_NEEDED)}")
    truth = pd.DataFrame({name: _text(said[name]) for name in ("account_id", "ring_id", *_WORDS) if name in said})
    truth["label"] = _whole_numbers(path, said["label"], "0, 1 or missing")
    truth["ring_id"] = truth["ring_id"].where(truth["label"].eq(1).fillna(False))
    for name in (name for name in _MARKS if name in said):
        truth[name] = _whole_numbers(path, said[name], "true or false").eq(1).fillna(False).astype(bool)
    _refuse_accounts(path, truth["account_id"])
    return truth.sort_values("account_id", ignore_index=True)


def _parquet(path: Path) -> pd.DataFrame:
    import pandas as pd
    from pyarrow import ArrowException

    if not path.is_file():
        raise UsageError(f"{path} does not exist; it has the columns {', '.join(_NEEDED)}")
    try:
        return pd.read_parquet(path)
    except (ArrowException, OSError) as error:
        raise UsageError(f"{path}: it cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _text(values: pd.Series) -> pd.Series:
    """Return ids and words as text, numbers without a point, blanks as missing."""
    text = values.convert_dtypes().astype("string").str.strip()
    return text.mask(text.eq("").fillna(False)).astype("str")


def _whole_numbers(path: Path, values: pd.Series, allowed: str) -> pd.Series:
    """Return 0, 1 and missing. Raises UsageError for anything else."""
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    wrong = values[values.notna() & ~numbers.isin([0, 1])]
    if len(wrong):
        raise UsageError(f"{path} row {wrong.index[0] + 1}: {values.name} is {wrong.iloc[0]!r}; it is {allowed}")
    return numbers.astype("Int8")


def _refuse_accounts(path: Path, accounts: pd.Series) -> None:
    """Raise UsageError for a row without account, and for an account that has two rows."""
    if accounts.isna().any():
        raise UsageError(f"{path} row {int(accounts.isna().argmax()) + 1}: account_id is missing")
    if accounts.duplicated().any():
        place = int(accounts.duplicated().argmax())
        raise UsageError(f"{path} row {place + 1}: account {accounts[place]} has a row already; a truth has one each")
