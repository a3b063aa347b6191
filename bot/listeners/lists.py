"""`/ticket list` and `/ticket search`: words and filters, read; the answer is only for whoever asks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.context.context import BotContext
from bot.context.ephemeral import in_marked_words
from bot.context.interaction import Interaction
from bot.listeners.error_boundary import settle
from bot.views.cards import ticket_list
from bot.views.text import plain
from bot.views.words import refusal, sentence
from engine.lists.asking import STATUSES, Asked, Sort, TicketFilter, Whose
from engine.ports.views import Page
from engine.tickets.errors import Refused
from engine.tickets.people import Person
from engine.tickets.ticket import Phase, Priority

# What fits under one another without scrolling for ever.
MOST_LISTED: Final = 20
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")

_PRIORITIES: Final = {
    **{one.value.lower(): one for one in Priority},
    **{one.label.lower(): one for one in Priority},
}
_STATUSES: Final = {status.lower(): status for status in STATUSES}
_PHASES: Final = {phase.value: phase for phase in Phase}


class UnknownWordError(ValueError):
    """A condition nobody knows, or a value that it can not have."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was read so far."""

    filter: TicketFilter = field(default_factory=TicketFilter)
    sort: Sort | None = None


def read_list(text: str, person: Person) -> Asked:
    """`mine p1 team:network vpn`; what is no condition is a word to look for. Raises UnknownWordError."""
    wanted, words = Wanted(), []
    for part in text.split():
        read = _condition(part, wanted, person)
        if read is None:
            words.append(part)
        else:
            wanted = read
    chosen = replace(wanted.filter, words=" ".join(words))
    late_first = wanted.sort is None and not words
    return Asked(chosen, wanted.sort or Sort.CREATED, late_first, MOST_LISTED)


def _condition(part: str, wanted: Wanted, person: Person) -> Wanted | None:
    name, colon, value = part.partition(":")
    if colon and value and name.lower() in _NAMED:
        return _NAMED[name.lower()](wanted, value)
    bare = part.lower()
    if bare == "team" and person.teams:
        return _narrowed(wanted, teams=(*wanted.filter.teams, *sorted(person.teams)))
    for known, read in _BARE:
        if bare in known:
            return read(wanted, bare)
    return None


def _narrowed(wanted: Wanted, **conditions: object) -> Wanted:
    return replace(wanted, filter=replace(wanted.filter, **conditions))  # type: ignore[arg-type]  # names are those of its fields


def _more(field: str) -> Callable[[Wanted, str], Wanted]:
    """Several of one condition: one of them holds."""

    def read(wanted: Wanted, value: str) -> Wanted:
        return _narrowed(wanted, **{field: (*getattr(wanted.filter, field), value)})

    return read


def _status(wanted: Wanted, value: str) -> Wanted:
    if value.lower() not in _STATUSES:
        raise UnknownWordError(value)
    return _more("statuses")(wanted, _STATUSES[value.lower()])


def _priority(wanted: Wanted, value: str) -> Wanted:
    if value.lower() not in _PRIORITIES:
        raise UnknownWordError(value)
    return _more("priorities")(wanted, _PRIORITIES[value.lower()])


def _sort(wanted: Wanted, value: str) -> Wanted:
    if value.lower() not in list(Sort):
        raise UnknownWordError(value)
    return replace(wanted, sort=Sort(value.lower()))


_NAMED: Final[Mapping[str, Callable[[Wanted, str], Wanted]]] = {
    "status": _status,
    "priority": _priority,
    "sort": _sort,
    "team": _more("teams"),
    "department": _more("departments"),
    "category": _more("categories"),
    "assignee": _more("assignees"),
    "requester": _more("requesters"),
    "from": _more("requesters"),
}
_BARE: Final[tuple[tuple[Mapping[str, object], Callable[[Wanted, str], Wanted]], ...]] = (
    ({"mine": None}, lambda wanted, _: _narrowed(wanted, whose=Whose.MINE)),
    ({"late": None}, lambda wanted, _: _narrowed(wanted, late=True)),
    ({"all": None}, lambda wanted, _: _narrowed(wanted, everything=True)),
    (_PRIORITIES, _priority),
    (_STATUSES, _status),
    (_PHASES, lambda wanted, word: _more("phases")(wanted, _PHASES[word])),
)


async def list_(front: BotContext, done: Interaction, words: str) -> None:
    person = await front.desk.identify(front.workspace, await front.people.who_is(done.user))
    try:
        asked = read_list(_readable(words), person)
    except UnknownWordError as unknown:
        await _say(front, done, sentence("list_unknown", {"word": str(unknown)}))
        return
    await _answer(front, done, person, asked)


async def search(front: BotContext, done: Interaction, words: str) -> None:
    """Closed ones too: somebody may have solved it before."""
    person = await front.desk.identify(front.workspace, await front.people.who_is(done.user))
    wanted = TicketFilter(everything=True, words=plain(words, {}) or " ")
    await _answer(front, done, person, Asked(wanted, limit=MOST_LISTED))


def _readable(words: str) -> str:
    """A mention is the id by which the desk knows that person."""
    return plain(_MENTION.sub(r"\1", words), {})


async def _answer(front: BotContext, done: Interaction, person: Person, asked: Asked) -> None:
    now = front.clock.now()
    try:
        page: Page = await front.views.tickets(front.workspace, person, asked, now=now)
    except Refused as refused:
        await _say(front, done, refusal(refused))
        return
    await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, ticket_list(page, now))


async def _say(front: BotContext, done: Interaction, words: str) -> None:
    await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, in_marked_words(words))
