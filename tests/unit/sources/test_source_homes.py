from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from source_folders import SPEC

from ringwatch import sources, stages
from ringwatch.errors import DataRefused, UsageError
from ringwatch.settings import Settings, load_settings

Make = Callable[..., Path]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a deployment with feeds, store and names of columns of its own."""
    return load_settings(
        home=tmp_path / "var",
        feeds=("accounts", "ips"),
        feeds_dir=tmp_path / "nowhere",
        store_url="postgresql://nobody@localhost/real",
        columns={"accounts": {"account_id": "Kunde"}},
        constants={"accounts": {"country": "DE"}},
        flag_probability=0.7,
    )


def test_a_source_is_a_deployment_with_just_its_feeds_and_window(
    make_source: Make, settings: Settings, tmp_path: Path
) -> None:
    source = sources.read(make_source())

    night = sources.prepared(source, settings, tmp_path / "cache")

    assert night.day == source.day
    assert (night.settings.feeds, night.settings.window_days) == (("accounts", "devices"), 14)
    assert night.settings.flag_probability == 0.7
    assert night.settings.store_url is None
    assert night.files.home == night.settings.home
    assert night.files.home.is_relative_to(tmp_path / "cache")
    assert not (tmp_path / "var").exists()
    clean = [pd.read_parquet(night.files.clean(day, "accounts")) for day in source.days]
    assert [rows["account_id"].tolist() for rows in clean] == [["a", "b"], ["c", "d"]]


def test_the_gate_is_asked_once_and_again_when_what_it_depends_on_is_another(
    make_source: Make, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = make_source(), []
    passed = stages.run_stage
    monkeypatch.setattr(stages, "run_stage", lambda name, night: asked.append(night.day) or passed(name, night))

    def prepare(settings: Settings = settings) -> int:
        asked.clear()
        sources.prepared(sources.read(folder), settings, tmp_path / "cache")
        return len(asked)

    assert prepare() == 2
    assert prepare() == 0
    assert prepare(settings.model_copy(update={"flag_probability": 0.9, "home": tmp_path})) == 0
    assert prepare(settings.model_copy(update={"held_days": 3})) == 2
    devices = folder / "feeds" / "2026-03-02" / "devices.parquet"
    pd.read_parquet(devices).assign(device="one").to_parquet(devices)
    assert prepare() == 2


def test_a_source_that_the_gate_stops_leaves_nothing_behind(
    make_source: Make, settings: Settings, tmp_path: Path
) -> None:
    folder = make_source()
    (folder / "feeds" / "2026-03-02" / "devices.parquet").unlink()

    with pytest.raises(DataRefused, match="the feed devices is missing on 2026-03-02"):
        sources.prepared(sources.read(folder), settings, tmp_path / "cache")

    assert not list((tmp_path / "cache").iterdir())


def test_a_feed_that_the_model_does_not_have_is_told_with_the_file_that_names_it(
    make_source: Make, settings: Settings, tmp_path: Path
) -> None:
    source = sources.read(make_source(spec=SPEC.replace("devices", "device")))

    with pytest.raises(UsageError, match=r"source.yml: feeds device: there is no such feed \(did you mean devices\?\)"):
        sources.prepared(source, settings, tmp_path / "cache")
