"""IP addresses: which address a line has on a day, written as text."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.simulate.hashing import below, mix
from ringwatch.simulate.landscape import STATIC, Landscape
from ringwatch.simulate.leases import spells

_IPV6_PREFIX = "3d00"
_OCTETS = pa.array([str(number) for number in range(256)])
_GROUPS = pa.array([f"{number:x}" for number in range(1 << 16)])


def addresses_on(habits: pd.DataFrame, landscape: Landscape, day: int) -> pa.Array:
    """Return the address behind each row of address habits on `day`.

    An access of several lines takes one by account and spell. Each line lies in a region of its network, a few /24s; a
    leased one gets any address of the region, which another home may have had the day before.
    """
    line, account, block = (habits[name].to_numpy() for name in ("line", "account", "block"))
    which = below(habits["lines"].to_numpy(), line, account, day // habits["sticky_days"].to_numpy())
    lease = habits["lease_days"].to_numpy()
    spell = spells(habits, (day + below(lease, line, 1)) // lease, day)
    leased = lease < STATIC
    size, region = landscape.blocks["addresses"].to_numpy()[block], landscape.world.region_addresses
    begin = below(size // region, line, 3) * region
    step = np.where(leased, below(region, line, spell, 2), below(region, line, 5) + which)
    number = landscape.blocks["base"].to_numpy()[block] + (begin + step) % size
    ipv6 = landscape.blocks["ipv6"].to_numpy()[block] & (below(10, line, account) < 7)
    return pc.if_else(pa.array(ipv6), _ipv6(block, line, spell, account, day), _ipv4(number))


def _ipv4(number: np.ndarray) -> pa.Array:
    octets = [_OCTETS.take(pa.array((number >> shift) & 255)) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*octets, ".")


def _ipv6(block: np.ndarray, line: np.ndarray, spell: np.ndarray, account: np.ndarray, day: int) -> pa.Array:
    """A /64 of the line's spell, and an interface that changes with account and day."""
    network, interface = mix(line, spell, 4), mix(line, account, day)
    parts = [block.astype(np.uint64), network >> np.uint64(16), network]
    parts += [interface >> np.uint64(shift) for shift in (48, 32, 16, 0)]
    groups = [_GROUPS.take(pa.array((part & np.uint64(0xFFFF)).astype(np.int64))) for part in parts]
    return pc.binary_join_element_wise(pa.array([_IPV6_PREFIX] * len(line), pa.string()), *groups, ":")
