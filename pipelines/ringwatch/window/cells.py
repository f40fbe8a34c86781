"""Composite cells: two weak traits that go together far more often than each alone would explain.

The tables of `sharing` in; more rows of `identifier` and `sighting`, with the facet `cell`, and the table `cell`
(identifier, one, other: its sides) out. Accounts of one operator send the same prompt template from the same networks,
or pay with cards of one issuer from them, though each of these is common. For sides with n1 and n2 of all N accounts, c
accounts with both are expected to be

    e = (n1 - c) (n2 - c) / N + 0.5

which leaves the cell itself out, so that a farm that is a sixth of all accounts does not make its own habits look
common. A cell counts when c is at least 4, 8 times e, and the log-likelihood ratio of a Poisson count
c ln(c / e) - c + e exceeds 14 (`sql/macros.sql`).
"""

from __future__ import annotations

from ringwatch.window.making import Maker


def add(maker: Maker, days: int) -> None:
    """Add the cells to the tables of `sharing`, whose window is `days` long."""
    maker.do(("side", "met_at", "found", "cell_identifier", "cell_sighting", "cell"), days=days)
    maker.drop(("side", "met_at", "found"))
