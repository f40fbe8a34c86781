"""Which accounts a graph of flagged neighbourhoods holds, and what of them."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.loading import part, tables
from ringwatch.model import ACCOUNT, Model, load_model

# Hub limit of each label: that of its relationship in the shipped model.
LIMITS = {"Device": 60, "IpAddress": 24, "Mailbox": 30}
USES = {"USED_DEVICE": "Device", "CONNECTED_FROM": "IpAddress", "HAS_MAILBOX": "Mailbox"}
Said = dict[str, set[Any]]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def state(
    model: Model, folder: Path, uses: dict[str, set[tuple[str, str]]], unknown: frozenset[str] = frozenset()
) -> None:
    """Write a state of these relationships and of all their ends; nothing is said of accounts that are unknown."""
    ends: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for table in tables.relationships(model):
        for near, far in uses.get(table.name, set()):
            ends[ACCOUNT].add((near,))
            ends[str(table.far)].add((far,))
    for table in tables.tables(model):
        keys = ends[table.name] if table.far is None else uses.get(table.name, set())
        rows = [
            dict(zip(table.keys, key, strict=True)) | {"updated_on": None if unknown & set(key) else date(2026, 3, 2)}
            for key in sorted(keys)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema(table)), folder / f"{table.name}.parquet")


def schema(table: tables.Table) -> pa.Schema:
    kinds = {"text": pa.string(), "date": pa.date32()}
    return pa.schema([(name, kinds.get(kind, pa.int64())) for name, kind in table.columns.items()])


def counted(*rows: tuple[str, str, int, bool]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [[]] * 4
    kinds = {"label": pa.string(), "identifier": pa.string(), "accounts": pa.int64(), "hub": pa.bool_()}
    return pa.table([pa.array(c, k) for c, k in zip(columns, kinds.values(), strict=True)], names=list(kinds))


def cut(
    model: Model, folder: Path, members: list[str], of_window: pa.Table | None = None, linked: tuple[str, ...] = ()
) -> Said:
    """Return by table the keys of the part, those of tables that are empty left out."""
    out = folder / "part"
    out.mkdir()
    with duckdb.connect() as connection:
        part.begin(connection, model, folder, members)
        window = counted() if of_window is None else of_window
        part.choose(connection, model, window, pa.table({"account_id": pa.array(linked, pa.string())}))
        part.write(connection, model, out)
    said: Said = {}
    for table in tables.tables(model):
        rows = pq.read_table(out / f"{table.name}.parquet", columns=list(table.keys)).to_pylist()
        keys = {tuple(row.values()) if len(row) > 1 else next(iter(row.values())) for row in rows}
        said |= {table.name: keys} if keys else {}
    return said


def crowd(size: int) -> list[str]:
    return [f"C{i}" for i in range(size)]


def test_members_what_they_use_and_who_uses_it_too_are_there_and_nothing_else(model: Model, tmp_path: Path) -> None:
    devices = {("M", "d"), ("N", "d"), ("N", "other"), ("X", "other"), ("X", "far")}
    state(model, tmp_path, {"USED_DEVICE": devices, "HAS_MAILBOX": {("M", "m"), ("X", "x")}})

    assert cut(model, tmp_path, ["M"]) == {
        "Account": {"M", "N"},
        "Device": {"d"},
        "Mailbox": {"m"},
        "USED_DEVICE": {("M", "d"), ("N", "d")},
        "HAS_MAILBOX": {("M", "m")},
    }


def test_of_a_hub_the_crowd_stays_out_but_who_is_there_anyhow_is_on_it(model: Model, tmp_path: Path) -> None:
    on_hub = {(name, "hub") for name in ["M", "N", *crowd(5)]}
    state(model, tmp_path, {"CONNECTED_FROM": on_hub, "USED_DEVICE": {("M", "d"), ("N", "d")}})

    found = cut(model, tmp_path, ["M"], counted(("IpAddress", "hub", 7, True), ("Device", "d", 2, False)))

    assert found["Account"] == {"M", "N"}
    assert found["CONNECTED_FROM"] == {("M", "hub"), ("N", "hub")}


@pytest.mark.parametrize(("users", "there"), [(LIMITS["IpAddress"], True), (LIMITS["IpAddress"] + 1, False)])
def test_what_the_window_has_not_counted_brings_no_more_accounts_than_a_hub_limit(
    model: Model, tmp_path: Path, users: int, there: bool
) -> None:
    state(model, tmp_path, {"CONNECTED_FROM": {(name, "ip") for name in ["M", *crowd(users - 1)]}})
    assert cut(model, tmp_path, ["M"])["Account"] == ({"M", *crowd(users - 1)} if there else {"M"})


def test_what_the_window_has_counted_brings_all_who_ever_used_it(model: Model, tmp_path: Path) -> None:
    """Those whose use fell out of the window lately are in the graph until it is purged."""
    state(model, tmp_path, {"CONNECTED_FROM": {(name, "ip") for name in ["M", *crowd(30)]}})
    found = cut(model, tmp_path, ["M"], counted(("IpAddress", "ip", 20, False)))
    assert found["Account"] == {"M", *crowd(30)}


def test_who_deals_with_a_member_is_there_unless_the_member_deals_with_a_crowd(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "MOST_DEALINGS", 2)
    paid = {("M", "A"), ("B", "M"), ("A", "B"), *((name, "SHOP") for name in crowd(3)), ("SHOP", "D"), ("D", "E")}
    state(model, tmp_path, {"TRANSFERRED_TO": paid})

    found = cut(model, tmp_path, ["M", "SHOP"])

    assert found["Account"] == {"M", "A", "B", "SHOP", "D"}
    assert found["TRANSFERRED_TO"] == {("M", "A"), ("B", "M"), ("A", "B"), ("SHOP", "D")}


def test_who_is_linked_to_a_member_is_there_though_they_share_nothing_that_the_graph_shows(
    model: Model, tmp_path: Path
) -> None:
    state(model, tmp_path, {"USED_DEVICE": {("M", "d"), ("L", "own")}})
    assert cut(model, tmp_path, ["M"], linked=("L", "gone"))["Account"] == {"M", "L"}


def test_accounts_of_which_the_graph_says_nothing_are_not_brought(model: Model, tmp_path: Path) -> None:
    state(model, tmp_path, {"USED_DEVICE": {("M", "d"), ("U", "d")}}, unknown=frozenset({"U"}))
    assert cut(model, tmp_path, ["M", "U", "erased"])["Account"] == {"M"}
    assert part.accounts(tmp_path) == 1


def test_without_members_there_is_nothing(model: Model, tmp_path: Path) -> None:
    state(model, tmp_path, {"USED_DEVICE": {("M", "d"), ("N", "d")}})
    assert cut(model, tmp_path, []) == {}


NAMES = st.sampled_from("ABCDEFGH")
PAIRS = {
    name: st.sets(st.tuples(NAMES, st.sampled_from([f"{name[0]}{i}" for i in range(4)])), max_size=9) for name in USES
} | {
    name: st.sets(st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1]), max_size=5)
    for name in ("REFERRED_BY", "TRANSFERRED_TO")
}


@settings(max_examples=8, deadline=None)
@given(uses=st.fixed_dictionaries(PAIRS), members=st.sets(NAMES, max_size=3), hubs=st.sets(st.integers(0, 3)))
def test_any_part_is_what_a_search_from_its_members_finds(
    model: Model, uses: dict[str, set[tuple[str, str]]], members: set[str], hubs: set[int]
) -> None:
    known = {end for name, pairs in uses.items() for pair in pairs for end in pair[: 1 if name in USES else 2]}
    on = {(label, far) for name, label in USES.items() for near, far in uses[name] if near in members}
    open_ = {thing for thing in on if int(thing[1][1:]) not in hubs}
    there = members & known
    there |= {near for name, label in USES.items() for near, far in uses[name] if (label, far) in open_}
    there |= {end for name in uses.keys() - USES.keys() for pair in uses[name] if set(pair) & members for end in pair}
    expected = {"Account": there, **{label: {far for of, far in on if of == label} for label in LIMITS}}
    expected |= {
        name: {(a, b) for a, b in pairs if a in there and ((USES[name], b) in on if name in USES else b in there)}
        for name, pairs in uses.items()
    }
    window = counted(*((label, far, 2, int(far[1:]) in hubs) for label, far in sorted(on)))

    with TemporaryDirectory() as folder:
        state(model, Path(folder), uses)
        found = cut(model, Path(folder), sorted(members), window)

    assert found == {name: keys for name, keys in expected.items() if keys}
