"""Who may do what in a review store on Postgres: the owner everything, the page and consumers what they need.

Given anew after each migration, since that may replace a view; giving what is given changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.store import database
from ringwatch.store.tables import change, claim, ring, verdict, verdict_member
from ringwatch.store.views import (
    flagged_nights,
    flagged_ring_harm,
    flagged_ring_members,
    flagged_ring_members_history,
    flagged_rings,
    flagged_rings_history,
)

# What the contract hands out.
CONTRACT = tuple(
    sorted(
        each.name
        for each in (
            change, ring, flagged_nights, flagged_ring_harm, flagged_ring_members, flagged_ring_members_history,
            flagged_rings, flagged_rings_history,
        )
    )
)  # fmt: skip
# What people decide: verdicts are never changed, claims are.
_DECIDED = (verdict.name, verdict_member.name)
_CLAIMED = (claim.name,)


def grant(engine: sa.Engine, page: str | None, consumers: str | None) -> None:
    """Let the role `page` read all and write verdicts and claims, `consumers` read what the contract has, nothing else.

    Raises UsageError for a store that is not Postgres, InfrastructureError for a role that is not there.
    """
    if engine.dialect.name != "postgresql":
        raise UsageError("roles are Postgres's: the store is SQLite, which its owner's file rights protect")
    with database.writing(engine) as connection:
        for role in (role for role in (page, consumers) if role):
            _expect(connection, role)
            _run(
                connection, f"REVOKE ALL ON ALL TABLES IN SCHEMA {_schema(connection)} FROM {_quoted(connection, role)}"
            )
            _run(
                connection,
                f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {_schema(connection)} FROM {_quoted(connection, role)}",
            )
            _run(connection, f"GRANT USAGE ON SCHEMA {_schema(connection)} TO {_quoted(connection, role)}")
        if page:
            _grant_page(connection, _quoted(connection, page))
        if consumers:
            _run(connection, f"GRANT SELECT ON {_names(connection, CONTRACT)} TO {_quoted(connection, consumers)}")


def _grant_page(connection: sa.Connection, role: str) -> None:
    schema = _schema(connection)
    _run(connection, f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    _run(connection, f"GRANT INSERT ON {_names(connection, _DECIDED)} TO {role}")
    _run(connection, f"GRANT INSERT, DELETE ON {_names(connection, _CLAIMED)} TO {role}")
    _run(connection, f"GRANT USAGE ON SEQUENCE {_names(connection, [f'{verdict.name}_seq_seq'])} TO {role}")


def _expect(connection: sa.Connection, role: str) -> None:
    if not connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}):
        raise InfrastructureError(f"Postgres has no role {role}; make it first, as deploy/create-databases.sh does")


def _schema(connection: sa.Connection) -> str:
    return _quoted(connection, str(connection.scalar(sa.text("SELECT current_schema()"))))


def _names(connection: sa.Connection, names: Iterable[str]) -> str:
    return ", ".join(_quoted(connection, name) for name in names)


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _run(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
