"""Erased accounts: how they are known again, without their ids, so that they do not come back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate import normalise
from ringwatch.keys import tokens
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night

# The rule that their rows break, and why their values are gone.
ERASED = "the account was erased"

# What may stand between the values of a line that could not be read apart.
BETWEEN = re.compile(r'[,;\t|"]')

_PURPOSE = "erased account"


@dataclass(frozen=True)
class Tombstones:
    """The tokens of erased accounts, and the key that makes them."""

    buried: frozenset[str]
    key: bytes

    def named_in(self, ids: Any) -> Any:
        """Return for each of these account ids (Arrow text, as the gate has them) whether the account was erased."""
        if not self.buried:
            return pa.repeat(pa.scalar(False), len(ids))
        coded = ids.dictionary_encode()
        erased = pc.is_in(_tokens(coded.dictionary, self.key), pa.array(sorted(self.buried)))
        return erased.take(coded.indices).fill_null(False)

    def taken_out(self, rows: pa.Table, feed: Feed) -> tuple[pa.Table, Any]:
        """Return rows as they arrived without values that name erased accounts, and which rows are their own.

        Of a row of their own no value is left.
        """
        nobody = pa.repeat(pa.scalar(False), len(rows))
        if not self.buried:
            return rows, nobody
        named = {name: self.named_in(normalise.ids(rows, name)) for name in feed.accounts if name in rows.column_names}
        own = named.get(ACCOUNT_KEY, nobody)
        left = {
            name: pc.if_else(pc.or_(own, named.get(name, nobody)), pa.scalar(None, rows[name].type), rows[name])
            for name in rows.column_names
        }
        return pa.table(left), own

    def named_within(self, text: str) -> bool:
        """Whether a line that could not be read apart names an erased account."""
        parts = pa.table({"id": [part.strip() for part in BETWEEN.split(text)]}) if self.buried else None
        return parts is not None and bool(pc.any(self.named_in(normalise.ids(parts, "id"))).as_py())


def open_tombstones(night: Night) -> Tombstones:
    """Return who was erased from the store."""
    buried = night.store.tombstones.tokens()
    return Tombstones(buried, _key(night.settings.home) if buried else b"")


def token_of(home: Path, account_id: str) -> str:
    """Return the token under which an account is buried."""
    token: str = _tokens(pa.array([account_id]), _key(home))[0].as_py()
    return token


def waited_for(home: Path, account_ids: Any) -> Any:
    """Return the tokens by which accounts are known again whose held rows were discarded."""
    return tokens.keyed_tokens(account_ids, (_key(home),), "account that was waited for")


def _key(home: Path) -> bytes:
    """The first of the token keys: it is never replaced, so that a tombstone lasts."""
    return tokens.token_keys(home)[0]


def _tokens(ids: Any, key: bytes) -> Any:
    return tokens.keyed_tokens(ids, (key,), _PURPOSE)
