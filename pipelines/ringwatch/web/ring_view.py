"""A ring as it is shown: what the desk and the window's tables know of it in; words, charts and the picture out.

The page and the report are made from this. Identifiers are masked here unless they may be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringwatch import browser, investigate, server
from ringwatch.night import Night
from ringwatch.review.desk import RingView
from ringwatch.web import charts, traces
from ringwatch.web.masks import masked, without
from ringwatch.web.picture import Picture, picture

BRIDGE = "bridge"
# Where reasons lead in the chart of a ring that is judged blind, which is not drawn.
BLIND = 0.5


@dataclass(frozen=True)
class Shown:
    """ring: the desk's view; picture and what comes after it are None where the window's tables are of another day."""

    ring: RingView
    waterfall: charts.Waterfall
    checks: tuple[dict[str, Any], ...]
    left: tuple[dict[str, Any], ...]
    picture: Picture | None
    things: tuple[dict[str, Any], ...]
    timeline: charts.Timeline | None
    heat: charts.Heat | None
    networks: list[dict[str, Any]]
    about: dict[str, dict[str, Any]]
    queries: tuple[dict[str, Any], ...]


def ring_view(night: Night, ring: RingView, clear: bool = False, bits: bool = False) -> Shown:
    """Return how a ring is shown on its day; clear: with identifiers as they are; bits: with all reasons."""
    row, day = ring.row, ring.row.day
    accounts = [member["account_id"] for member in ring.members]
    left = tuple(night.store.published.left(row.ring_id, day))
    found = traces.read(night.on(day), accounts)
    reasons = [reason for kind in ("for", "against", "check") for reason in ring.evidence[kind]]
    evidence = [_shown(reason, clear) for reason in reasons]
    weakest = [name for reason in reasons if reason["reason"] == BRIDGE for name in reason["identifiers"]]
    names = _names(found, clear)
    drawn = picture(day, ring.members, left, found, weakest, names) if found else None
    return Shown(
        ring=ring,
        waterfall=charts.waterfall(evidence, row.probability or BLIND, night.settings.flag_probability, bits),
        checks=tuple(reason for reason in evidence if reason["direction"] == "check"),
        left=left,
        picture=drawn,
        things=_things(found, names, weakest),
        timeline=charts.timeline(found, accounts) if found else None,
        heat=charts.heat(found.hours) if found else None,
        networks=charts.networks(found.networks, len(accounts)) if found else [],
        about=found.about if found else {},
        queries=_queries(night, row.ring_id),
    )


def _shown(reason: Mapping[str, Any], clear: bool) -> dict[str, Any]:
    if clear:
        return dict(reason)
    identifiers = reason["identifiers"]
    return {
        **reason,
        "text": without(reason["text"], identifiers),
        "identifiers": [masked(name) for name in identifiers],
    }


def _names(found: traces.Traces | None, clear: bool) -> dict[tuple[str, str], str]:
    """What each shared identifier is called: its facet and what may be seen of it, numbered if need be."""
    called: dict[tuple[str, str], str] = {}
    taken: dict[str, int] = {}
    for thing in sorted(found.things if found else (), key=lambda thing: (thing.first, thing.facet, thing.name)):
        name = f"{thing.facet} {thing.name if clear else masked(thing.name)}"
        taken[name] = taken.get(name, 0) + 1
        called[thing.facet, thing.name] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return called


def _things(
    found: traces.Traces | None, names: Mapping[tuple[str, str], str], weakest: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "facet": thing.facet,
            "name": names[thing.facet, thing.name],
            "key": thing.name,
            "members": thing.members,
            "accounts": thing.accounts,
            "hub": thing.hub,
            "bits": thing.bits,
            "place": thing.place,
            "weak": thing.name in weakest,
        }
        for thing in (found.things if found else ())
    )


def _queries(night: Night, ring_id: str) -> tuple[dict[str, Any], ...]:
    """The questions that an investigator can ask of this ring: exact Cypher, and the link that opens it in Browser."""
    connection = server.known(night.settings)
    asked = []
    for query in investigate.queries():
        if set(query.needed) == {"ring_id"}:
            values = investigate.values(
                query, {"ring_id": ring_id}, lambda: browser.identifiers(night.settings.model_dir)
            )
            link = investigate.browser_link(connection, query, values) if connection else None
            asked.append(
                {
                    "name": query.name,
                    "question": query.question,
                    "text": investigate.filled_in(query, values),
                    "link": link,
                }
            )
    return tuple(asked)
