"""Where the reader of the page is, kept in the address: every state can be linked and reloaded."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

# The longest honest value is a mail address or a channel id; anything longer is not ours.
VALUE_CHARS_MAX = 320


@dataclass(frozen=True)
class Place:
    # The workspace: who acts, the channel shown, the thread beside it, the app's tab.
    me: str = ""
    channel: str = ""
    thread: str = ""
    tab: str = ""
    # The mail: whose mailbox, which thread, text or HTML, and what is being composed.
    box: str = ""
    mail: str = ""
    part: str = ""
    compose: str = ""
    # A sentence to show once, by its number.
    notice: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Place":
        known = {field.name for field in fields(cls)}
        return cls(**{k: v[:VALUE_CHARS_MAX] for k, v in query.items() if k in known})

    @classmethod
    def of_query(cls, query: str) -> "Place":
        """From a form's hidden field."""
        return cls.read(dict(parse_qsl(query, max_num_fields=50)))

    @property
    def query(self) -> str:
        return urlencode({key: value for key, value in asdict(self).items() if value})

    @property
    def url(self) -> str:
        return f"/?{self.query}"

    def to(self, **changes: Any) -> "Place":
        """The neighbouring place; a notice is not taken along."""
        return replace(self, **({"notice": ""} | {k: str(v) for k, v in changes.items()}))
