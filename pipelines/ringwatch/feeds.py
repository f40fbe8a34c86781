"""The one way to read a feed file: where it is, and its rows as they arrived."""

from pathlib import Path

import pandas as pd

from ringwatch.errors import DataRefused

SUFFIXES = (".parquet", ".csv", ".csv.gz")


def find(folder: Path, feed: str) -> Path | None:
    """Return the file of `feed` in a day's folder, or None. Raises DataRefused when there are two."""
    found = [path for suffix in SUFFIXES if (path := folder / f"{feed}{suffix}").is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DataRefused(f"{folder}: {names} are both there; keep the one that holds the feed {feed}")
    return found[0] if found else None


def read(path: Path) -> pd.DataFrame:
    """Return the rows of a feed file in order, CSV columns as text. Raises DataRefused when it cannot be read."""
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path, engine="pyarrow").reset_index(drop=True)
        return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError, EOFError) as error:  # pyarrow, pandas, gzip and decoding errors are all of these
        reason = str(error).strip().splitlines()[0]
        raise DataRefused(f"{path}: cannot be read as {''.join(path.suffixes)[1:]}: {reason}") from None
