"""What lanes ask of an engine, and in which form it answers: terms that need no engine to be loaded."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

# Components up to this size are one community; larger ones are searched for communities inside.
WHOLE = 12
# Least core number, links to others in the core, that makes a core worth a look of its own.
LEAST_CORE = 3
# GDS's own defaults of Leiden for one component, which are shared out when many are searched at once.
TOLERANCE, THETA = 1e-4, 0.01
# Most similar accounts that node similarity keeps of each.
MOST_SIMILAR = 50
# A resolution of Leiden, and a seed.
Run = tuple[float, int]


class Inside(NamedTuple):
    """communities: node, community for each run; cores: node, core (its core number), if they were wanted."""

    communities: list[pd.DataFrame]
    cores: pd.DataFrame


class Similar(NamedTuple):
    """pairs: source, target (source < target), similarity; components: node, component that these pairs make."""

    pairs: pd.DataFrame
    components: pd.DataFrame
