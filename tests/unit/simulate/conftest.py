from pathlib import Path

import pytest

from ringwatch.simulate import simulate


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 accounts, 3 days."""
    out = tmp_path_factory.mktemp("small")
    simulate(out, accounts=2_000, days=3, seed=1)
    return out


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20,000 accounts, 14 days."""
    out = tmp_path_factory.mktemp("town")
    simulate(out, accounts=20_000, days=14, seed=3)
    return out
