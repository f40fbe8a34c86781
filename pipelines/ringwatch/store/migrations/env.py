"""Runs migrations on the connection that `ringwatch.store.migrate` gives; there is no other way in."""

from alembic import context

from ringwatch.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
