"""Words between Slack and the desk: foreign text made harmless, typed text made plain. It calls nobody."""

import re
from collections.abc import Mapping
from typing import Final

_JOINER: Final = "\u2060"  # takes no room and breaks what would be a mark
_ELLIPSIS: Final = "…"

# Control characters, halves of a character that no encoding takes, and those that turn the direction of what follows:
# a name could rewrite our sentence.
_INVISIBLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]"
)
_MARK: Final = re.compile(r"<(?=[!@#])")
_OPENED: Final = re.compile(r"<[^<>\n]*")
_QUOTE_AT_START: Final = re.compile(r"^(?=&gt;)", re.MULTILINE)

# Twins that look the same and mean nothing to mrkdwn; Slack knows no way to escape its own marks.
_TWINS: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "*": "\u2217",
        "_": "\u02cd",
        "~": "\u223c",
        "`": "\u02cb",
        "|": "\u2223",
    }
)


def escape(text: str) -> str:
    """The three characters Slack wants escaped, and nothing else: for our own sentences."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """Foreign text for plain_text and rich_text, where marks mean nothing: kept as written, but for
    what would become a mention or a link should anybody copy it into a place where marks do."""
    clean = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    clean = _MARK.sub(f"<{_JOINER}", clean)
    return _OPENED.sub(lambda link: link.group().replace("|", "\u2223"), clean)


def mrkdwn(text: str) -> str:
    """Foreign text inside our own mrkdwn: pings nobody, formats nothing, links nowhere."""
    clean = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _QUOTE_AT_START.sub(_JOINER, clean.translate(_TWINS))


def cut(text: str, most: int) -> str:
    """At most `most` characters; an ellipsis says that there was more."""
    if len(text) <= most:
        return text
    return text[: most - 1].rstrip() + _ELLIPSIS


def cut_escaped(text: str, most: int) -> str:
    """As cut, for text that is escaped already: no entity is cut in two."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    opened = max(kept.rfind("&"), kept.rfind("<"))
    closed = max(kept.rfind(";"), kept.rfind(">"))
    return (kept[:opened] if opened > closed else kept).rstrip() + _ELLIPSIS


def cut_bytes(text: str, most: int) -> str:
    """As cut_escaped, with the bound in UTF-8 bytes, as chat.update counts."""
    while len(text.encode()) > most:
        text = cut_escaped(text, max(2, len(text) * most // (len(text.encode()) + 1) - 1))
    return text


# What a header shows of a subject.
HEADER_WORDS: Final = 120


def first_line(text: str, most: int) -> str:
    """The first line with words in it: what a message without a subject is called."""
    lines = (line.strip() for line in text.splitlines())
    return cut(next((line for line in lines if line), ""), most)


def permalink(site: str, channel: str, ts: str) -> str:
    """Where a message is; "" while `site` ("https://acme.slack.com/") is not known."""
    return f"{site}archives/{channel}/p{ts.replace('.', '')}" if site else ""


# --- what people typed

# Ticket numbers are far smaller; a longer one is a slip of the keyboard.
_NUMBER: Final = re.compile(r"(?:t-|#)?([0-9]{1,9})", re.IGNORECASE)


def ticket_number(text: str) -> int | None:
    """7 for "T-7", "t-7", "#7" and "7"; None for what is no ticket's number."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else None


_ANGLED: Final = re.compile(r"<([^<>\n]+)>")


def mentioned(text: str) -> list[str]:
    """The ids of people named in a Slack message, each once, in order."""
    return list(dict.fromkeys(re.findall(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>", text)))


def plain(text: str, names: Mapping[str, str]) -> str:
    """A Slack message as a person reads it: marks become words, entities characters. `names`: id -> name."""
    readable = _ANGLED.sub(lambda mark: _read(mark.group(1), names), text)
    return readable.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _read(mark: str, names: Mapping[str, str]) -> str:
    target, _, label = mark.partition("|")
    match target[:1]:
        case "@":
            return f"@{names.get(target[1:]) or label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            return _read_link(target, label)


def _read_link(target: str, label: str) -> str:
    bare = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (target, bare) or target.endswith(f"//{label}"):
        return bare
    return f"{label} ({bare})"
