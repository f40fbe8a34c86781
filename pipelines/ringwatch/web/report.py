"""The report of a day: one file that opens from disk, with what the night did and its rings that matter most.

It is made of the templates of the page. It asks for nothing else: no script, no other file, no address.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

from markupsafe import Markup

from ringwatch.days.durable import replacing
from ringwatch.night import Night
from ringwatch.review.desk import RingView
from ringwatch.review.queue import QueueRow
from ringwatch.rights import kept
from ringwatch.web.nights import night_view
from ringwatch.web.page import Review
from ringwatch.web.rendering import render
from ringwatch.web.ring_view import ring_view

MOST_RINGS, MEMBERS = 10, 30
_STYLE = Path(__file__).parent / "static" / "style.css"


def write(review: Review, author: str, day: date, most: int = MOST_RINGS) -> Path:
    """Write `days/<day>/report.html` with the rings of most expected harm, and return its path.

    Raises UsageError when the day is not published.
    """
    desk, night = review.desk(author), review.night
    rows = desk.queue(day, "all", "", "harm", most, 0, asking=False)
    views = [ring_view(night, _as_of(night, desk.ring(row.ring_id, asking=False), row)) for row in rows]
    style = _STYLE.read_text(encoding="utf-8")
    text = render(
        "report.html.j2",
        style=Markup(style),  # noqa: S704 - our own file
        digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        views=views,
        size=MEMBERS,
        threshold=night.settings.flag_probability,
        **night_view(review, day),
    )
    path = night.files.report_page(day)
    with kept(night.settings), replacing(path) as new:
        new.write_text(text, encoding="utf-8")
    return path


def _as_of(night: Night, ring: RingView, row: QueueRow) -> RingView:
    """The ring as it was on the day of the row."""
    published, ring_id, day = night.store.published, row.ring_id, row.day
    reasons = published.evidence(ring_id, day)
    kinds = {kind: [one for one in reasons if one["direction"] == kind] for kind in ("for", "against", "check")}
    since = {member["account_id"]: member["since"] for member in ring.members}
    members = [
        {"since": since.get(member["account_id"]), "decision": None, **member}
        for member in published.members(ring_id, day)
    ]
    return replace(ring, row=row, evidence=kinds, members=members)
