"""Alembic's way in: storage.upgrade hands over an open connection, inside its own transaction."""

from alembic import context

from storage.sql.schema_later import EVERYTHING

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=EVERYTHING,
    render_as_batch=True,
    compare_server_default=True,
)
context.run_migrations()
