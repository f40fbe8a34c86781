"""What differs from deployment to deployment and is the same in families A to C: the dials of family D beyond those of
`world`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A column of which only a share `known` is delivered, all of it about the same things. Without any, it is left out
    of the files, or written but `empty`."""

    feed: str
    column: str
    known: float = 0.0
    empty: bool = False


@dataclass(frozen=True)
class Money:
    """How money moves. Shares are of rings, of companies, of families, or of all accounts.

    outside_share: of flows of operators and companies, those that go through a party outside the service, which is seen
    as an instrument, rather than through an account.
    """

    # Operators: from one to all, from all to one, on from one to the next, round in a circle.
    fan_out_share: float = 0.0
    sweep_share: float = 0.0
    peel_share: float = 0.0
    cycle_share: float = 0.0
    outside_share: float = 0.0

    # Honest people.
    payroll_share: float = 0.0
    family_share: float = 0.0
    friend_share: float = 0.0
    pupil_share: float = 0.0
    shopper_share: float = 0.0
    trader_share: float = 0.0
    affiliate_share: float = 0.0


@dataclass(frozen=True)
class Skills:
    """What the service is used for. evenness: how alike the capabilities are in use; focus: the share of one's use that
    goes to one capability, as a range, of ordinary people and of an operator's accounts."""

    evenness: float = 1.0
    focus: tuple[float, float] = (0.2, 0.9)
    operator_focus: tuple[float, float] = (0.2, 0.9)


@dataclass(frozen=True)
class Climate:
    """Shares are of all accounts, spans are days, a pair is a range that is drawn from evenly.

    accounts and window_days: of the deployment, unless others are asked for; None for no size of its own. one_drop: all
    history comes in one folder. gaps: columns that are not delivered, in whole or in part. styles: of operators there
    are.
    """

    # What is delivered.
    accounts: int | None = None
    window_days: int | None = None
    one_drop: bool = False
    gaps: tuple[Gap, ...] = ()
    styles: tuple[str, ...] = ()

    # How often people come: a power of the chance of a day's use (below 1: often), visits a day, or once in all.
    rarity: float = 1.0
    sessions_a_day: float = 1.2
    seen_once: bool = False
    burst_share: float = 0.0

    # Devices whose ids are coarse: the share of devices, and how many of them have one id by chance.
    coarse_device_share: float = 0.0
    devices_per_id: float = 1.0

    # The country or countries people live in (all of the usual ones if none is named), issuers and networks of each.
    countries: tuple[str, ...] = ()
    issuers: int = 11
    providers: int = 3
    carriers: int = 2

    # Lines: how long an address is leased, by provider (from hours to years; none given: as `world` says), for how many
    # days carriers pin an account to an address, who has no line but a phone, how many egress lines a company has.
    leases: tuple[float, float] | None = None
    carrier_pin_days: tuple[int, int] = (1, 1)
    phone_only_share: float = 0.0
    company_lines: tuple[int, int] = (1, 2)

    # Crowds that families A to C do not know.
    dormitory_share: float = 0.0
    tablet_family_share: float = 0.0
    agency_share: float = 0.0
    contractor_share: float = 0.0
    toolmaker_share: float = 0.0

    # Money that moves between accounts, and what the service is used for; none given: as in families A to C.
    money: Money | None = None
    skills: Skills | None = None


USUAL = Climate()
