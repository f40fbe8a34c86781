"""A world whose ids are renamed one to one: the same groups, as probable as before, under other names."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.days.files import Files
from ringwatch.evaluate.plan import Trial
from ringwatch.evaluate.run import last_day, make_world
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.simulate.families import draw_world
from ringwatch.stages import detect, score

pytestmark = pytest.mark.integration

TRIAL = Trial("worlds", "B-1", draw_world("B", 1), accounts=500, days=4)
OPAQUE = {
    "account_id": "a",
    "counterparty_account_id": "a",
    "referred_by": "a",
    "device": "d",
    "instrument": "i",
    "template": "t",
}
# Of the number of an id: what it is called instead.
SPELLINGS: dict[str, Callable[[int], str]] = {
    "backwards": lambda number: f"{10**6 - number}",
    "of any length": lambda number: "x" * (number % 7) + str(number),
}


def renamed(home: Path, to: Path, spelling: Callable[[int], str]) -> dict[str, str]:
    """Write the days of `home` below `to` under other names, their rows in another order; return old by new names."""
    days = {path.relative_to(home): pq.read_table(path) for path in sorted(home.glob("days/*/clean/*.parquet"))}
    ids = {
        (OPAQUE[name], value)
        for rows in days.values()
        for name in OPAQUE
        if name in rows.column_names
        for value in rows[name].drop_null().to_pylist()
    }
    order = random.Random(5).sample(sorted(ids), len(ids))
    names = {(kind, value): kind + spelling(number) for number, (kind, value) in enumerate(order)}
    for path, rows in list(days.items()):
        for name in OPAQUE.keys() & set(rows.column_names):
            column = [names.get((OPAQUE[name], value)) for value in rows[name].to_pylist()]
            days[path] = days[path].set_column(rows.column_names.index(name), name, pa.array(column, "string"))
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(days[path].take(np.random.default_rng(5).permutation(len(rows))), to / path)
    return {new: value for (kind, value), new in names.items() if kind == "a"}


def judged(home: Path, server: dict[str, Any], was: dict[str, str]) -> dict[frozenset[str], tuple[object, ...]]:
    """What score says of each group, by its accounts under their old names."""
    with Night(last_day(TRIAL), load_settings(home=home, **server), Files(home), lambda _: None) as night:
        detect.run(night)
        score.run(night)
        rings, members = (pd.read_parquet(night.files.scored(night.day, name)) for name in ("rings", "members"))
    ids = members["account_id"].map(lambda one: was.get(one, one))
    groups = {name: frozenset(accounts) for name, accounts in ids.groupby(members["candidate"])}
    said = rings.set_index("candidate")[["probability", "low", "high", "bits", "kind", "summary"]]
    return {groups[str(name)]: tuple(row) for name, *row in said.itertuples()}


def test_ids_renamed_one_to_one_give_the_same_groups_renamed(tmp_path: Path, neo4j_settings: dict[str, Any]) -> None:
    home = make_world(tmp_path, TRIAL)

    plain = judged(home, neo4j_settings, {})

    assert len(plain) > 5
    for spelling, spell in SPELLINGS.items():
        to = tmp_path / spelling
        assert judged(to, neo4j_settings, renamed(home, to, spell)) == plain, spelling
