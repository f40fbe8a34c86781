"""Which ports the server gets."""

import socket
from collections.abc import Callable, Iterator

import pytest

from ringwatch.server.ports import Ports, any_ports, choose_ports, free_port, is_free, wanted_ports
from ringwatch.settings import Settings

MakeSettings = Callable[..., Settings]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_wanted_ports_are_taken_when_they_are_free(make_settings: MakeSettings) -> None:
    settings = make_settings(server_bolt_port=free_port(), server_http_port=free_port())

    assert choose_ports(settings, None, None) == wanted_ports(settings)


def test_a_port_that_is_taken_is_left_to_its_owner(make_settings: MakeSettings, taken: int) -> None:
    settings = make_settings(server_bolt_port=taken, server_http_port=free_port())

    chosen = choose_ports(settings, None, None)

    assert chosen.bolt != taken
    assert chosen.http == settings.server_http_port


def test_a_port_on_all_addresses_counts_as_taken(make_settings: MakeSettings) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port = listener.getsockname()[1]

        assert choose_ports(make_settings(server_bolt_port=port), None, None).bolt != port


def test_the_ports_of_last_time_are_kept_while_the_same_ports_are_wanted(make_settings: MakeSettings) -> None:
    settings = make_settings(server_bolt_port=free_port(), server_http_port=free_port())
    used = Ports(bolt=free_port(), http=free_port())

    assert choose_ports(settings, wanted_ports(settings), used) == used


def test_other_wishes_make_the_ports_of_last_time_forgotten(make_settings: MakeSettings) -> None:
    settings = make_settings(server_bolt_port=free_port(), server_http_port=free_port())
    used = Ports(bolt=free_port(), http=free_port())

    assert choose_ports(settings, Ports(7687, 7474), used) == wanted_ports(settings)


def test_bolt_and_http_never_get_the_same_port(make_settings: MakeSettings) -> None:
    port = free_port()

    chosen = choose_ports(make_settings(server_bolt_port=port, server_http_port=port), None, None)

    assert chosen.bolt == port != chosen.http


def test_any_ports_are_two_free_ones() -> None:
    ports = any_ports()

    assert ports.bolt != ports.http
    assert is_free(ports.bolt)
    assert is_free(ports.http)
