"""Every setting there is, with its default and its meaning. They are read in config/load.py."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr

from deskd.settings.reports import ReportsSection
from deskd.settings.rules import LadderSection, MuteSection, PolicySection
from deskd.settings.time import CalendarSection, RotationSection
from deskd.settings.value_checks import (
    DatabaseUrl,
    HttpUrl,
    ImapUrl,
    Listen,
    MailAddress,
    MailAddresses,
    Names,
    Off,
    OffOrDuration,
    OffOrSecret,
    OffOrText,
    Section,
    Skills,
    SmtpUrl,
    Zone,
)
from engine.duty.workload import LIMIT
from engine.promises.rules import DEVOPS
from engine.tickets.people import Role
from engine.tickets.ticket import Priority

SECRET_KEY_LENGTH_MIN: Final = 32
"""It signs every reply address; shorter ones can be guessed."""

MAKE_A_KEY: Final = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

ROLE_ALIASES: Final = {
    "end_user": "requester",
    "employee": "requester",
    "devops_engineer": "agent",
    "it_staff": "agent",
    "senior_engineer": "senior",
    "team_lead": "lead",
    "department_head": "lead",
}
"""What companies call the roles; `desk.roles` adds a company's own names."""


def _secret_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < SECRET_KEY_LENGTH_MIN:
        raise ValueError(
            f"must be at least {SECRET_KEY_LENGTH_MIN} characters long; make one with: {MAKE_A_KEY}"
        )
    return key


class DeskSection(Section):
    name: str = Field(default="Support", description="What the desk calls itself in mails.")
    timezone: Zone = Field(
        default="UTC", description="For people whose own time zone is not known."
    )
    domains: Names = Field(
        default=(),
        description="Your own mail domains: their people in Cc are copied on public replies.",
    )
    categories: Names = Field(
        default=("VM", "Network", "Storage", "Database", "Security", "Access", "Other"),
        description="What tickets are about; the last one is the default.",
        min_length=1,
    )
    default_priority: Priority = Field(
        default=Priority.P3, description="The priority of a ticket that names none: P1 to P4."
    )
    requester_priorities: tuple[Priority, ...] = Field(
        default=tuple(Priority),
        description="What a requester may ask for when they open a ticket, besides the default; agents: any. Without"
        " `P1` nobody but an agent pages people at once.",
    )
    roles: dict[str, str] = Field(
        default_factory=dict,
        description="Your own names for the roles requester, agent, senior, lead, manager, admin.",
    )
    policy: str = Field(
        default=DEVOPS.id,
        description="The default policy: `devops`, `itil`, or one of `[[policies]]`.",
    )
    department_policies: dict[str, str] = Field(
        default_factory=dict,
        description='Policies of departments, for teams without one: `{HR = "itil"}`.',
    )
    category_policies: dict[str, str] = Field(
        default_factory=dict,
        description='Policies of categories; they win over those of teams and departments: `{Security = "strict"}`.',
    )
    skills: dict[str, Skills] = Field(
        default_factory=dict,
        description='The skills a category needs: `Network = ["network"]`; agents with the skill come first.',
    )
    pending_reminder: OffOrDuration = Field(
        default="2bd",
        description="A requester who does not answer a question is reminded after this; empty: never.",
    )
    pending_resolve: OffOrDuration = Field(
        default="5bd",
        description="A question without an answer resolves the ticket after this; empty: never.",
    )


class DatabaseSection(Section):
    url: DatabaseUrl = Field(
        default=SecretStr("sqlite+aiosqlite:///deskd.db"),
        description="`sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://USER:PASSWORD@HOST/NAME`.",
    )


class StorageSection(Section):
    attachments: Annotated[Path | None, Off] = Field(
        default=None,
        description="Folder for files that came with messages; default: beside the database.",
    )


class SmtpInSection(Section):
    listen: Listen = Field(default=None, description="`host:port` that accepts incoming mail.")
    protocol: Literal["smtp", "lmtp"] = Field(default="smtp", description="`smtp` or `lmtp`.")


class SmtpOutSection(Section):
    url: Annotated[SmtpUrl | None, Off] = Field(
        default=None,
        description="The relay: `smtp://`, `smtps://` or `smtp+starttls://USER:PASSWORD@HOST:PORT`.",
    )


class MailboxSection(Section):
    url: ImapUrl = Field(description="`imaps://USER@HOST`.")
    password: OffOrSecret = Field(default=None, description="The mailbox's password.")
    password_file: Annotated[Path | None, Off] = Field(
        default=None, description="A file that holds the password, instead of `password`."
    )
    folder: str = Field(default="INBOX", description="The folder that is read.")
    team: OffOrText = Field(default=None, description="The team its mail goes to.")
    after_import: Literal["seen", "delete", "move"] = Field(
        default="seen", description="What happens to a message once it is safely stored."
    )


class MailSection(Section):
    address: MailAddress = Field(default="support@localhost", description="The desk's own address.")
    plus_addresses: bool = Field(
        default=True,
        description="Replies come back to `local+t7-…@domain`; false for providers that refuse it.",
    )
    smtp_in: SmtpInSection = SmtpInSection()
    smtp_out: SmtpOutSection = SmtpOutSection()
    mailboxes: tuple[MailboxSection, ...] = ()


