"""Ports of the embedded server: the wanted ones if they are free, else others that are remembered."""

import socket
from dataclasses import dataclass
from itertools import chain

from ringwatch.settings import Settings

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    bolt: int
    http: int


def choose_ports(settings: Settings, wanted_before: Ports | None, used_before: Ports | None) -> Ports:
    """Return free ports: those used before while the settings stay the same, else the wanted ones, else any."""
    wanted = wanted_ports(settings)
    first = used_before if used_before and wanted_before == wanted else wanted
    bolt = _first_free(first.bolt, wanted.bolt)
    return Ports(bolt=bolt, http=_first_free(first.http, wanted.http, but_not=bolt))


def any_ports() -> Ports:
    """Return free ports that nobody asks for by number."""
    bolt = _first_free()
    return Ports(bolt=bolt, http=_first_free(but_not=bolt))


def wanted_ports(settings: Settings) -> Ports:
    return Ports(bolt=settings.server_bolt_port, http=settings.server_http_port)


def _first_free(*ports: int, but_not: int = 0) -> int:
    candidates = chain(ports, iter(free_port, None))
    return next(port for port in candidates if port != but_not and is_free(port))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address; 0 is no port."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as Java does: connections that linger do not count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return port > 0 and not answers(port)


def answers(port: int) -> bool:
    """Whether something listens on `port` (some systems let us bind beside a listener on all addresses)."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
