"""What GDS says of its memory, in our words."""

import pytest
from neo4j.exceptions import ClientError

from ringwatch.errors import InfrastructureError
from ringwatch.search import memory

# As GDS 2.13 words it.
REFUSED = (
    "Failed to invoke procedure `gds.leiden.mutate`: Caused by: java.lang.IllegalStateException: "
    "Memory required to run Leiden (3221225472b) exceeds available memory (1044083968b)"
)


def test_the_guard_of_gds_is_put_into_a_sentence_that_names_the_setting() -> None:
    with pytest.raises(
        InfrastructureError, match=r"Leiden needs 3,072 MB and the server has 996 MB free; .* server_heap_mb"
    ):
        fail(REFUSED)


def test_other_failures_of_gds_stay_as_they_are() -> None:
    with pytest.raises(ClientError):
        fail("dendrogramManager is null")


def fail(message: str) -> None:
    with memory.refusals():
        raise ClientError(message)
