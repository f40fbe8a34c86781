"""Accounts that were erased, and how they leave the whole store."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ringwatch.store import database, erasure
from ringwatch.store.door import Door
from ringwatch.store.tables import erasure_request, tombstone


class Tombstones(Door):
    """Erased accounts by their tokens, and the erasing."""

    def bury(self, token: str, author: str, why: str) -> None:
        """Write the tombstone of an erased account, unless there is one."""
        with self._writing() as connection:
            if not connection.scalar(sa.select(tombstone.c.token).where(tombstone.c.token == token)):
                said = {"token": token, "author": author, "why": why, "at": database.now(connection)}
                connection.execute(sa.insert(tombstone).values(said))

    def tokens(self) -> frozenset[str]:
        """Return the tokens of all erased accounts."""
        with self._reading() as connection:
            return frozenset(connection.scalars(sa.select(tombstone.c.token)))

    def ask(self, account_id: str, author: str, why: str) -> None:
        """Let an account wait for the upkeep to erase it, unless it does."""
        with self._writing() as connection:
            if not connection.scalar(sa.select(erasure_request.c.at).where(erasure_request.c.account_id == account_id)):
                said = {"account_id": account_id, "author": author, "why": why, "at": database.now(connection)}
                connection.execute(sa.insert(erasure_request).values(said))

    def waiting(self) -> list[dict[str, Any]]:
        """Return account_id, at, author, why of the accounts that wait, oldest first."""
        return self._rows(sa.select(erasure_request).order_by(erasure_request.c.at, erasure_request.c.account_id))

    def naming(self, account_id: str) -> int:
        """Return how many values of the store name the account."""
        with self._reading() as connection:
            return erasure.count(connection, account_id)

    def erase(self, account_id: str, word: str) -> int:
        """Put `word` in place of the account everywhere, and return how many published rings are others by that.

        If it waited to be erased, it does so no more.
        """
        with self._writing() as connection:
            database.forget(connection)
            connection.execute(sa.delete(erasure_request).where(erasure_request.c.account_id == account_id))
            return erasure.replace(connection, account_id, word)
