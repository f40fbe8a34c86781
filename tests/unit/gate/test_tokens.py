"""Keyed tokens and the key they hang on."""

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.keys.tokens import keyed_tokens, rotated, token_keys

KEY = b"k" * 32


def first_half(key: bytes, message: str) -> str:
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()[:32]


def test_a_token_is_the_first_half_of_the_hmac_of_purpose_and_value() -> None:
    expected = first_half(KEY, "email:a@example.org")

    made = keyed_tokens(pa.array(["a@example.org", None, "a@example.org"]), (KEY,), "email")

    assert made.to_pylist() == [expected, None, expected]


def test_each_further_key_makes_a_token_of_the_token() -> None:
    values = pa.array(["a@example.org", None])
    expected = first_half(b"x" * 32, first_half(KEY, "email:a@example.org"))

    assert keyed_tokens(values, (KEY, b"x" * 32), "email").to_pylist() == [expected, None]
    assert rotated(keyed_tokens(values, (KEY,), "email"), (b"x" * 32,)).to_pylist() == [expected, None]


def test_another_key_or_purpose_gives_another_token() -> None:
    values = pa.array(["+4915112345678"])
    tokens = {keyed_tokens(values, (key,), use)[0] for key in (KEY, b"x" * 32) for use in ("phone", "email")}

    assert len(tokens) == 4


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(token_keys, [tmp_path] * 16))

    path = tmp_path / "secrets" / "token.key"
    assert keys == {(path.read_bytes(),)}
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["token.key"]


def test_a_key_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("not a folder", encoding="utf-8")

    with pytest.raises(InfrastructureError, match=r"the token key .*token\.key cannot be used"):
        token_keys(tmp_path)


def test_a_key_file_that_lost_bytes_is_one_sentence(tmp_path: Path) -> None:
    token_keys(tmp_path)
    (tmp_path / "secrets" / "token.key").write_bytes(b"short")

    with pytest.raises(InfrastructureError, match=r"token\.key is damaged: 5 bytes"):
        token_keys(tmp_path)
