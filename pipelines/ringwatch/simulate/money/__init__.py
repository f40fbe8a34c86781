"""Money that moves: what operators do with it, and who else moves it in the same shapes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ringwatch.simulate.habits import Cast, stack
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.money.honest import honest_moves
from ringwatch.simulate.money.moves import Moves
from ringwatch.simulate.money.rings import ring_moves

__all__ = ["move_money"]


def move_money(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with transfers between accounts, and payments by what stands for parties outside the service."""
    money = landscape.world.climate.money
    if money is None:
        return cast
    moves = Moves.all_of([ring_moves(rng, landscape, cast), honest_moves(rng, landscape, cast)])
    return replace(
        cast,
        transfers=stack([cast.transfers, moves.transfers]),
        cards=stack([cast.cards, moves.outside]),
    )
