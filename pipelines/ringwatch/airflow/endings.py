"""How a task ends that fails: with one sentence in its log, no stack behind it, and another try only where that helps.

The exit code is the one that the command line would end with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from ringwatch.errors import RingwatchError

# The XCom that has the sentence, for whoever tells people of a run that stopped.
STOPPED = "stopped"

_log = logging.getLogger(__name__)


class _Ending(SystemExit):
    """The end of a task by a failure that a person is told of."""

    def __init__(self, failure: RingwatchError) -> None:
        super().__init__(failure.exit_code)
        self.failure = failure


class NeedsPerson(_Ending):
    """Another try would end like this one."""


class MayPass(_Ending):
    """A server, disk or network failed; another try may go well."""


ONLY_WHAT_MAY_PASS = ExceptionRetryPolicy([RetryRule(exception=NeedsPerson, action=RetryAction.FAIL)])


@contextmanager
def told(push: Callable[[str, str], None]) -> Iterator[None]:
    """Turn what fails in the block into a sentence in the log and an exit code; `push` keeps the sentence."""
    try:
        yield
    except (AirflowException, NeedsPerson, MayPass):
        raise
    except Exception as error:
        raise _ending(error, push) from None


def _ending(error: Exception, push: Callable[[str, str], None]) -> SystemExit:
    from ringwatch import log
    from ringwatch.cli import failures
    from ringwatch.errors import InfrastructureError

    sentence = failures.foreseen(error)
    if isinstance(sentence, failures.Unforeseen):
        log.unforeseen(error)
    _log.error("%s", sentence)
    push(STOPPED, str(sentence))
    passes = isinstance(sentence, InfrastructureError) and not isinstance(sentence, failures.Unforeseen)
    return (MayPass if passes else NeedsPerson)(sentence)
