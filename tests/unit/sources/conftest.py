from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from source_folders import SPEC

DAYS = ("2026-03-01", "2026-03-02")


def _accounts(day: str, names: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"account_id": names, "created_at": f"{day}T09:00:00", "status": "active"})


def _devices(day: str, names: list[str]) -> pd.DataFrame:
    seen = {"first_seen": f"{day}T10:00:00", "last_seen": f"{day}T11:00:00"}
    return pd.DataFrame({"account_id": names, "device": [f"phone-{name}" for name in names], **seen})


@pytest.fixture
def make_source(tmp_path: Path) -> Callable[..., Path]:
    """Make a source of four accounts, of which two come on each of two days; a, b and c are a ring."""

    def make(name: str = "shop", spec: str | None = SPEC, **truth: object) -> Path:
        folder = tmp_path / "sources" / name
        for day, names in zip(DAYS, (["a", "b"], ["c", "d"]), strict=True):
            (folder / "feeds" / day).mkdir(parents=True)
            _accounts(day, names).to_parquet(folder / "feeds" / day / "accounts.parquet")
            _devices(day, names).to_parquet(folder / "feeds" / day / "devices.parquet")
        if spec is not None:
            (folder / "source.yml").write_text(spec)
        known = {"account_id": ["a", "b", "c", "d"], "ring_id": ["r", "r", "r", None], "label": [1, 1, 1, 0]} | truth
        pd.DataFrame({column: values for column, values in known.items() if values is not None}).to_parquet(
            folder / "truth.parquet"
        )
        return folder

    return make
