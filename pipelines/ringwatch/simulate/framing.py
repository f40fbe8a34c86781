"""What operators can impose on honest people: their home address, or even their device, among a ring's traffic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import Cast, position, shared, stack
from ringwatch.simulate.landscape import ACCESS, Landscape

_ACCOUNTS_PER_VICTIM = 3
_FEWEST, _MOST = 2, 12


def frame(
    rng: np.random.Generator, landscape: Landscape, honest: Cast, cast: Cast, rings_that_frame: float
) -> tuple[Cast, pd.DataFrame]:
    """Let some rings of `cast` connect through homes of honest people and, a share of these, spoof their devices.

    With the cast come its victims: victim (row of honest people), style, operator (ring), how (address, device).
    """
    ring = cast.people["operator"].to_numpy()
    sizes = np.bincount(ring)
    framing = rng.random(len(sizes)) < rings_that_frame
    spoofing = rng.random(len(sizes)) < landscape.world.spoofing_share
    wanted = np.where(framing, np.clip(sizes // _ACCOUNTS_PER_VICTIM, _FEWEST, _MOST), 0)
    homes, machines = _victims(rng, landscape, honest, int(wanted.sum()))
    account = np.flatnonzero(framing[ring])
    victim = (wanted.cumsum() - wanted)[ring] + position(ring) % np.maximum(1, wanted)[ring]
    through = shared(account, victim, homes[ACCESS], 0.5)
    posing = shared(account[spoofing[ring[account]]], victim, machines[["device", "platform"]], 0.4)
    framed = replace(cast, addresses=stack([cast.addresses, through]), devices=stack([cast.devices, posing]))
    of = np.repeat(np.arange(len(sizes)), wanted)
    told = pd.DataFrame({"victim": homes["account"], "style": cast.people["style"].iloc[0], "operator": of})
    return framed, pd.concat([told.assign(how="address"), told[spoofing[of]].assign(how="device")])


def _victims(
    rng: np.random.Generator, landscape: Landscape, honest: Cast, wanted: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw people who live on a line of their own; return the habit of their home and of their main device."""
    residential = (landscape.blocks["kind"] == "residential").to_numpy()
    living = honest.people["context"].isin(["family", "solo"]).to_numpy()
    at_home = honest.addresses[residential[honest.addresses["block"]] & living[honest.addresses["account"]]]
    at_home = at_home[np.isinf(at_home["until"])].drop_duplicates("account")
    homes = at_home.sample(wanted, random_state=rng, replace=len(at_home) < wanted).reset_index(drop=True)
    main = honest.devices.drop_duplicates("account").set_index("account")
    return homes, main.loc[homes["account"]].reset_index()
