"""The dials of a simulated world: how many of what, and in which ranges."""

from dataclasses import dataclass

from ringwatch.simulate.climate import USUAL, Climate

FEEDS = ("accounts", "payments", "devices", "ips", "usage")


@dataclass(frozen=True)
class World:
    """Shares are of all accounts, spans are days, a pair is a range that is drawn from evenly.

    Worlds of another name hold other people. `feeds` are those that are written; without `contacts` nobody gives mail
    or phone or is invited, without `instruments` all payments are transfers; `climate` is the usual one but in D.
    """

    name: str = "default"
    feeds: tuple[str, ...] = FEEDS
    contacts: bool = True
    instruments: bool = True
    climate: Climate = USUAL

    # Honest people, by where their accounts live; whoever is left over lives in a household.
    office_share: float = 0.14
    campus_share: float = 0.08
    developer_share: float = 0.04
    service_share: float = 0.03
    carrier_share: float = 0.06
    vpn_share: float = 0.02
    proxy_customer_share: float = 0.006
    nat_share: float = 0.02
    friends_share: float = 0.01
    household_sizes: tuple[float, ...] = (0.5, 0.25, 0.12, 0.08, 0.05)
    office_accounts: tuple[int, int] = (3, 600)
    campus_accounts: tuple[int, int] = (80, 900)
    nat_accounts: tuple[int, int] = (5, 60)
    office_card_share: float = 0.7
    office_template_share: float = 0.4
    office_kiosk_share: float = 0.15
    lifetime_days: float = 2000.0
    paying_share: float = 0.62
    prepaid_share: float = 0.15

    # Networks.
    static_line_share: float = 0.4
    lease_days: tuple[int, int] = (1, 14)
    addresses_per_account: float = 16.0
    region_addresses: int = 1024
    carrier_accounts_per_address: int = 400

    # Coincidences, which spare nobody.
    default_fingerprint_share: float = 0.03
    junk_device_share: float = 0.01
    colliding_device_share: float = 0.01
    resold_device_share: float = 0.01
    cafe_visitor_share: float = 0.08
    traveller_share: float = 0.03
    guest_share: float = 0.15
    tool_template_share: float = 0.35
    rented_number_share: float = 0.01
    disposable_mail_share: float = 0.02

    # Links among honest people.
    referred_share: float = 0.1
    affiliate_share: float = 0.01
    transfer_share: float = 0.01
    collected_share: float = 0.004

    # Operators. Small worlds hold the fewest rings of each style, whatever the prevalence.
    prevalence: float = 0.0125
    fewest_rings: int = 3
    fewest_rare_rings: int = 1
    largest_ring_share: float = 0.002
    fewest_farms: int = 2
    farm_share: float = 0.35
    smallest_farm: int = 24
    largest_farm_share: float = 0.004
    giant_farm_share: float = 0.0
    operator_lifetime_days: float = 90.0

    # What operators pay for, and what they save.
    exit_line_share: float = 0.015
    exits_per_account: tuple[float, float] = (0.25, 0.8)
    sticky_exit_days: tuple[int, int] = (1, 7)
    aged_share: tuple[float, float] = (0.0, 0.6)
    own_device_share: tuple[float, float] = (0.0, 0.1)
    own_card_share: float = 0.0
    careful_accounts_per_card: tuple[int, int] = (2, 8)
    careful_accounts_per_device: tuple[int, int] = (2, 6)
    chain_accounts_a_day: tuple[float, float] = (0.2, 3.0)
    pooled_template_share: float = 0.4
    framing_share: float = 0.1
    spoofing_share: float = 0.0
    sweeping_share: float = 0.3
    farm_accounts_per_card: tuple[int, int] = (1, 4)
    farm_bins: tuple[int, int] = (1, 4)
    farm_exchanges_a_day: float = 25.6
    farm_template_share: float = 1.0
    farm_template_use: tuple[float, float] = (0.5, 0.9)
    ordinary_volume_share: float = 0.2

    # Reseller pools.
    reseller_share: float = 0.003
    reseller_accounts: tuple[int, int] = (4, 160)
