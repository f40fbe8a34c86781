"""A newcomer with CSVs of their own does what docs/bring-your-own-csvs.md says, from the exports to the rings."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from nights import DAYS, environment
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.graph import Graph
from ringwatch.settings import load_settings

pytestmark = pytest.mark.integration

PAGE = (Path(__file__).parents[2] / "docs" / "bring-your-own-csvs.md").read_text(encoding="utf-8")
OF_THE_PAGE = "2026-03-06"
DAY = DAYS[1]
THEIR_WORDS = {"settled": "succeeded", "declined": "failed"}


@pytest.fixture
def desk(tmp_path: Path, graph: Graph, neo4j_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which they work, with the page's ringwatch.toml."""
    home = load_settings(home=tmp_path / "var", canaries=False, **neo4j_settings)
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    declared = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    Path("ringwatch.toml").write_text("\n".join(declared), encoding="utf-8")
    return tmp_path


def export(world: Path, day: date) -> None:
    """Write what their systems export of a day: users from Postgres, charges from Stripe, and an access log."""
    rows = {path.stem: pd.read_parquet(path) for path in (world / str(day)).glob("*.parquet")}
    folder = Path("feeds") / str(day)
    folder.mkdir(parents=True)
    users = rows["accounts"][["account_id", "created_at", "status", "email"]]
    users.rename(columns={"account_id": "Account ID"}).to_csv(folder / "accounts.csv", index=False, na_rep="\\N")
    cards = rows["payments"][rows["payments"]["instrument_kind"] == "card"]
    charges = {"id": "payment_id", "customer": "account_id", "created": "paid_at", "card_fingerprint": "instrument"}
    shown = pd.DataFrame({theirs: cards[ours] for theirs, ours in charges.items()})
    shown.assign(status=cards["outcome"].replace(THEIR_WORDS)).to_csv(folder / "payments.csv", index=False)
    log(rows["ips"], rows["devices"]).to_csv("access.csv", index=False)


def log(ips: pd.DataFrame, devices: pd.DataFrame) -> pd.DataFrame:
    """Lines of an access log: an account's first and last ones at each address, and on each device."""
    first = {"device": devices.groupby("account_id")["device"].first(), "ip": ips.groupby("account_id")["ip"].first()}
    lines = []
    for seen, other in ((ips, "device"), (devices, "ip")):
        both = seen.assign(**{other: seen["account_id"].map(first[other])})
        lines += [
            both.assign(time=both[end])[["time", "account_id", "ip", "device"]] for end in ("first_seen", "last_seen")
        ]
    return pd.concat(lines).dropna(subset="ip")


def aggregate(day: date) -> None:
    """Run the page's statements for DuckDB."""
    statements = re.findall(r'duckdb -c "(.*?)"\n', PAGE)
    assert len(statements) == 2
    for statement in statements:
        duckdb.sql(statement.replace(OF_THE_PAGE, str(day)))


def ringwatch(*command: str) -> str:
    ended = CliRunner().invoke(app, list(command))
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def commands(ring: str) -> list[list[str]]:
    """The page's commands of ringwatch, for the day."""
    block = re.search(r"## From there to rings\n\n```\n(.*?)```", PAGE, re.S)
    assert block
    lines = [line.partition("#")[0] for line in block[1].splitlines()]
    return [line.replace(OF_THE_PAGE, str(DAY)).replace("RING", ring).split()[1:] for line in lines]


def test_own_csvs_lead_to_rings_by_the_commands_of_the_page(desk: Path, small_world: Path) -> None:
    for day in DAYS[:2]:
        export(small_world, day)
        aggregate(day)
    ringwatch("run", "--feeds", "feeds", "--day", str(DAYS[0]))

    dry, run, listed, _ = commands("")
    would = ringwatch(*dry)
    ran = ringwatch(*run)
    rings = json.loads(ringwatch(*listed, "--json"))["rings"]

    assert "instrument from 'card_fingerprint'" in would
    assert "feeds used: accounts, payments, devices, ips" in ran
    assert rings
    shown = ringwatch(*commands(rings[0]["ring_id"])[-1])
    assert rings[0]["ring_id"] in shown
    assert "Why" in shown
