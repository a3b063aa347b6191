"""Messages of every kind, made from the annotations of their classes: a new class is tested without a line here."""

import types
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.messages.message import KINDS, Message
from engine.messages.values import Code, Foreign, GroupHandle, Handle, TicketRef, Words, Zone

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
CODES = (
    "mail slack cli manual p1 unacknowledged resolution mute_over acknowledged claimed RESOLVED MERGED"
    " follows merged_from least_loaded round_robin former rebalance too_large daily weekly day week"
    " priority agent category reply ticket_resolved"
).split()

HOSTILE = (
    "<!channel> <!here|x> <@U0EVIL> <#C1|general> <https://evil.example|your bank> "
    "*bold* _it_ ~no~ `code` ``` > quote\n>>> more\r\nBcc: evil@evil.example\r\n\r\n- item & &lt;!channel&gt; "
    "<script>alert(1)</script> <b>x</b> \u202eevil\u202c \x00\x07 |a|b, c++ {{ 7 * 7 }}"
)
LONG = "<!channel> & <b> " * 4000
TEXTS = {
    "hostile": HOSTILE,
    "long": LONG,
    "nothing": "",
    "lines": "\n" * 500,
    "wide": "é𝄞" * 5000,
    "odd ends": "\u2028x\r\ny\x85z\x0b",
    "half": "half \ud83e a pair",
}


def made(kind: str, text: str = "VPN is down", *, bare: bool = False, **changes: Any) -> Message:
    """`bare`: without anything that may be missing, and with nothing in its lists."""
    cls = KINDS[kind]
    message: Message = _dataclass(cls, text, bare=bare)
    return replace(message, **changes)


def _dataclass(cls: Any, text: str, *, bare: bool) -> Any:
    hints = get_type_hints(cls)
    return cls(**{each.name: _value(hints[each.name], text, bare=bare) for each in fields(cls)})


def _value(annotation: Any, text: str, *, bare: bool) -> Any:
    plain = {
        Foreign: Foreign(text),
        Words: Words(text),
        Code: Code("manual"),
        Handle: Handle("U0ANA"),
        GroupHandle: GroupHandle("S0ANA"),
        TicketRef: TicketRef(7),
        Zone: Zone("Europe/Berlin"),
        datetime: AT,
        date: AT.date(),
        timedelta: timedelta(minutes=90),
        int: 3,
        bool: not bare,
        float: 50.0,
    }
    if annotation in plain:
        return plain[annotation]
    if get_origin(annotation) is tuple:
        one = get_args(annotation)[0]
        return () if bare else (_value(one, text, bare=bare),) * 3
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = (each for each in get_args(annotation) if each is not type(None))
        return None if bare else _value(inner, text, bare=bare)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return next(iter(annotation))
    return _dataclass(annotation, text, bare=bare)


def messages(kind: str, texts: SearchStrategy[str]) -> SearchStrategy[Any]:
    """Any message of this kind, its foreign words out of `texts`."""
    return _of(KINDS[kind], texts, most=2)


def _of(annotation: Any, texts: SearchStrategy[str], *, most: int) -> SearchStrategy[Any]:
    """`most`: how long its lists are; a list in a list holds one, or a report is drawn for seconds."""
    simple: dict[Any, SearchStrategy[Any]] = {
        Foreign: texts.map(Foreign),
        Words: texts.map(Words),
        Code: st.sampled_from(CODES).map(Code) | texts.map(Code),
        Handle: st.sampled_from(["U0ANA", "W0ANA", "S0ANA", "<!channel>", ""]).map(Handle),
        GroupHandle: st.sampled_from(["S0ANA", "U0ANA", "<!here>"]).map(GroupHandle),
        TicketRef: st.integers(1, 999_999_999).map(TicketRef),
        Zone: st.sampled_from(["Europe/Berlin", "America/New_York", "+02:00", "<b>"]).map(Zone),
        datetime: st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants bounds without a zone
        date: st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        timedelta: st.timedeltas(timedelta(), timedelta(days=400)),
        int: st.integers(0, 10_000),
        bool: st.booleans(),
        float: st.floats(0, 100),
    }
    if annotation in simple:
        return simple[annotation]
    if get_origin(annotation) is tuple:
        return st.lists(_of(get_args(annotation)[0], texts, most=1), max_size=most).map(tuple)
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = (each for each in get_args(annotation) if each is not type(None))
        return st.none() | _of(inner, texts, most=most)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return st.sampled_from(annotation)
    assert is_dataclass(annotation), annotation
    hints = get_type_hints(annotation)
    parts = {each.name: _of(hints[each.name], texts, most=most) for each in fields(annotation)}
    return st.builds(annotation, **parts)
