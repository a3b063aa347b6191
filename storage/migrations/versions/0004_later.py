"""The tables that wait for their feature."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _calendars()
    _categories()
    _chores()
    _custom_fields()
    _custom_values()
    _ladders()
    _policies()
    _request_forms()
    _credentials()
    _sessions()
    _tokens()
    _notices()
    _tasks()


def downgrade() -> None:
    op.drop_table("tasks")
    op.drop_table("notices")
    op.drop_table("tokens")
    op.drop_table("sessions")
    op.drop_table("credentials")
    op.drop_table("request_forms")
    op.drop_table("policies")
    op.drop_table("ladders")
    op.drop_table("custom_values")
    op.drop_table("custom_fields")
    op.drop_table("chores")
    op.drop_table("categories")
    op.drop_table("calendars")


def _calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_calendars_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f("pk_calendars")),
    )


def _categories() -> None:
    op.create_table(
        "categories",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_categories_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f("pk_categories")),
    )


def _chores() -> None:
    op.create_table(
        "chores",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("chore", sa.Text(), nullable=False),
        sa.Column("slot", columns.Instant(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("claimed_at", columns.Instant(), nullable=False),
        sa.Column("done_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name=op.f("fk_chores_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chores")),
        sa.UniqueConstraint(
            "workspace", "chore", "slot", name=op.f("uq_chores_workspace_chore_slot")
        ),
    )


def _custom_fields() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_custom_fields_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f("pk_custom_fields")),
    )


def _custom_values() -> None:
    op.create_table(
        "custom_values",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", columns.Json, nullable=True),
        sa.Column("set_at", columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_custom_values_workspace")
        ),
        sa.PrimaryKeyConstraint(
            "workspace", "subject_kind", "subject_id", "field", name=op.f("pk_custom_values")
        ),
    )


def _ladders() -> None:
    op.create_table(
        "ladders",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_ladders_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f("pk_ladders")),
    )


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_policies_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f("pk_policies")),
    )


def _request_forms() -> None:
    op.create_table(
        "request_forms",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_request_forms_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f("pk_request_forms")),
    )


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("replaced_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_credentials_workspace_person"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_credentials")),
    )
    op.create_index("ix_credentials_person", "credentials", ["workspace", "person"], unique=False)


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("seen_at", columns.Instant(), nullable=False),
        sa.Column("expires_at", columns.Instant(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_sessions_workspace_person"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index("ix_sessions_expires", "sessions", ["expires_at"], unique=False)


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", columns.Json, nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("used_at", columns.Instant(), nullable=True),
        sa.Column("expires_at", columns.Instant(), nullable=True),
        sa.Column("revoked_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_tokens_workspace_person"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_tokens")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("facts", columns.Json, nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("read_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_notices_workspace_person"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_notices_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "workspace", "person", "key", name=op.f("uq_notices_workspace_person_key")
        ),
    )
    op.create_index("ix_notices_person", "notices", ["workspace", "person", "at"], unique=False)


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("title", columns.Words(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("estimate", columns.Span(), nullable=True),
        sa.Column("due_at", columns.Instant(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("done_at", columns.Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "assignee"],
            ["people.workspace", "people.id"],
            name=op.f("fk_tasks_workspace_assignee"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "parent"],
            ["tasks.workspace", "tasks.id"],
            name=op.f("fk_tasks_workspace_parent"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_tasks_workspace_ticket"),
        ),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name=op.f("fk_tasks_workspace")),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_assignee", "tasks", ["workspace", "assignee"], unique=False)
    op.create_index("ix_tasks_ticket", "tasks", ["workspace", "ticket"], unique=False)
