"""The page of a home with one ring, and people who are signed in behind a proxy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from people_of_a_page import NOW, ROLES, Client
from rings_of_a_home import TUESDAY, home_of_a_ring

from ringwatch.night import Night, open_night
from ringwatch.review.desk import Desk
from ringwatch.settings import load_settings
from ringwatch.web.access import Access
from ringwatch.web.app import create
from ringwatch.web.page import Review


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home, made once."""
    home = tmp_path_factory.mktemp("made")
    with home_of_a_ring(home):
        return home


@pytest.fixture
def night(made: Path, tmp_path: Path) -> Iterator[Night]:
    home = shutil.copytree(made, tmp_path / "home")
    with open_night(load_settings(home=home), TUESDAY) as night:
        yield night


@pytest.fixture
def review(night: Night) -> Review:
    return Review(lambda author: Desk(night.store, night.settings, author, lambda: NOW), night)


@pytest.fixture
def by(review: Review) -> Client:
    """Return the browser of a person whom the proxy knows."""
    app = create(review, Access("", "x-user", ROLES), ("testserver",))
    return lambda name: TestClient(app, headers={"x-user": name})


@pytest.fixture
def ring_id(review: Review) -> str:
    found: str = review.desk("anna").queue()[0].ring_id
    return found
