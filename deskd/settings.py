"""Every setting there is, with its default and its meaning. Reading them is settings_load.py's business."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from engine.model import Priority, Role
from engine.sla import PRESETS

SECRET_KEY_LENGTH_MIN: Final = 32
"""It signs every reply address; shorter ones can be guessed."""
PORT_MAX: Final = 65535

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


def listen_address(text: str) -> tuple[str, int]:
    """("127.0.0.1", 8080) for "127.0.0.1:8080", ("::1", 25) for "[::1]:25"."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > PORT_MAX:
        raise ValueError('must be "host:port", for example "127.0.0.1:8080"')
    return host.strip("[]"), int(port)


def _listen(text: str | None) -> str | None:
    if text:
        listen_address(text)
    return text or None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('must be a time zone such as "Europe/Berlin"') from error
    return name


def _address(text: str) -> str:
    local, at, domain = text.strip().lower().rpartition("@")
    if not (local and at and domain) or any(c in text for c in " <>,;\r\n"):
        raise ValueError('must be a bare address such as "support@example.com"')
    return f"{local}@{domain}"


def _url(schemes: tuple[str, ...]) -> AfterValidator:
    def check(text: str) -> str:
        if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError("must start with " + " or ".join(f"{s}://" for s in schemes))
        return text

    return AfterValidator(check)


def _secret_url(schemes: tuple[str, ...]) -> AfterValidator:
    def check(text: SecretStr) -> SecretStr:
        if not text.get_secret_value().startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError("must start with " + " or ".join(f"{s}://" for s in schemes))
        return text

    return AfterValidator(check)


def _secret_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < SECRET_KEY_LENGTH_MIN:
        raise ValueError(
            f"must be at least {SECRET_KEY_LENGTH_MIN} characters long; make one with: {MAKE_A_KEY}"
        )
    return key


def _policy(name: str) -> str:
    if name not in PRESETS:
        raise ValueError("must be one of: " + ", ".join(sorted(PRESETS)))
    return name


def _or_off(value: object) -> object:
    """An empty value in a file or the environment switches off what it names."""
    return None if value == "" else value


def _list(value: object) -> object:
    """The environment has no lists: commas part their members there."""
    if isinstance(value, str):
        return [piece.strip() for piece in value.split(",") if piece.strip()]
    return value


Off = BeforeValidator(_or_off)
Listen = Annotated[str | None, AfterValidator(_listen)]
Zone = Annotated[str, AfterValidator(_zone)]
MailAddress = Annotated[str, AfterValidator(_address)]
Policy = Annotated[str, AfterValidator(_policy)]
Names = Annotated[tuple[str, ...], BeforeValidator(_list)]
MailAddresses = Annotated[tuple[MailAddress, ...], BeforeValidator(_list)]
OffOrSecret = Annotated[SecretStr | None, Off]
OffOrText = Annotated[str | None, Off]
HttpUrl = Annotated[str, _url(("http", "https"))]
SmtpUrl = Annotated[SecretStr, _secret_url(("smtp", "smtps", "smtp+starttls"))]
ImapUrl = Annotated[SecretStr, _secret_url(("imap", "imaps"))]
DatabaseUrl = Annotated[SecretStr, _secret_url(("sqlite+aiosqlite", "postgresql+asyncpg"))]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DeskSection(_Section):
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
    roles: dict[str, str] = Field(
        default_factory=dict,
        description="Your own names for the roles requester, agent, senior, lead, manager, admin.",
    )


class DatabaseSection(_Section):
    url: DatabaseUrl = Field(
        default=SecretStr("sqlite+aiosqlite:///deskd.db"),
        description="`sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://USER:PASSWORD@HOST/NAME`.",
    )


class StorageSection(_Section):
    attachments: Annotated[Path | None, Off] = Field(
        default=None,
        description="Folder for files that came with messages; default: beside the database.",
    )


class SmtpInSection(_Section):
    listen: Listen = Field(default=None, description="`host:port` on which mail is taken in.")
    protocol: Literal["smtp", "lmtp"] = Field(default="smtp", description="`smtp` or `lmtp`.")


class SmtpOutSection(_Section):
    url: Annotated[SmtpUrl | None, Off] = Field(
        default=None,
        description="The relay: `smtp://`, `smtps://` or `smtp+starttls://USER:PASSWORD@HOST:PORT`.",
    )


