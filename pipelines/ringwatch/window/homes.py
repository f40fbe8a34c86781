"""Where an account is at home, so that what others do there is no act of its own: the tables of `sharing` in, two out.

abode  account, identifier: the addresses and networks of the line that it lives on, the device that it lives with, and
       the cells of which one of these is a side
guest  account, share (how much of its days at addresses it spends where another one lives and it does not, as those do
       who rent exits; hubs are nobody's home), hardly_seen (on so few days that it may live at any of its addresses)

Outsiders can send their traffic through somebody's line, and pose as somebody's device. A line is told by its region,
since a line that changes its address gets another one near by; lines are no VPNs, data centres, places of work, nor
hubs. An account lives on a line when it is there on at least half of the days on which it was seen at any address, and
on more days than on all other lines together: who rents exits is on each of them for some days only, and on several at
once. It lives with the device that it uses on most days, when these are half of its days on devices at least.
"""

from __future__ import annotations

from ringwatch.window.making import Maker

# Share of the days on which an account was seen that it spends where it lives; fewest days on a line, and on a device.
LIVES, LIVES_DAYS, DEVICE_DAYS = 0.5, 3, 2


def add(maker: Maker) -> None:
    """Add the tables above to those of `sharing`, after its places and cells."""
    maker.do(
        ("line", "abode", "home", "guest", "cell_abode"), lives=LIVES, lives_days=LIVES_DAYS, device_days=DEVICE_DAYS
    )
    maker.drop(("line", "home"))
