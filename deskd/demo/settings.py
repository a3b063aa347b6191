"""DIR/deskd.toml of the demo: ordinary settings, so that every other command works beside it."""

import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deskd.demo.samples import STAFF, Town
from deskd.settings.settings import SECRET_KEY_LENGTH_MIN

HOST: Final = "127.0.0.1"
DESK_ADDRESS: Final = "support@example.com"
KEY_BYTES: Final = 48

_TEXT: Final = """\
# Written by `deskd demo` at each start; only secret_key is kept from one to the next.
secret_key = "{secret_key}"

[desk]
name = "IT Support"
timezone = "UTC"
domains = ["example.com"]

[database]
url = "sqlite+aiosqlite:///deskd.db"

[mail]
address = "{address}"

[mail.smtp_in]
listen = "{host}:{smtp_port}"

[mail.smtp_out]
url = "smtp://{relay_host}:{relay_port}"

[slack]
bot_token = "{bot_token}"
app_token = "{app_token}"
base_url = "{base_url}"
channel = "{channel}"

[http]
listen = "{host}:{http_port}"

# Whoever leads is paged by mail too: a mail can be acknowledged without Slack.
[[ladders]]
id = "roles"

[[ladders.levels]]
notify = ["role:agent"]

[[ladders.levels]]
notify = ["role:senior"]

[[ladders.levels]]
notify = ["role:lead"]
via = ["slack", "mail"]

[[ladders.levels]]
notify = ["role:manager"]
via = ["slack", "mail"]
"""
_PERSON: Final = """
[[people]]
name = "{name}"
mail = "{mail}"
slack = "{slack}"
role = "{role}"
teams = ["support"]
timezone = "{timezone}"
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where what listens; `relay` is the mailboxes' own SMTP server."""

    smtp_port: int
    http_port: int
    relay: tuple[str, int]


def write_settings(folder: Path, town: Town, places: Places) -> Path:
    file = folder / "deskd.toml"
    secret_key = _key_of(file) or secrets.token_urlsafe(KEY_BYTES)
    slack = town.slack
    text = _TEXT.format(
        secret_key=secret_key,
        address=DESK_ADDRESS,
        host=HOST,
        smtp_port=places.smtp_port,
        http_port=places.http_port,
        relay_host=places.relay[0],
        relay_port=places.relay[1],
        bot_token=slack.bot_token,
        app_token=slack.app_token,
        base_url=slack.base_url,
        channel=town.channel,
    )
    for person in STAFF:
        text += _PERSON.format(
            name=person.name,
            mail=person.mail,
            slack=slack.user(person.login).user_id,
            role=person.role,
            timezone=person.timezone,
        )
    file.touch(mode=0o600, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _key_of(file: Path) -> str | None:
    """Old reply addresses stay valid when a demo is started again in its folder."""
    try:
        key = tomllib.loads(file.read_text(encoding="utf-8")).get("secret_key")
    except (OSError, ValueError):
        return None
    return key if isinstance(key, str) and len(key) >= SECRET_KEY_LENGTH_MIN else None
