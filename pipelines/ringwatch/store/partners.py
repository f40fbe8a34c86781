"""What partners sent: indicators of rings that they confirmed, each by the id that its sender gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from ringwatch.store.door import Door
from ringwatch.store.records import PartnerIndicator
from ringwatch.store.tables import partner_indicator


class Partners(Door):
    """Indicators; a newer form of one takes the place of an older one, and never the other way round."""

    def take(self, indicators: Iterable[PartnerIndicator], at: datetime, author: str) -> int:
        """Keep what is new or newer, and return how many that were."""
        taken = 0
        with self._writing() as connection:
            query = sa.select(partner_indicator.c.indicator_id, partner_indicator.c.modified)
            known = {row.indicator_id: row.modified for row in connection.execute(query)}
            for one in indicators:
                if one.indicator_id in known and known[one.indicator_id] >= one.modified:
                    continue
                same = partner_indicator.c.indicator_id == one.indicator_id
                connection.execute(sa.delete(partner_indicator).where(same))
                connection.execute(sa.insert(partner_indicator).values(**asdict(one), at=at, author=author))
                taken += 1
        return taken

    def active(self, group: str, day: date) -> list[dict[str, Any]]:
        """Return what counts on `day`: of the group, not withdrawn, not expired; sorted by partner, ring and kind."""
        table = partner_indicator.c
        lasts = sa.or_(table.valid_until.is_(None), table.valid_until > datetime.combine(day, time()))
        query = sa.select(partner_indicator).where(table.partner_group == group, ~table.revoked, lasts)
        return self._rows(query.order_by(table.partner, table.ring, table.kind, table.indicator_id))
