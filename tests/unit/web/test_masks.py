"""What is shown of an identifier to who has not revealed it."""

import pytest

from ringwatch.web.masks import masked


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("203.0.113.7", "203.0.•••"),
        ("a41f09c2bb77", "a41f•••"),
        ("device: a41f09c2bb77", "device: a41f•••"),
        ("ip: 203.0.113.7", "ip: 203.0.•••"),
        ("ab", "•••"),
    ],
)
def test_its_kind_and_too_little_to_use_it_stay(identifier: str, shown: str) -> None:
    assert masked(identifier) == shown