class SlackSection(Section):
    bot_token: OffOrSecret = Field(default=None, description="`xoxb-…` of the installed app.")
    app_token: OffOrSecret = Field(default=None, description="`xapp-…` with `connections:write`.")
    signing_secret: OffOrSecret = Field(default=None, description="For HTTP mode only.")
    base_url: HttpUrl = Field(
        default="https://slack.com/api/", description="Slack's API, or any server that speaks it."
    )
    channel: OffOrText = Field(
        default=None, description="Id of the default team's channel, where its tickets are shown."
    )


class TriageSection(Section):
    base_url: Annotated[HttpUrl | None, Off] = Field(
        default=None, description="Any OpenAI-compatible server; off: the assistant works locally."
    )
    api_key: OffOrSecret = Field(default=None, description="Its key.")
    model: OffOrText = Field(default=None, description="Its model.")


class HttpSection(Section):
    listen: Listen = Field(
        default="127.0.0.1:8080",
        description="`/health`, `/ready`, `/metrics`; empty: no HTTP at all.",
    )


class LimitsSection(Section):
    attachment_bytes: int = Field(
        default=10485760,
        description="Larger files are refused; the sender is told which and why.",
        ge=0,
    )


class LogSection(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    format: Literal["auto", "text", "json"] = Field(
        default="auto", description="`auto`: text on a terminal, JSON lines otherwise."
    )


DEFAULT_DEPARTMENT = "IT"


class TeamSection(Section):
    id: str = Field(description="Short and lasting, such as `network`.", min_length=1)
    name: OffOrText = Field(default=None, description="As people read it; default: the id.")
    department: str = Field(default=DEFAULT_DEPARTMENT, description="The department it belongs to.")
    slack_channel: OffOrText = Field(
        default=None, description="Id of its channel; members of a private channel are its agents."
    )
    addresses: MailAddresses = Field(
        default=(),
        description="Mail to these addresses goes to this team; it answers from the first.",
    )
    policy: OffOrText = Field(
        default=None, description="Its SLA policy; default: its department's, else `desk.policy`."
    )
    calendar: OffOrText = Field(
        default=None, description="Id of its `[[calendars]]` entry; default: around the clock."
    )
    ladder: OffOrText = Field(
        default=None,
        description="Id of its `[[ladders]]` entry: who is paged; default: agents, seniors, leads, managers, admins.",
    )
    open_to_agents: bool = Field(
        default=False, description="Agents of other teams may read and work its tickets too."
    )
    replies_public: bool = Field(
        default=False, description="Plain replies in a ticket's thread go to the requester."
    )
    strategy: Literal["least_loaded", "round_robin", "pull", "manual"] = Field(
        default="least_loaded",
        description="How waiting tickets are assigned: `least_loaded`, `round_robin`, `pull`, `manual` (not at all).",
    )
    on_shift: Literal["shifts", "hours", "always"] = Field(
        default="shifts",
        description="On duty: `shifts` (who started one), `hours` (all, by its calendar), `always` (all).",
    )


class PersonSection(Section):
    name: str = Field(description="As others read it.", min_length=1)
    mail: Annotated[MailAddress | None, Off] = Field(default=None, description="Their address.")
    slack: OffOrText = Field(default=None, description="Their Slack id (`U…`).")
    role: str = Field(
        default="agent", description="requester, agent, senior, lead, manager or admin."
    )
    teams: Names = Field(default=(), description="Ids of the teams they answer for.")
    department: OffOrText = Field(
        default=None,
        description="Leads and managers reach all teams of this department. Off: a lead reaches their own teams only,"
        " a manager also the only department there is.",
    )
    timezone: Annotated[Zone | None, Off] = Field(
        default=None, description="Such as `Europe/Berlin`."
    )
    skills: Skills = Field(default=(), description="What they can do, as `desk.skills` names it.")
    limit: int | None = Field(
        default=None,
        description=f"Tickets in work at most; above it only a P1 is assigned to them; default: {LIMIT}.",
        ge=1,
    )


class Settings(Section):
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = Field(
        default=None,
        description=f"Signs reply addresses; at least {SECRET_KEY_LENGTH_MIN} characters.",
    )
    drain_seconds: int = Field(
        default=8,
        description="How long a stopping daemon may take to finish its current work.",
        ge=0,
        le=300,
    )
    desk: DeskSection = DeskSection()
    database: DatabaseSection = DatabaseSection()
    storage: StorageSection = StorageSection()
    mail: MailSection = MailSection()
    slack: SlackSection = SlackSection()
    triage: TriageSection = TriageSection()
    http: HttpSection = HttpSection()
    limits: LimitsSection = LimitsSection()
    log: LogSection = LogSection()
    reports: ReportsSection = ReportsSection()
    teams: tuple[TeamSection, ...] = ()
    people: tuple[PersonSection, ...] = ()
    calendars: tuple[CalendarSection, ...] = ()
    rotations: tuple[RotationSection, ...] = ()
    policies: tuple[PolicySection, ...] = ()
    ladders: tuple[LadderSection, ...] = ()
    mutes: tuple[MuteSection, ...] = ()

    @property
    def drain(self) -> timedelta:
        return timedelta(seconds=self.drain_seconds)

    def role(self, name: str) -> Role | None:
        """The role meant by its own name, a usual alias, or one of `desk.roles`; None: unknown."""
        own = {_plain(alias): _plain(role) for alias, role in self.desk.roles.items()}
        plain = _plain(name)
        plain = own.get(plain, plain)
        plain = ROLE_ALIASES.get(plain, plain)
        return Role[plain.upper()] if plain.upper() in Role.__members__ else None


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
