"""The `mailto:` links of a mail, as things a reader can click."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

_MAILTO = re.compile(r"mailto:[^\s<>\"')\]]+", re.IGNORECASE)
# A footer has a handful of actions; a mail with thousands of links is not worth a button each.
ACTIONS_MAX = 30


@dataclass(frozen=True)
class MailAction:
    """A prepared mail: clicking it opens a compose window with these fields filled in."""

    label: str
    to: str
    subject: str = ""
    body: str = ""


def action_of(href: str, label: str = "") -> MailAction | None:
    """The mail a `mailto:` address prepares (RFC 6068), or None when it is no such address."""
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return None
    to = unquote(parts.path)
    if parts.scheme.lower() != "mailto" or "@" not in to:
        return None
    # RFC 6068 has no form encoding: a plus is a plus (addresses are full of them).
    fields = parse_qs(parts.query.replace("+", "%2B"))
    subject, body = (_first(fields, name) for name in ("subject", "body"))
    return MailAction(label=label or subject or to, to=to, subject=subject, body=body)


def actions_in(html: str, text: str) -> tuple[MailAction, ...]:
    """From the HTML part, whose links have words; from the text part when there is no HTML."""
    reader = _Links()
    reader.feed(html)
    reader.close()
    links = reader.found or [(href, "") for href in _MAILTO.findall(text)]
    actions = (action_of(href, label) for href, label in links[:ACTIONS_MAX])
    return tuple(dict.fromkeys(action for action in actions if action is not None))


def _first(fields: dict[str, list[str]], name: str) -> str:
    values = [held[0] for key, held in fields.items() if key.lower() == name]
    return values[0].replace("\r\n", "\n") if values else ""


class _Links(HTMLParser):
    """Collects (href, words) of links that start a mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._href = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href = dict(attrs).get("href") or ""
            self._words = []

    def handle_data(self, data: str) -> None:
        if self._href:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href.lower().startswith("mailto:"):
            self.found.append((self._href, " ".join("".join(self._words).split())))
        if tag == "a":
            self._href = ""
