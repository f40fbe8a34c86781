"""Failures that users meet: one sentence that says what happened and what to do next, and an exit code."""

from ringwatch import symptoms
from ringwatch.masking import mask
from ringwatch.symptoms import Symptom


class RingwatchError(Exception):
    """An expected failure. The command line prints the message alone and exits with `exit_code`.

    Passwords of addresses in the message are masked here, so that no caller has to think of them. `symptom` is what the
    person on call meets, where it is another one than that of the class.
    """

    exit_code = 1
    symptom = symptoms.OUR_FAULT

    def __init__(self, message: str = "", symptom: Symptom | None = None) -> None:
        super().__init__(mask(message))
        self.symptom = symptom or self.symptom


class Withheld(RingwatchError):
    """A guardrail kept the night from being published; yesterday's rings stay visible."""

    exit_code = 1
    symptom = symptoms.RING_EXPLOSION


class UsageError(RingwatchError):
    """A command, setting or model file is wrong."""

    exit_code = 2
    symptom = symptoms.WRONG_SETTING


class NightBeforeStopped(UsageError):
    """A night is not run, since one before it stopped, of which people were told."""


class DataRefused(RingwatchError):
    """The input of a night cannot be used as it is."""

    exit_code = 3
    symptom = symptoms.GATE_REFUSES


class InfrastructureError(RingwatchError):
    """A server, disk, port or download failed."""

    exit_code = 4
    symptom = symptoms.MACHINE_FAILED