class MailboxSection(_Section):
    url: ImapUrl = Field(description="`imaps://USER@HOST`.")
    password: OffOrSecret = Field(default=None, description="The mailbox's password.")
    password_file: Annotated[Path | None, Off] = Field(
        default=None, description="A file that holds the password, instead of `password`."
    )
    folder: str = Field(default="INBOX", description="The folder that is read.")
    team: OffOrText = Field(default=None, description="The team its mail goes to.")
    after_import: Literal["seen", "delete", "move"] = Field(
        default="seen", description="What becomes of a message once it is safely stored."
    )


class MailSection(_Section):
    address: MailAddress = Field(default="support@localhost", description="The desk's own address.")
    plus_addresses: bool = Field(
        default=True,
        description="Replies come back to `local+t7-…@domain`; false for providers that refuse it.",
    )
    smtp_in: SmtpInSection = SmtpInSection()
    smtp_out: SmtpOutSection = SmtpOutSection()
    mailboxes: tuple[MailboxSection, ...] = ()


class SlackSection(_Section):
    bot_token: OffOrSecret = Field(default=None, description="`xoxb-…` of the installed app.")
    app_token: OffOrSecret = Field(default=None, description="`xapp-…` with `connections:write`.")
    signing_secret: OffOrSecret = Field(default=None, description="For HTTP mode only.")
    base_url: HttpUrl = Field(
        default="https://slack.com/api/", description="Slack's API, or any server that speaks it."
    )
    channel: OffOrText = Field(
        default=None, description="Id of the default team's channel, where its tickets are shown."
    )


class TriageSection(_Section):
    base_url: Annotated[HttpUrl | None, Off] = Field(
        default=None, description="Any OpenAI-compatible server; off: the assistant works locally."
    )
    api_key: OffOrSecret = Field(default=None, description="Its key.")
    model: OffOrText = Field(default=None, description="Its model.")


class HttpSection(_Section):
    listen: Listen = Field(
        default="127.0.0.1:8080",
        description="`/health`, `/ready`, `/metrics`; empty: no HTTP at all.",
    )


class LimitsSection(_Section):
    attachment_bytes: int = Field(
        default=10485760, description="Larger files are refused, by name and with the reason.", ge=0
    )


class LogSection(_Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    format: Literal["auto", "text", "json"] = Field(
        default="auto", description="`auto`: text on a terminal, JSON lines otherwise."
    )


DEFAULT_DEPARTMENT = "IT"


class TeamSection(_Section):
    id: str = Field(description="Short and lasting, such as `network`.", min_length=1)
    name: OffOrText = Field(default=None, description="As people read it; default: the id.")
    department: str = Field(default=DEFAULT_DEPARTMENT, description="The department it belongs to.")
    slack_channel: OffOrText = Field(
        default=None, description="Id of its channel; members of a private one are its agents."
    )
    addresses: MailAddresses = Field(
        default=(), description="The desk's addresses that lead to it; it answers from the first."
    )
    policy: Policy = Field(default="devops", description="Its promises: `devops`.")
    open_to_agents: bool = Field(
        default=False, description="Agents of other teams may read and work its tickets too."
    )
    replies_public: bool = Field(
        default=False, description="Plain replies in a ticket's thread go to the requester."
    )


class PersonSection(_Section):
    name: str = Field(description="As others read it.", min_length=1)
    mail: Annotated[MailAddress | None, Off] = Field(default=None, description="Their address.")
    slack: OffOrText = Field(default=None, description="Their Slack id (`U…`).")
    role: str = Field(
        default="agent", description="requester, agent, senior, lead, manager or admin."
    )
    teams: Names = Field(default=(), description="Ids of the teams they answer for.")
    department: str = Field(
        default=DEFAULT_DEPARTMENT, description="Managers and above reach its teams."
    )
    timezone: Annotated[Zone | None, Off] = Field(
        default=None, description="Such as `Europe/Berlin`."
    )


class Settings(_Section):
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = Field(
        default=None,
        description=f"Signs reply addresses; at least {SECRET_KEY_LENGTH_MIN} characters.",
    )
    drain_seconds: int = Field(
        default=8,
        description="How long a stopping daemon may finish what it has in hand.",
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
    teams: tuple[TeamSection, ...] = ()
    people: tuple[PersonSection, ...] = ()

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
