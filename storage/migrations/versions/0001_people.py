"""Who is who: workspaces, teams, people."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _workspaces()
    _departments()
    _people()
    _identities()
    _teams()
    _memberships()
    _team_addresses()
    _default_workspace()


def _default_workspace() -> None:
    """The one that deskd.toml declares: mail may come before it has said a word about it."""
    workspaces = sa.table("workspaces", sa.column("id"), sa.column("settings"))
    op.execute(workspaces.insert().values(id="default", settings="{}"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE number_c21f969b5f03d33d43e04f8f136e7682 OWNED BY workspaces.id")


def downgrade() -> None:
    op.drop_table("team_addresses")
    op.drop_table("memberships")
    op.drop_table("teams")
    op.drop_table("identities")
    op.drop_table("people")
    op.drop_table("departments")
    op.drop_table("workspaces")


def _workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("settings", columns.Json, nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )


def _departments() -> None:
    op.create_table(
        "departments",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_departments_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_departments")),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("name_key", columns.Words(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("mail", columns.Words(), nullable=True),
        sa.Column("slack", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("skills", columns.Json, nullable=True),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name=op.f("fk_people_workspace")),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_people")),
    )
    op.create_index("ix_people_mail", "people", ["workspace", "mail"], unique=False)
    op.create_index("ix_people_name", "people", ["workspace", "name_key"], unique=False)
    op.create_index("ix_people_slack", "people", ["workspace", "slack"], unique=False)


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", columns.Words(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("verified_at", columns.Instant(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_identities_workspace_person"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace", "kind", "issuer", "subject", name=op.f("pk_identities")
        ),
    )
    op.create_index("ix_identities_person", "identities", ["workspace", "person"], unique=False)


def _teams() -> None:
    op.create_table(
        "teams",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("slack_channel", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("open_to_agents", sa.Boolean(), nullable=False),
        sa.Column("replies_public", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "department"],
            ["departments.workspace", "departments.id"],
            name=op.f("fk_teams_workspace_department"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_teams")),
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_memberships_workspace_person"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "team"],
            ["teams.workspace", "teams.id"],
            name=op.f("fk_memberships_workspace_team"),
        ),
        sa.PrimaryKeyConstraint("workspace", "person", "team", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_team", "memberships", ["workspace", "team"], unique=False)


def _team_addresses() -> None:
    op.create_table(
        "team_addresses",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "team"],
            ["teams.workspace", "teams.id"],
            name=op.f("fk_team_addresses_workspace_team"),
        ),
        sa.PrimaryKeyConstraint("workspace", "address", name=op.f("pk_team_addresses")),
    )
