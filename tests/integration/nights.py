"""Whole nights of the program on the server of the session."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from ringwatch import stages
from ringwatch.graph import Graph
from ringwatch.night import Night, open_night
from ringwatch.server import ensure_running
from ringwatch.settings import Settings
from ringwatch.simulate import START

# The days of the small world (see conftest).
DAYS = [START + timedelta(days=i) for i in range(3)]


def run_night(settings: Settings, day: date, feeds: Path) -> None:
    with open_night(settings, day, feeds) as night:
        run_all(night)


def run_all(night: Night) -> None:
    """Run all stages of the night."""
    stages.run_night(night, lambda stage: None)


def nights_run(settings: Settings, days: Sequence[date], feeds: Path) -> Iterator[Night]:
    """Run the nights of the days one after the other, from an empty graph on; yield the last one, its doors open."""
    graph = Graph(ensure_running(settings))
    graph.write("MATCH (n) DETACH DELETE n")
    graph.close()
    for day in days:
        run_night(settings, day, feeds)
    with open_night(settings, days[-1], feeds) as night:
        yield night


def easily_flagging(settings: Settings) -> Settings:
    """Return settings by which a small world of few days has flagged rings, of which nobody can be sure yet."""
    return settings.model_copy(update={"flag_probability": 0.01, "keep_probability": 0.005})


def environment(settings: Settings) -> dict[str, str]:
    """What a command needs in its environment to work in this home and on this server."""
    assert settings.neo4j_uri
    assert settings.neo4j_password
    return {
        "RINGWATCH_HOME": str(settings.home),
        "RINGWATCH_CANARIES": str(settings.canaries),
        "RINGWATCH_FLAG_PROBABILITY": str(settings.flag_probability),
        "RINGWATCH_KEEP_PROBABILITY": str(settings.keep_probability),
        "NEO4J_URI": settings.neo4j_uri,
        "NEO4J_USER": settings.neo4j_user,
        "NEO4J_PASSWORD": settings.neo4j_password.get_secret_value(),
    }
