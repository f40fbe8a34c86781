"""`ringwatch validate` with --dry-run and --docs: what people are told, and what is left on disk."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ringwatch.cli import app

DAY = "2026-03-02"
ACCOUNTS = "account_id,created_at,status,email,phone,organisation"
GOOD = "A,2026-02-01,active,jane.doe@example.org,+49 151 12345678,Acme"
BAD = "Zed,2026-02-31,active,jane.roe@example.org,0151 9876543,Umbrella"
SECRETS = ("jane", "151 12345678", "15112345678", "9876543", "Zed", "Acme", "Umbrella", "02-31")
USAGE = "account_id,capability,exchanges"


@pytest.fixture(autouse=True)
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the day, with one good row of accounts; the home is not there yet."""
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path / "in"))
    monkeypatch.setenv("RINGWATCH_FEEDS", '["accounts", "usage"]')
    folder = tmp_path / "in" / DAY
    folder.mkdir(parents=True)
    deliver(folder, "accounts", ACCOUNTS, GOOD)
    return folder


def deliver(folder: Path, feed: str, *lines: str) -> None:
    (folder / f"{feed}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def validate(*options: str) -> Result:
    return CliRunner().invoke(app, ["validate", "--day", DAY, *options])


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def test_a_rehearsal_of_a_good_delivery_exits_with_0() -> None:
    result = validate("--dry-run")

    assert result.exit_code == 0, result.output
    assert "What would become of 2026-03-02" in result.stdout
    assert "What would be refused" not in result.stdout


def test_a_rehearsal_makes_no_home(tmp_path: Path) -> None:
    validate("--dry-run")

    assert not (tmp_path / "var").exists()


def test_a_rehearsal_leaves_a_home_as_it_is(feeds: Path, tmp_path: Path) -> None:
    validate()
    deliver(feeds, "accounts", ACCOUNTS, BAD, GOOD)
    before = tree(tmp_path / "var" / "days")

    assert validate("--dry-run").exit_code == 1
    assert tree(tmp_path / "var" / "days") == before


def test_a_rehearsal_says_where_rows_would_be_refused_and_why(feeds: Path) -> None:
    deliver(feeds, "accounts", ACCOUNTS, GOOD, "", BAD, BAD.replace("Zed", "Yon"))

    result = validate("--dry-run", "--json")

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["rules"] == [
        {
            "feed": "accounts",
            "rule": "created_at is not a timestamp",
            "rows": 2,
            "places": [
                {"file": "accounts.csv", "row": 3, "line": 4},
                {"file": "accounts.csv", "row": 4, "line": 5},
            ],
        }
    ]
    assert (told["counts"]["accounts.rows"], told["counts"]["accounts.quarantined"]) == (3, 2)
    assert told["stops"] == []
    assert told["warnings"] == []
    assert told["feeds"] == {
        "expected": ["accounts", "usage"],
        "arrived": ["accounts"],
        "used": ["accounts"],
        "scorecard": ["accounts"],
    }


def test_three_places_of_a_rule_are_enough(feeds: Path) -> None:
    deliver(feeds, "accounts", ACCOUNTS, GOOD, *(BAD.replace("Zed", f"Z{i}") for i in range(9)))

    (rule,) = json.loads(validate("--dry-run", "--json").stdout)["rules"]

    assert (rule["rows"], [place["row"] for place in rule["places"]]) == (9, [2, 3, 4])


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_rehearsal_shows_values_only_when_asked(feeds: Path, form: tuple[str, ...]) -> None:
    deliver(feeds, "accounts", ACCOUNTS, GOOD, BAD)

    assert not [secret for secret in SECRETS if secret in validate("--dry-run", *form).output]
    assert "Umbrella" in validate("--dry-run", "--reveal", *form).output


def test_values_do_not_steer_the_terminal(feeds: Path) -> None:
    deliver(feeds, "accounts", ACCOUNTS, GOOD, BAD.replace("Umbrella", "\x1b[2J\u202e\x9b"))

    output = validate("--dry-run", "--reveal").output

    assert not {"\x1b", "\u202e", "\x9b"} & set(output)


def test_a_rehearsal_names_everything_that_would_stop_the_night(feeds: Path) -> None:
    deliver(feeds, "accounts", "account_id,status", "A,active")
    deliver(feeds, "usage", USAGE, "A,chat,many")

    result = validate("--dry-run")

    assert result.exit_code == 3
    told = " ".join(result.stderr.split())
    assert "accounts.csv: the required column created_at is missing" in told
    assert "usage.csv: not one of 1 rows passes; the first: exchanges is not a whole number" in told
    assert "Traceback" not in result.output


def test_without_a_delivery_a_rehearsal_says_so(feeds: Path) -> None:
    (feeds / "accounts.csv").unlink()
    feeds.rmdir()

    result = validate("--dry-run", "--json")

    assert result.exit_code == 3
    assert json.loads(result.stdout)["stops"][0].startswith("no feeds for 2026-03-02: ")


def test_a_rehearsal_knows_the_accounts_of_earlier_days(feeds: Path, tmp_path: Path) -> None:
    validate()
    tuesday = tmp_path / "in" / "2026-03-03"
    tuesday.mkdir()
    deliver(tuesday, "accounts", ACCOUNTS, "B,2026-03-03,active,,,")
    deliver(tuesday, "usage", USAGE, "A,chat,1", "stranger,chat,1")

    result = CliRunner().invoke(app, ["validate", "--day", "2026-03-03", "--dry-run", "--json"])

    counts = json.loads(result.stdout)["counts"]
    assert (counts["usage.clean"], counts["usage.held"]) == (1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dry-run", "--docs"), "--docs are about a day that was judged"),
        (("--reveal",), "--reveal goes with --dry-run"),
    ],
)
def test_options_that_do_not_go_together(options: tuple[str, ...], message: str) -> None:
    result = validate(*options)

    assert result.exit_code == 2
    assert message in result.stderr


def test_data_docs_say_how_each_rule_fared_without_any_value(feeds: Path, tmp_path: Path) -> None:
    deliver(feeds, "accounts", ACCOUNTS, GOOD, BAD)

    result = validate("--docs")

    assert result.exit_code == 0, result.output
    folder = tmp_path / "var" / "days" / DAY / "docs"
    assert f"Data Docs: {(folder / 'index.html').as_uri()}" in result.stdout
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert set(pages) == {"index.html", "accounts.html"}
    assert "created_at is not a timestamp" in pages["accounts.html"]
    assert "1 of 2" in pages["accounts.html"]
    assert not [secret for secret in SECRETS for page in pages.values() if secret in page]


def test_data_docs_are_for_their_owner_and_load_nothing(tmp_path: Path) -> None:
    validate("--docs")

    folder = tmp_path / "var" / "days" / DAY / "docs"
    assert folder.stat().st_mode & 0o077 == 0
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert "://" not in path.read_text(encoding="utf-8")
        assert "<script" not in path.read_text(encoding="utf-8")


def test_data_docs_of_the_same_day_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "days" / DAY / "docs"
    validate("--docs")
    before = tree(folder)

    validate("--docs")

    assert tree(folder) == before


def test_data_docs_do_not_outlive_what_they_are_about(tmp_path: Path) -> None:
    validate("--docs")
    validate()

    assert not (tmp_path / "var" / "days" / DAY / "docs").exists()
