"""Keyed tokens and the key they hang on."""

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.tokens import keyed_tokens, token_key

KEY = b"k" * 32


def test_a_token_is_the_first_half_of_the_hmac_of_purpose_and_value() -> None:
    expected = hmac.new(KEY, b"email:a@example.org", hashlib.sha256).hexdigest()[:32]

    made = keyed_tokens(pd.Series(["a@example.org", None, "a@example.org"]), KEY, "email")

    assert made.iloc[0] == made.iloc[2] == expected
    assert pd.isna(made.iloc[1])


def test_another_key_or_purpose_gives_another_token() -> None:
    values = pd.Series(["+4915112345678"])
    tokens = {keyed_tokens(values, key, purpose)[0] for key in (KEY, b"x" * 32) for purpose in ("phone", "email")}

    assert len(tokens) == 4


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(token_key, [tmp_path] * 16))

    path = tmp_path / "secrets" / "token.key"
    assert keys == {path.read_bytes()}
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["token.key"]


def test_a_key_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("not a folder", encoding="utf-8")

    with pytest.raises(InfrastructureError, match=r"the token key .*token\.key cannot be used"):
        token_key(tmp_path)
