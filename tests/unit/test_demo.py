"""The demo stays away from what is real."""

from pathlib import Path

import pytest

from ringwatch.cli.demo import begin_anew, demo_settings, print_next
from ringwatch.errors import UsageError


@pytest.fixture(autouse=True)
def real_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment with a server, a store and feeds."""
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    monkeypatch.setenv("NEO4J_URI", "bolt://graph:7687")
    monkeypatch.setenv("RINGWATCH_STORE_URL", "postgresql+psycopg://review@db/review")
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", "/feeds")


def test_the_demo_uses_no_real_server_store_or_feeds(tmp_path: Path) -> None:
    settings = demo_settings()

    assert settings.home == tmp_path / "demo"
    assert settings.neo4j_uri is settings.feeds_dir is None
    assert settings.store_address == tmp_path / "demo" / "review.db"


def test_a_demo_begins_anew(tmp_path: Path) -> None:
    for name in ("demo/world.json", "demo/days/2026-03-02/report.json", "review.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")

    begin_anew(demo_settings())

    assert [path.name for path in tmp_path.iterdir()] == ["review.db"]


def test_a_folder_that_is_not_of_a_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")

    with pytest.raises(UsageError, match="is not of an earlier demo"):
        begin_anew(demo_settings())

    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"


def test_a_demo_ends_with_the_report_and_the_address_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "demo" / "days" / "2026-03-06" / "report.html"

    print_next(demo_settings(), report)

    told = capsys.readouterr().out
    assert report.as_uri() in told
    assert "review serve" in told
    assert "http://127.0.0.1:8017" in told
