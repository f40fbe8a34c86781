"""The dials of a simulated world: how many of what, and in which ranges."""

from dataclasses import dataclass


@dataclass(frozen=True)
class World:
    """Shares are of all accounts, spans are days, a pair is a range that is drawn from evenly."""

    # Honest people, by where their accounts live; whoever is left over lives in a household.
    office_share: float = 0.14
    campus_share: float = 0.08
    developer_share: float = 0.04
    service_share: float = 0.03
    carrier_share: float = 0.06
    vpn_share: float = 0.02
    proxy_customer_share: float = 0.006
    friends_share: float = 0.01
    household_sizes: tuple[float, ...] = (0.5, 0.25, 0.12, 0.08, 0.05)
    office_accounts: tuple[int, int] = (3, 600)
    campus_accounts: tuple[int, int] = (80, 900)
    lifetime_days: float = 2000.0
    paying_share: float = 0.62
    prepaid_share: float = 0.15

    # Networks.
    static_line_share: float = 0.4
    lease_days: tuple[int, int] = (1, 14)
    carrier_accounts_per_address: int = 400

    # Coincidences, which spare nobody.
    default_fingerprint_share: float = 0.03
    junk_device_share: float = 0.01
    colliding_device_share: float = 0.01
    resold_device_share: float = 0.01
    cafe_visitor_share: float = 0.08
    guest_share: float = 0.15
    tool_template_share: float = 0.35
    referred_share: float = 0.1
    transfer_share: float = 0.01

    # Operators and reseller pools. Small worlds hold the fewest of each style, whatever the prevalence.
    prevalence: float = 0.0125
    fewest_rings: int = 3
    largest_ring_share: float = 0.002
    fewest_farms: int = 2
    farm_share: float = 0.35
    smallest_farm: int = 24
    largest_farm_share: float = 0.004
    reseller_share: float = 0.003
    reseller_accounts: tuple[int, int] = (4, 160)
    operator_lifetime_days: float = 90.0
    exit_line_share: float = 0.015
    sticky_exit_days: tuple[int, int] = (1, 7)
    careful_accounts_per_card: tuple[int, int] = (2, 8)
    careful_accounts_per_device: tuple[int, int] = (2, 6)
    drip_accounts_a_day: tuple[float, float] = (0.2, 3.0)
    farm_accounts_per_card: tuple[int, int] = (1, 4)
    farm_bins: tuple[int, int] = (1, 4)
    farm_exchanges_a_day: float = 25.6
    farm_template_use: tuple[float, float] = (0.5, 0.9)
