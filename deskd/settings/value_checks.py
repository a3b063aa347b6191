"""What a setting may be: addresses, URLs, zones, lists. Each wrong value is told with one that is right."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

from engine.calendars.durations import Duration
from engine.calendars.hours_document import zone_name

PORT_MAX: Final = 65535


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


def _skill(text: str) -> str:
    """A word, since the reasons written on tickets part them by commas; their case does not matter."""
    if not text.strip() or "," in text:
        raise ValueError('must be a name such as "network", without a comma')
    return text.strip().lower()


def _duration(text: str) -> str:
    Duration.read(text)
    return text


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


def _or_off(value: object) -> object:
    """An empty value in a file or the environment switches off what it names."""
    return None if value == "" else value


def listed(value: object) -> object:
    """The environment has no lists: commas part their members there."""
    if isinstance(value, str):
        return [piece.strip() for piece in value.split(",") if piece.strip()]
    return value


Off = BeforeValidator(_or_off)
Listen = Annotated[str | None, AfterValidator(_listen)]
Zone = Annotated[str, AfterValidator(zone_name)]
MailAddress = Annotated[str, AfterValidator(_address)]
Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
Skills = Annotated[tuple[Annotated[str, AfterValidator(_skill)], ...], BeforeValidator(listed)]
MailAddresses = Annotated[tuple[MailAddress, ...], BeforeValidator(listed)]
OffOrSecret = Annotated[SecretStr | None, Off]
OffOrDuration = Annotated[Annotated[str, AfterValidator(_duration)] | None, Off]
OffOrText = Annotated[str | None, Off]
HttpUrl = Annotated[str, _url(("http", "https"))]
SmtpUrl = Annotated[SecretStr, _secret_url(("smtp", "smtps", "smtp+starttls"))]
ImapUrl = Annotated[SecretStr, _secret_url(("imap", "imaps"))]
DatabaseUrl = Annotated[SecretStr, _secret_url(("sqlite+aiosqlite", "postgresql+asyncpg"))]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
