"""How the daemon logs: text on a terminal, JSON lines otherwise; ids on every line, secrets and mail text on none."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

from deskd.base.safe_text import printable, redact, without_controls

bound = structlog.contextvars.bound_contextvars
"""`with bound(ticket="T-7", parcel=12):` puts these on every line logged inside, in whatever module."""

# A single value longer than this is not a fact any more but somebody's text.
_VALUE_CHARACTERS_MAX: Final = 500
# Others log whole protocol lines below these levels, with message text and logins in them.
_CAPPED: Final = {
    "aioimaplib": logging.WARNING,
    "mail.log": logging.ERROR,  # aiosmtpd quotes the client's words in its warnings
    "mail.error": logging.ERROR,
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
            facts[name] = without_controls(redact(str(value)))
        elif isinstance(value, str):
            facts[name] = printable(redact(value))[:_VALUE_CHARACTERS_MAX]
        elif not name.startswith("_") and not isinstance(value, int | float | None):
            facts[name] = printable(redact(str(value)))[:_VALUE_CHARACTERS_MAX]
    return facts
