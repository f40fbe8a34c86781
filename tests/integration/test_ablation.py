"""The ablation: parts are taken away, cards are made anew, and other worlds are judged with them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ablation
from benchmarks.ablation import CELLS, REFERENCE, Variant
from ringwatch.search import candidates
from ringwatch.settings import load_settings
from ringwatch.simulate import START
from ringwatch.window import sharing

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


def test_each_row_is_judged_without_what_it_names(
    folder: Path, neo4j_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(home=folder, **neo4j_settings)
    day = START + timedelta(days=4)
    lessons = [ablation.make_world(folder, "A", number, 2000, day, settings) for number in (1, 2)]
    exam = [ablation.make_world(folder, "B", 1, 2000, day, settings)]
    wanted = {name: one for name, one in ablation.ablations().items() if name in (REFERENCE, CELLS)}

    ablation.print_table(wanted, lessons, exam)

    assert [line.split(" | ")[0] for line in capsys.readouterr().out.splitlines()[2:]] == [
        "| reference",
        "| without cells",
    ]
    with sharing.open_sharing(exam[0]) as connection:
        (cells,) = connection.execute("SELECT count(*) FROM identifier WHERE facet = 'cell'").fetchall()[0]
    assert cells == 0

    world = ablation.attend(exam[0])
    again = replace(world, lesson=replace(world.lesson, source="again"))
    few = candidates.LANES[:2]
    card = ablation.make_card(Variant(few, lambda name: name.endswith("contained")), [world, again])
    assert set(ablation.found_by(few, world.found)["lane"].str.split("+").explode()) == set(few)
    assert card.flag.trees.names
    assert not any(name.endswith("contained") for name in (*card.flag.trees.names, *card.shape.names))
