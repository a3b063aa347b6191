"""How the daemon logs: text on a terminal, JSON lines otherwise; ids on every line, secrets and mail text on none."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Final, TextIO

import structlog

bound = structlog.contextvars.bound_contextvars
"""`with bound(ticket="T-7", parcel=12):` puts these on every line logged inside, in whatever module."""

# What looks like a secret wherever it stands: Slack tokens, bearer tokens, URLs with a password, API keys.
_SECRETS: Final = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+|xapp-[\w-]+|xwfp-[\w-]+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?i:bearer|basic) +[\w.~+/=-]{8,}|sk-[\w-]{16,}"
    r"|(?i:(?:ticket|token|secret|password|access_key)=)[^&\s\"']+"
)
_MASK: Final = "***"
# C0 and C1 control characters, and the marks that reorder text in a terminal: one record stays one honest line.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROLS_AND_BREAKS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
# A single value longer than this is not a fact any more but somebody's text.
_VALUE_CHARACTERS_MAX: Final = 500
# Others log whole protocol lines below these levels, with message text and logins in them.
_CAPPED: Final = {
    "aioimaplib": logging.WARNING,
    "mail.log": logging.WARNING,
    "mail.error": logging.WARNING,
    "mail.debug": logging.CRITICAL,
    "slack_bolt": logging.WARNING,
    "slack_sdk": logging.WARNING,
    "aiohttp": logging.WARNING,
    "aiosmtplib": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "asyncio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "openai": logging.WARNING,
    "httpx": logging.WARNING,
    "uvicorn": logging.WARNING,
}


def redact(text: str) -> str:
    """The text without anything that looks like a secret."""
    return _SECRETS.sub(_MASK, text)


def printable(text: str) -> str:
    """The text on one line, with control characters written out: for logs and for the terminal."""
    return _CONTROLS_AND_BREAKS.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")


def set_up(*, level: str = "INFO", stream: TextIO | None = None, form: str = "auto") -> None:
    """Send every log line of the process to `stream` (stdout). form: text | json | auto."""
    stream = stream or sys.stdout
    as_text = form == "text" or (form == "auto" and stream.isatty())
    writer = logging.StreamHandler(stream)
    writer.setFormatter(_formatter(as_text=as_text))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(writer)
    root.setLevel(level)
    for name, least in _CAPPED.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def _formatter(*, as_text: bool) -> logging.Formatter:
    before: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _clean,
    ]
    last: structlog.types.Processor = _text_line if as_text else _json_line()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def _json_line() -> structlog.processors.JSONRenderer:
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _text_line(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> str:
    head = (facts.pop("timestamp"), facts.pop("level").upper(), facts.pop("logger"))
    event, trace = facts.pop("event"), facts.pop("exception", None)
    line = "{} {:<7} {}: ".format(*head) + str(event)
    line += "".join(f" {name}={value}" for name, value in sorted(facts.items()))
    return f"{line}\n{trace}" if trace else line


def _clean(_logger: object, _method: str, facts: MutableMapping[str, Any]) -> Mapping[str, Any]:
    for name, value in facts.items():
        if name == "exception":
            facts[name] = _CONTROLS.sub(_written_out, redact(str(value)))
        elif isinstance(value, str):
            facts[name] = printable(redact(value))[:_VALUE_CHARACTERS_MAX]
        elif not name.startswith("_") and not isinstance(value, int | float | None):
            facts[name] = printable(redact(str(value)))[:_VALUE_CHARACTERS_MAX]
    return facts


Bound = AbstractContextManager[None]
