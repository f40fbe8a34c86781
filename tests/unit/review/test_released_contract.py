"""What was released stays: no column goes, changes its type or may be missing where it was promised."""

import copy
from typing import Any

import pytest
from packaging.version import Version
from ruamel.yaml import YAML

from ringwatch.resources import SCHEMAS

READ = YAML(typ="safe").load
NOW = READ(SCHEMAS / "contracts" / "flagged_rings.odcs.yaml")
RELEASED = [READ(path) for path in sorted((SCHEMAS / "contracts" / "released").glob("*.odcs.yaml"))]
LAST = max(RELEASED, key=lambda contract: Version(contract["version"]))
TYPES = ("logicalType", "physicalType")
PROMISES = ("required", "unique", "primaryKey")


def broken(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What a consumer of `before` cannot rely on in `after`."""
    new = columns(after)
    found = []
    for name, column in columns(before).items():
        if name not in new:
            found.append(f"{name} is gone")
        elif any(column.get(kind) != new[name].get(kind) for kind in TYPES):
            found.append(f"{name} has another type")
        elif any(
            column.get(promise) and not new[name].get(promise) for promise in ("required", "unique", "primaryKey")
        ):
            found.append(f"{name} promises less")
    return found


def columns(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{table['name']}.{column['name']}": column for table in contract["schema"] for column in table["properties"]
    }


def test_the_contract_keeps_what_its_last_release_promised() -> None:
    compatible = Version(NOW["version"]).major == Version(LAST["version"]).major
    assert broken(LAST, NOW) == [] if compatible else Version(NOW["version"]) > Version(LAST["version"])


def test_a_contract_that_changed_has_another_version() -> None:
    assert Version(NOW["version"]) >= Version(LAST["version"])
    assert NOW["schema"] == LAST["schema"] or Version(NOW["version"]) > Version(LAST["version"])


@pytest.mark.parametrize("name", columns(LAST))
def test_each_released_column_is_missed_when_it_goes_or_becomes_another(name: str) -> None:
    without, retyped = copy.deepcopy(LAST), copy.deepcopy(LAST)
    table, column = name.split(".")
    for contract, change in ((without, "remove"), (retyped, "retype")):
        (properties,) = [each["properties"] for each in contract["schema"] if each["name"] == table]
        (found,) = [each for each in properties if each["name"] == column]
        if change == "remove":
            properties.remove(found)
        else:
            found["physicalType"] = "blob"

    assert broken(LAST, without) == [f"{name} is gone"]
    assert broken(LAST, retyped) == [f"{name} has another type"]
    assert broken(LAST, LAST) == []
