"""Words as Slack shows them: emoji, mentions, links and dates, each escaped; no blocks here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup, escape

# A link with any other scheme is shown as words: nothing on the page may run or reach a file.
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)\S+\Z", re.IGNORECASE)
_EMOJI = re.compile(r":([a-z0-9_+'\-]+):")
_DATE_PART = re.compile(r"\{(\w+)\}")
_ORDINALS = MappingProxyType({1: "st", 2: "nd", 3: "rd"})
_TEENS = range(11, 14)


@dataclass(frozen=True)
class Viewer:
    """Who looks: names by id (people, channels, groups), their zone, and the time there is now."""

    names: Mapping[str, str] = field(default_factory=dict)
    tz: str = "UTC"
    # Without a time nothing is "today", and dates are written in full.
    now: datetime | None = None

    @property
    def zone(self) -> tzinfo:
        return zone(self.tz)


def zone(name: str) -> tzinfo:
    """The zone of an IANA name; UTC for anything else."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@cache
def emoji_table() -> Mapping[str, str]:
    path = Path(__file__).parents[1] / "web" / "emoji.json"
    return MappingProxyType(json.loads(path.read_text(encoding="utf-8")))


def with_emoji(text: str) -> str:
    """`:tada:` as its character; a name nobody knows stays as it was typed."""
    return _EMOJI.sub(lambda found: emoji_table().get(found[1], found[0]), text)


def unescaped(text: str) -> str:
    """Slack escapes three characters in mrkdwn, and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def safe_link(url: str, words: str | Markup = "") -> Markup:
    """A link that opens in a new tab, or its words alone when the address is not a web address."""
    shown = words or url
    if not _SAFE_LINK.match(url):
        return escape(shown)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        url, shown
    )


def mention(id: str, reader: Viewer, *, label: str = "", sign: str = "@") -> Markup:
    """`@Ana` or `#desk`; an id nobody knows is shown as it is."""
    name = reader.names.get(id) or label.lstrip("@#") or id
    return Markup('<span class="mention">{}{}</span>').format(sign, name)


def angled(inside: str, reader: Viewer) -> Markup:
    """What stands between < and > in mrkdwn: a mention, a date, a link, or just words."""
    target, _, label = inside.partition("|")
    target, label = unescaped(target), unescaped(label)
    match target[:1]:
        case "@":
            return mention(target[1:], reader, label=label)
        case "#":
            return mention(target[1:], reader, label=label, sign="#")
        case "!":
            return _special(target[1:], label, reader)
    if _SAFE_LINK.match(target):
        return safe_link(target, with_emoji(label) or target.removeprefix("mailto:"))
    return escape(f"<{unescaped(inside)}>")


def _special(target: str, label: str, reader: Viewer) -> Markup:
    kind, *rest = target.split("^")
    if kind == "date" and len(rest) > 1 and rest[0].isdigit():
        words = date_words(int(rest[0]), rest[1], reader) or label
        shown = Markup('<time title="{}">{}</time>').format(label or words, words)
        url = rest[2] if len(rest) > 2 else ""  # noqa: PLR2004  # date^ts^format^url
        return safe_link(url, shown) if url else shown
    if kind == "subteam" and rest:
        return mention(rest[0], reader, label=label)
    return mention(kind, reader, label=label)


def date_words(ts: int, form: str, reader: Viewer) -> str:
    """A `<!date>` in the reader's own zone; nothing when the time or the form is not one."""
    try:
        at = datetime.fromtimestamp(ts, reader.zone)
    except (ValueError, OverflowError, OSError):
        return ""
    return _DATE_PART.sub(lambda part: _date_part(part[1], at, reader), form)


def _date_part(name: str, at: datetime, reader: Viewer) -> str:
    plain = name.removesuffix("_pretty")
    if plain != name:
        near = _near(at, reader)
        if near:
            return near
    forms = {
        "date_num": f"{at:%Y-%m-%d}",
        "date_slash": f"{at:%m/%d/%Y}",
        "date": f"{at:%B} {_ordinal(at.day)}, {at.year}",
        "date_short": f"{at:%b} {at.day}, {at.year}",
        "date_long": f"{at:%A}, {at:%B} {_ordinal(at.day)}, {at.year}",
        "day_divider": f"{at:%A}, {at:%B} {_ordinal(at.day)}",
        "time": clock_words(at),
        "time_secs": f"{at:%I:%M:%S %p}".lstrip("0"),
        "ago": _ago(at, reader),
    }
    return forms.get(plain, f"{{{name}}}")


def clock_words(at: datetime) -> str:
    """Times as Slack shows them: 2:05 PM."""
    return f"{at:%I:%M %p}".lstrip("0")


def day_words(at: datetime, reader: Viewer) -> str:
    """The line between the days of a channel."""
    return _near(at, reader).capitalize() or _date_words(at)


def moment_words(at: datetime, reader: Viewer) -> str:
    """In a sentence: yesterday at 2:05 PM."""
    return f"{_near(at, reader) or _date_words(at)} at {clock_words(at)}"


def _date_words(at: datetime) -> str:
    return f"{at:%A}, {at:%B} {_ordinal(at.day)}"


def _near(at: datetime, reader: Viewer) -> str:
    if reader.now is None:
        return ""
    days = (at.date() - reader.now.astimezone(reader.zone).date()).days
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days, "")


def _ago(at: datetime, reader: Viewer) -> str:
    if reader.now is None:
        return clock_words(at)
    passed = reader.now - at
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        count = abs(passed) // size
        if count:
            return _counted(count, unit, passed)
    return _counted(abs(passed) // timedelta(minutes=1), "minute", passed)


def _counted(count: int, unit: str, passed: timedelta) -> str:
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if passed < timedelta() else f"{words} ago"


def _ordinal(day: int) -> str:
    ending = "th" if day in _TEENS else _ORDINALS.get(day % 10, "th")
    return f"{day}{ending}"
