"""Where settings come from, and what a wrong one says."""

from pathlib import Path

import pytest

from ringwatch.errors import UsageError
from ringwatch.night import settings_model
from ringwatch.settings import load_settings, sources


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_call_goes_before_the_environment_and_that_before_the_file(
    working_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "window_days = 10\nseed = 10\nmin_ring_size = 10\n"
    (working_folder / "ringwatch.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("RINGWATCH_WINDOW_DAYS", "20")
    monkeypatch.setenv("RINGWATCH_SEED", "20")

    settings = load_settings(window_days=30)

    assert (settings.window_days, settings.seed, settings.min_ring_size) == (30, 20, 10)
    assert sources(load_settings())["window_days"] == "environment"
    assert sources(load_settings())["min_ring_size"] == "ringwatch.toml"
    assert sources(load_settings())["batch_rows"] == "default"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RINGWATCH_WINDOW_DAYS", "0", "window_days.*greater than or equal to 1.*got '0'"),
        ("RINGWATCH_MIN_RING_SIZE", "many", "min_ring_size.*integer"),
        ("RINGWATCH_FEEDS", "/srv/feeds", "setting feeds: it takes the names of feeds.*their folder is feeds_dir"),
        ("RINGWATCH_FEEDS", " , ", "setting feeds: it names no feed"),
        ("RINGWATCH_FEEDS", '["accounts"', "setting feeds: "),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(UsageError, match=message):
        load_settings()


@pytest.mark.parametrize("value", ["accounts,devices", " accounts , devices,", '["accounts", "devices"]'])
def test_feeds_are_named_with_commas_or_as_json(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RINGWATCH_FEEDS", value)

    assert load_settings().feeds == ("accounts", "devices")


@pytest.mark.parametrize("value", ["accounts,devises,ips", '["accounts", "devises"]'])
def test_a_feed_that_the_model_does_not_have_is_refused_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("RINGWATCH_FEEDS", value)

    with pytest.raises(UsageError, match=r"setting feeds devises: there is no such feed \(did you mean devices\?\)"):
        settings_model(load_settings())


def test_a_setting_that_does_not_exist_is_refused(working_folder: Path) -> None:
    (working_folder / "ringwatch.toml").write_text("windowdays = 10\n", encoding="utf-8")

    with pytest.raises(UsageError, match="windowdays"):
        load_settings()


def test_a_file_that_is_not_toml_is_refused(working_folder: Path) -> None:
    (working_folder / "ringwatch.toml").write_text("window_days =\n", encoding="utf-8")

    with pytest.raises(UsageError, match=r"ringwatch.toml is no TOML: "):
        load_settings()


@pytest.mark.parametrize(
    ("engine", "graph_holds", "flagged"),
    [
        ("gds", None, False),
        ("local", None, False),
        ("spark", None, True),
        ("spark", "all", False),
        ("gds", "flagged", True),
    ],
)
def test_beyond_one_machine_the_graph_holds_flagged_neighbourhoods_unless_it_is_told(
    engine: str, graph_holds: str | None, flagged: bool
) -> None:
    assert load_settings(engine=engine, graph_holds=graph_holds).holds_flagged is flagged


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "swordfish")

    assert "swordfish" not in repr(load_settings())
