"""A night that is judged in several shards, from the feeds to what is published, on a real Neo4j."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from nights import DAYS, easily_flagging, nights_run

from ringwatch.days.run_report import read
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.window import shards, sharing

pytestmark = pytest.mark.integration

MOST = 200


@pytest.fixture(scope="module")
def night(small_world: Path, settings: Settings) -> Iterator[Night]:
    smaller = easily_flagging(settings).model_copy(update={"shard_accounts": MOST, "processes": 1})
    yield from nights_run(smaller, DAYS[:1], small_world)


def test_a_night_of_several_shards_is_published_like_any_other(night: Night) -> None:
    with sharing.open_sharing(night) as connection:
        shard = connection.table("shard").df().set_index("account")["shard"]
        account = connection.table("account").df().set_index("account_id")["account"]
        assert shards.count(connection) >= 3
    report = read(night)
    members = pd.read_parquet(night.files.scored(night.day, "members"))
    published = night.store.published.flagged(night.day)
    shown = night.graph.read("MATCH (:Account)-[m:MEMBER_OF]->(:Ring) RETURN count(m) AS members")

    assert shard.value_counts().max() <= MOST
    assert report["link"]["counts"]["shards"] == shard.nunique()
    assert not members["account_id"].duplicated().any()
    assert members["account_id"].map(account).map(shard).groupby(members["candidate"]).nunique().max() == 1
    assert len(published) > 0
    assert set(published["account_id"]) <= set(members["account_id"])
    assert shown[0]["members"] == len(published)
