"""Failures that users meet: one sentence that says what happened and what to do next, and an exit code."""

from ringwatch.masking import mask


class RingwatchError(Exception):
    """An expected failure. The command line prints the message alone and exits with `exit_code`.

    Passwords of addresses in the message are masked here, so that no caller has to think of them.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(mask(message))


class Withheld(RingwatchError):
    """A guardrail kept the night from being published; yesterday's rings stay visible."""

    exit_code = 1


class UsageError(RingwatchError):
    """A command, setting or model file is wrong."""

    exit_code = 2


class DataRefused(RingwatchError):
    """The input of a night cannot be used as it is."""

    exit_code = 3


class InfrastructureError(RingwatchError):
    """A server, disk, port or download failed."""

    exit_code = 4
