import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from source_folders import SPEC

from ringwatch import sources
from ringwatch.errors import UsageError

Make = Callable[..., Path]


def test_a_source_says_what_is_judged_and_of_whom_the_truth_is_known(make_source: Make) -> None:
    folder = make_source(label=[1, 1, None, 0], style=["farm", "farm", "farm", None], victim=[False] * 3 + [True])

    source = sources.read(folder)

    assert (source.name, source.day, source.window_days, source.min_ring_size) == ("shop", date(2026, 3, 2), 14, 3)
    assert source.feeds == ("accounts", "devices")
    assert source.days == (date(2026, 3, 1), date(2026, 3, 2))
    assert list(source.truth) == ["account_id", "ring_id", "style", "label", "victim"]
    assert source.truth["label"].isna().tolist() == [False, False, True, False]
    assert source.truth["ring_id"].notna().tolist() == [True, True, False, False]
    assert source.truth["victim"].tolist() == [False, False, False, True]


def test_days_after_the_one_to_judge_do_not_count(make_source: Make) -> None:
    folder = make_source(spec=SPEC.replace("2026-03-02", "2026-03-01"))

    assert sources.read(folder).days == (date(2026, 3, 1),)


def test_ids_that_are_numbers_are_the_text_that_feeds_make_of_them(make_source: Make) -> None:
    folder = make_source(account_id=[4, 30, 200, 1], ring_id=[7.0, 7.0, 7.0, None])

    truth = sources.read(folder).truth

    assert truth["account_id"].tolist() == ["1", "200", "30", "4"]
    assert truth["ring_id"].dropna().tolist() == ["7", "7", "7"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (None, "source.yml does not exist; it says day, window_days, feeds and min_ring_size"),
        ("", "it holds no keys with values"),
        (SPEC + "windows: 3\n", "there is no key windows; the keys are day, window_days"),
        (SPEC.replace("window_days: 14\n", ""), "the key window_days is missing"),
        (SPEC.replace("14", "soon"), "window_days: .* \\(got 'soon'\\)"),
        (SPEC.replace("2026-03-02", "2026-03-09"), "day is 2026-03-09, and there is no folder .*feeds/2026-03-09"),
        (SPEC.replace('"accounts", ', ""), "feeds must name accounts"),
        ('day: "2026-03-02\n', r"source.yml:2: .*unexpected end"),
    ],
)
def test_what_is_wrong_with_source_yml_is_one_sentence_that_names_it(
    spec: str | None, said: str, make_source: Make
) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        sources.read(make_source(spec=spec))
    assert "\n" not in str(raised.value)
    assert "source.yml" in str(raised.value)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ({"label": None}, "truth.parquet: there is no column label; a truth needs account_id, ring_id, label"),
        ({"label": [1, 1, 1, 2]}, r"truth.parquet row 4: label is .*2.*; it is 0, 1 or missing"),
        ({"account_id": ["a", "b", "b", "d"]}, "truth.parquet row 3: account b has a row already"),
        ({"account_id": ["a", None, "c", "d"]}, "truth.parquet row 2: account_id is missing"),
        ({"victim": ["no", "no", "no", "yes"]}, "truth.parquet row 1: victim is 'no'; it is true or false"),
    ],
)
def test_what_is_wrong_with_the_truth_is_one_sentence_that_names_it(
    truth: dict[str, object], said: str, make_source: Make
) -> None:
    with pytest.raises(UsageError, match=said):
        sources.read(make_source(**truth))


def test_a_truth_that_is_no_parquet_or_not_there_is_told(make_source: Make) -> None:
    folder = make_source()
    (folder / "truth.parquet").write_text("account_id,label\n")
    with pytest.raises(UsageError, match=r"truth\.parquet: it cannot be read as Parquet"):
        sources.read(folder)

    (folder / "truth.parquet").unlink()
    with pytest.raises(UsageError, match=r"truth\.parquet does not exist"):
        sources.read(folder)


def test_a_folder_of_feeds_that_is_no_day_is_told(make_source: Make) -> None:
    folder = make_source()
    (folder / "feeds" / "march").mkdir()

    with pytest.raises(UsageError, match="feeds/march: the folders below feeds/ are called after days"):
        sources.read(folder)


def test_sources_are_found_in_order_and_by_name(make_source: Make) -> None:
    shop, bank = make_source("shop"), make_source("bank")
    (shop.parent / "notes").mkdir()

    assert sources.find(shop.parent) == [bank, shop]
    assert sources.find(shop.parent, ["shop"]) == [shop]
    assert sources.find(shop) == [shop]


def test_a_source_that_is_not_there_is_told_with_those_that_are(make_source: Make, tmp_path: Path) -> None:
    folder = make_source("shop").parent
    for where, names, said in (
        (tmp_path / "nowhere", (), "nowhere: there is no such folder"),
        (tmp_path / "sources", ("shops",), "shops: there is no source.yml.*; those with one are shop"),
        (tmp_path, (), "no folder in it has a source.yml"),
    ):
        with pytest.raises(UsageError, match=said):
            sources.find(where, names)
    shutil.rmtree(folder)


def test_a_truth_keeps_its_rows_in_order_of_accounts(make_source: Make) -> None:
    folder = make_source(account_id=["d", "b", "a", "c"])

    truth = sources.read(folder).truth

    pd.testing.assert_series_equal(truth["account_id"], pd.Series(["a", "b", "c", "d"], name="account_id"))
