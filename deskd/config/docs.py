"""docs/settings.md, written from the settings themselves by `make docs`."""

import sys
from enum import Enum
from pathlib import Path
from typing import Final, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from deskd.settings.names import key_of, section_of
from deskd.settings.settings import MAKE_A_KEY, ROLE_ALIASES, Settings

_HEAD: Final = f"""# Settings

Generated from `deskd/settings/settings.py`; a test compares.

Read once at start: defaults < `deskd.toml` (by `--config FILE`, `DESKD_CONFIG`, or in the current folder)
< environment < flags (`--set mail.address=help@example.com`, before the command).
The environment name of `mail.smtp_in.listen` is `DESKD_MAIL__SMTP_IN__LISTEN`; with `_FILE` behind it, it
names a file that holds the value (its last line break is dropped; both set is an error). Lists are written with
commas there; tables in lists (`[[teams]]`, `[[people]]`, `[[calendars]]`) can only be in the file. An empty
value switches its setting off. Relative paths in the file are relative to the file.
`deskd config check` names every mistake with its line, `deskd config show` says where each value came from.

A secret key is made by `{MAKE_A_KEY}`.
"""

EXAMPLE: Final = """\
[[teams]]
id = "network"
policy = "office"
calendar = "berlin"
ladder = "network"

[[people]]
name = "Ana"
mail = "ana@example.com"
teams = ["network"]

[[people]]
name = "Ben"
mail = "ben@example.com"
role = "manager"

[[calendars]]
id = "berlin"
timezone = "Europe/Berlin"
hours = {mon-thu = ["09:00-17:00"], fri = ["09:00-12:00", "13:00-15:00"]}
yearly_holidays = ["12-25", "12-26"]

# As `devops`, but in the team's own hours; P1 still counts around the clock.
[[policies]]
id = "office"
base = "devops"
calendar = "team"
warn_at = [50, 80]

[policies.goals.low]
resolution = "5bd"

# The team's agents first; after 15 minutes whoever has the week, then the manager.
[[ladders]]
id = "network"
levels = [
  {notify = ["role:agent"], wait = "15m"},
  {notify = ["rotation:network-weeks"], via = ["slack", "mail"], wait = "15m"},
  {notify = ["person:Ben"]},
]

[[rotations]]
id = "network-weeks"
team = "network"
timezone = "Europe/Berlin"
kind = "weekly"
start = 2026-03-02T09:00:00
people = ["Ana", "Ben"]

[[mutes]]
start = 2026-03-07T20:00:00
end = 2026-03-08T02:00:00
timezone = "Europe/Berlin"
team = "network"
reason = "new switches"
"""


def document() -> str:
    example = f"## Example: SLA targets and pages\n\n```toml\n{EXAMPLE}```\n"
    parts = [_HEAD, *_section(Settings, ""), _aliases(), example]
    return "\n".join(parts)


def _section(model: type[BaseModel], path: str) -> list[str]:
    plain = [n for n in model.model_fields if section_of(model, n) is None]
    parts = []
    if plain:
        rows = [_row(name, model.model_fields[name]) for name in plain]
        head = ["| setting | default | meaning |", "|---|---|---|"]
        title = f"## {path}\n" if path else "## At the top of the file\n"
        said = [f"{model.__doc__}\n"] if model.__doc__ else []
        parts.append("\n".join([title, *said, *head, *rows]) + "\n")
    for name in model.model_fields:
        section = section_of(model, name)
        if section is not None:
            parts += _section(section, _title(model, name, path))
    return parts


def _title(model: type[BaseModel], name: str, path: str) -> str:
    full = f"{path.strip('[]`')}.{name}" if path else name
    key = key_of(model, name)
    if get_origin(model.model_fields[name].annotation) is tuple:
        return f"`[[{full}]]`"
    return f"`[{full}.{key}]`" if key else f"`[{full}]`"


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name}` | {_default(field)} | {(field.description or '').replace('|', chr(92) + '|')} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(needed)"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ((), {}):
        return "off" if value is None else "none"
    if isinstance(value, tuple):
        return f"`{', '.join(map(str, value))}`"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _aliases() -> str:
    names = ", ".join(f"`{alias}` = {role}" for alias, role in ROLE_ALIASES.items())
    return f"## Roles\n\nUsual names are known, in any case, with spaces or dashes: {names}.\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(document(), encoding="utf-8")
    else:
        sys.stdout.write(document())
