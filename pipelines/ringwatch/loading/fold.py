"""One day more: the state before it and the rows delivered on it in, the state after it out. In DuckDB, to Parquet.

What is known of a key grows with each row: first and last time, days, events. The graph hears of it (`_renewed`)

- at once when it is new, when it comes back after more than `refresh_days`, and when what is said of it changes;
- else on the night of its account's slot, once in `refresh_days`.

So a relationship that is seen every day is sent once a week, and the graph's `last_seen` is never far behind: with a
window of at least twice `refresh_days`, it lies in the window exactly when the true one does.
docs/decisions/as-of.md has the proof.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ringwatch import duck
from ringwatch.days import history
from ringwatch.loading import facts, tables
from ringwatch.loading.facts import REMEMBERED_DAYS
from ringwatch.loading.plan import Turn
from ringwatch.model import ACCOUNT, ACCOUNT_KEY
from ringwatch.night import Night

# A key's slot, from a digest that is the same on every machine and in every version.
_MACROS = """
CREATE MACRO night() AS DATE '{day}';
CREATE MACRO slot(key) AS CAST(md5_number_lower(key) % {refresh_days} AS UTINYINT);
CREATE MACRO due(slot) AS slot IN ({slots});
CREATE MACRO stale(last_seen) AS coalesce(CAST(last_seen AS DATE) < night() - {refresh_days}, true);
CREATE MACRO age(seen) AS CAST(greatest(night() - CAST(seen AS DATE), 0) AS BIGINT);
CREATE MACRO date_bit(seen) AS CASE WHEN age(seen) < {remembered} THEN 1::BIGINT << age(seen) ELSE 0 END;
CREATE MACRO aged(dates) AS (coalesce(dates, 0) & {still_remembered}) << {gap_days};
CREATE MACRO added(one, other) AS coalesce(one + other, one, other);
"""

# Accounts that a feed has named by now, with the day on which it first did.
_KNOWN = f"""
CREATE TABLE known AS
WITH before AS (SELECT {ACCOUNT_KEY}, _since FROM before_{ACCOUNT} WHERE _since IS NOT NULL)
FROM before UNION ALL
SELECT DISTINCT {ACCOUNT_KEY}, night() AS _since FROM accounts_clean ANTI JOIN before USING ({ACCOUNT_KEY})
"""


def fold(night: Night, turn: Turn, before: Path | None, after: Path) -> None:
    """Write the state after `turn` into the folder `after`, from the one in `before`; None is the empty state."""
    with history.connect(night) as connection:
        _begin(connection, night, turn, before)
        for table, query in facts.queries(night.model, turn):
            connection.sql(query).write_parquet(str(after / f"{table.name}.parquet"), compression="zstd")
            duck.read_parquet(connection, after / f"{table.name}.parquet").create_view(f"after_{table.name}")


def _begin(connection: duckdb.DuckDBPyConnection, night: Night, turn: Turn, before: Path | None) -> None:
    """Make what the queries use: macros of the turn, the state before it, known accounts, and the rows of each feed."""
    connection.execute(
        _MACROS.format(
            day=turn.day,
            refresh_days=night.settings.refresh_every,
            slots=", ".join(map(str, turn.slots)),
            remembered=REMEMBERED_DAYS,
            still_remembered=(1 << max(REMEMBERED_DAYS - turn.gap_days, 0)) - 1,
            gap_days=min(turn.gap_days, REMEMBERED_DAYS),
        )
    )
    for table in tables.tables(night.model):
        path = before / f"{table.name}.parquet" if before else None
        state = duck.read_parquet(connection, path) if path else connection.sql(table.empty())
        state.create_view(f"before_{table.name}")
    history.show_delivery(connection, night, turn.day)
    connection.execute(_KNOWN)
    history.admit_held(connection, night, turn.day)
