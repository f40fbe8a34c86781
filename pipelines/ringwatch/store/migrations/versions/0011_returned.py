"""A ring that comes back under other accounts has an event of its own."""

from alembic import op

revision = "0011"
down_revision = "0009"

EVENTS = "'new', 'grown', 'shrunk', 'unchanged', 'merged', 'split', 'dormant', 'revived'"
# Views, and indexes of the table.
OTHERS = """
SELECT type, name, sql FROM sqlite_master
WHERE sql IS NOT NULL AND (type = 'view' OR (type = 'index' AND tbl_name = 'ring_night')) ORDER BY rowid
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE ring_night DROP CONSTRAINT ck_ring_night_event")
        op.execute(f"ALTER TABLE ring_night ADD CONSTRAINT ck_ring_night_event CHECK (event IN ({EVENTS}, 'returned'))")
    else:
        _moved()


def _moved() -> None:
    """SQLite cannot change a check: the rows move, and views that read them are made again."""
    connection = op.get_bind()
    others = connection.exec_driver_sql(OTHERS).all()
    made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'ring_night'").scalar_one()
    for kind, name, _ in others:
        connection.exec_driver_sql(f"DROP {kind.upper()} {name}")
    connection.exec_driver_sql("ALTER TABLE ring_night RENAME TO earlier_night")
    connection.exec_driver_sql(made.replace(EVENTS, f"{EVENTS}, 'returned'"))
    connection.exec_driver_sql("INSERT INTO ring_night SELECT * FROM earlier_night")
    connection.exec_driver_sql("DROP TABLE earlier_night")
    for _, _, sql in others:
        connection.exec_driver_sql(sql)
