"""Every sentence the desk writes, refusals included: render() and the few filters that words need."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_OFFSET_LENGTH: Final = len("+02:00")
_NO_BREAK: Final = "\u00a0"
_HOURS_ALONE: Final = 100
"""From here on nobody asks for the minutes."""
_SECONDS_TOLD: Final = 600
"""From here on nobody asks for the seconds."""


def render(name: str, facts: Mapping[str, object]) -> str:
    """The text of templates/`name`; *.html.j2 escapes what it is given. A missing fact is an error, never a gap."""
    return _environment().get_template(name).render(facts).strip("\n")


def exists(name: str) -> bool:
    """Whether there is such a template: a new channel without its words is found at start, not at sending."""
    return name in _environment().list_templates()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "."),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["when"] = when
    environment.filters["slack_when"] = slack_when
    environment.filters["slack_time"] = slack_time
    environment.filters["paragraphs"] = paragraphs
    environment.filters["day"] = day
    environment.filters["briefly"] = briefly
    environment.filters["date_of"] = date_of
    environment.filters["time_of"] = time_of
    environment.filters["roundly"] = roundly
    environment.filters["lasting"] = lasting
    environment.filters["share"] = share
    return environment


def zone(name: str | None) -> tzinfo:
    """The zone for an IANA name or a fixed offset ("+02:00"); UTC for anything else."""
    if not name:
        return UTC
    if name[0] in "+-" and len(name) == _OFFSET_LENGTH:
        hours, minutes = int(name[1:3]), int(name[4:6])
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=hours, minutes=minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def when(instant: str | datetime, timezone_name: str | None) -> str:
    """ "Thu 19 Nov 2026, 14:05 (UTC+01:00)": unmistakable in any mail client, in the reader's own zone."""
    at = _instant(instant).astimezone(zone(timezone_name))
    offset = at.strftime("%z")
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def slack_when(instant: str | datetime) -> str:
    """A date that each Slack client shows in its reader's zone; the fallback is UTC."""
    at = _instant(instant)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{when(at, 'UTC')}>"


def slack_time(instant: str | datetime) -> str:
    """Only the time of day: for what happens to be today."""
    at = _instant(instant)
    return f"<!date^{int(at.timestamp())}^{{time}}|{at:%H:%M} UTC>"


def day(of: str | date) -> str:
    """ "Mon 23 Nov" for a date or an ISO date."""
    at = date.fromisoformat(of) if isinstance(of, str) else of
    return f"{at:%a} {at.day} {at:%b}"


def date_of(instant: str | datetime, timezone_name: str | None) -> str:
    """ "Mon 2 Mar" in the reader's zone."""
    at = _instant(instant).astimezone(zone(timezone_name))
    return f"{at:%a} {at.day} {at:%b}"


def time_of(instant: str | datetime, timezone_name: str | None) -> str:
    """ "10:00" in the reader's zone."""
    return f"{_instant(instant).astimezone(zone(timezone_name)):%H:%M}"


def briefly(instant: str | datetime, timezone_name: str | None) -> str:
    """ "Mon 2 Mar, 10:00" in the reader's zone, which is named once above."""
    return f"{date_of(instant, timezone_name)}, {time_of(instant, timezone_name)}"


def roundly(length: float | timedelta) -> str:
    """As lasting, but whole hours alone: "8 h"."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    return lasting(seconds).removesuffix(f"{_NO_BREAK}00{_NO_BREAK}min")


def lasting(time: float | timedelta) -> str:
    """ "3 h 05 min", kept on one line: never in days, since a working day is no day. What is short, to the second.

    `time`: a duration, or seconds.
    """
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    hours, minutes = divmod(round(seconds / 60), 60)
    if seconds < _SECONDS_TOLD:
        said = _shortly(seconds)
    elif hours >= _HOURS_ALONE:
        said = f"{hours} h"
    elif hours:
        said = f"{hours} h {minutes:02d} min"
    else:
        said = f"{minutes} min"
    return said.replace(" ", _NO_BREAK)


def _shortly(seconds: float) -> str:
    """Cut, not rounded: a promise is used up when it is, and not half a second before."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return f"{rest} s" if rest or not seconds else "under 1 s"
    return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"


def share(percent: float | None) -> str:
    """ "92%"; all or nothing only when it is exactly that, and "no data" when there is none."""
    if percent is None:
        return "no data"
    whole = round(percent)
    if whole in (0, 100) and percent != whole:
        whole = 1 if whole == 0 else 99
    return f"{whole}%"


def paragraphs(text: str) -> list[list[str]]:
    """Blocks of lines between blank lines: for <p> and <br> in HTML twins."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    return [block.strip("\n").split("\n") for block in blocks]


def _instant(instant: str | datetime) -> datetime:
    return datetime.fromisoformat(instant) if isinstance(instant, str) else instant
