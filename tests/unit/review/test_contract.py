"""What schemas/contracts promises to consumers is what the store has."""

from typing import Any

import pytest
import sqlalchemy as sa
from judged import MONDAY, TUESDAY, accounts, publish, ring_of
from ruamel.yaml import YAML

from ringwatch.resources import SCHEMAS
from ringwatch.store import tables
from ringwatch.store.bands import BANDS, ROOM
from ringwatch.store.store import Store

CONTRACT = YAML(typ="safe").load(SCHEMAS / "contracts" / "flagged_rings.odcs.yaml")
OBJECTS = {entry["name"]: entry["properties"] for entry in CONTRACT["schema"]}


@pytest.fixture
def published(store: Store) -> Store:
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})
    publish(store, TUESDAY, {"a": accounts(range(7))})
    harm = {"day": TUESDAY, "ring_id": ring_of(store, TUESDAY, "A000"), "spend": {"EUR": 1.5}, "capabilities": {}}
    with store.engine.begin() as connection:
        figures = {"honest_expected": 0.5, "stake": 1.5, "expected_harm": 1.2, "exchanges": 5}
        connection.execute(sa.insert(tables.ring_harm).values(harm | figures))
    return store


@pytest.mark.parametrize("name", [name for name in OBJECTS if name.startswith("flagged_")])
def test_the_contract_names_the_columns_of_each_view(store: Store, name: str) -> None:
    columns = [column["name"] for column in sa.inspect(store.engine).get_columns(name)]
    assert [column["name"] for column in OBJECTS[name]] == columns


@pytest.mark.parametrize("name", OBJECTS)
def test_rows_keep_what_the_contract_promises(published: Store, name: str) -> None:
    named = sa.select(*(sa.column(column["name"]) for column in OBJECTS[name])).select_from(sa.table(name))
    with published.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(named).mappings()]
    assert rows
    for column in OBJECTS[name]:
        assert _kept(column, [row[column["name"]] for row in rows]), column["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_column_of_the_contract_is_there_has_its_type_and_is_described(store: Store, name: str) -> None:
    columns = {column["name"]: column["type"] for column in sa.inspect(store.engine).get_columns(name)}
    for column in OBJECTS[name]:
        found = columns[column["name"]]
        assert len(column["description"]) > 10, column["name"]
        if store.engine.dialect.name == "postgresql":  # SQLite knows no types of what a view works out
            assert str(found).lower().startswith(column["physicalType"]), (column["name"], found)


@pytest.mark.parametrize(
    ("name", "column", "words"),
    [
        ("change", "change", (*tables.CHANGES, *tables.EARLIER_CHANGES)),
        ("ring", "state", tables.RING_STATES),
        ("flagged_rings", "band", tuple(BANDS)),
        ("flagged_rings", "band", tuple(str(start) for start in (*list(BANDS.values())[1:], ROOM))),
        ("flagged_nights", "state", ("published", "withheld", "rolled_back")),
    ],
)
def test_the_contract_explains_every_word_that_a_column_can_say(name: str, column: str, words: tuple[str, ...]) -> None:
    described = next(each["description"] for each in OBJECTS[name] if each["name"] == column)
    assert [word for word in words if word not in described] == []


def _kept(column: dict[str, Any], values: list[Any]) -> bool:
    limits = column.get("logicalTypeOptions", {})
    if column.get("required") and None in values:
        return False
    values = [value for value in values if value is not None]
    return (not column.get("unique") or len(set(values)) == len(values)) and all(
        not limits or limits.get("minimum", value) <= value <= limits.get("maximum", value) for value in values
    )
