"""What people ask for in words, of one ticket: `@deskd escalate they cannot pay` in its thread, `/ticket ack T-1`
anywhere. One table; the desk decides."""

import difflib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.front import Front
from bot.text import HEADER_WORDS, first_line, mentioned, ticket_number
from bot.words import sentence
from engine.errors import Refused
from engine.lifecycle import Action
from engine.model import Draft, Request, Ticket

Do = Callable[[Front, Request, str], Awaitable[Ticket]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A verb, and what was written after it."""

    verb: str
    rest: str

    @property
    def is_known(self) -> bool:
        return self.verb in VERBS


def asked_of(text: str, me: str) -> Asked | None:
    """What a message asks of us; None when it does not begin with our name. `me`: our Slack id."""
    found = re.match(rf"\s*<@{re.escape(me)}(?:\|[^<>\n]*)?>[\s,:]*", text) if me else None
    return read(text[found.end() :]) if found else None


def said_bare(text: str) -> Asked | None:
    """In answer to a page one word is enough."""
    asked = read(text)
    return asked if asked.verb in _BARE and not asked.rest else None


def read(text: str) -> Asked:
    """The first word is the verb, whatever its case; "end escalation" is one."""
    words = text.strip().split(maxsplit=2)
    pair = "-".join(words[:2]).lower()
    if pair in VERBS:
        return Asked(pair, words[2] if len(words) > 2 else "")  # noqa: PLR2004 - two words make the verb
    verb, _, rest = text.strip().partition(" ")
    word = verb.lower().rstrip("?!.")
    return Asked(_SAME.get(word, word), rest.strip())


async def do(front: Front, request: Request, asked: Asked) -> Ticket:
    """The ticket that it led to. Raises Refused, and UnreachableError when it names somebody Slack does not know."""
    return await VERBS[asked.verb].does(front, request, asked.rest)


def did(asked: Asked, number: int, ticket: Ticket) -> str:
    """What was done to ticket `number`, in mrkdwn; `ticket`: what it led to."""
    facts = {"kind": VERBS[asked.verb].action.value, "ticket": f"T-{number}", "other": ticket.id}
    return sentence("did", facts)


def unknown(asked: Asked) -> str:
    """The verbs there are, in mrkdwn."""
    near = difflib.get_close_matches(asked.verb, [*VERBS, WHY], n=1)
    return sentence("verbs", {"unknown": asked.verb, "nearest": near[0] if near else ""})


async def _acknowledge(front: Front, request: Request, _rest: str) -> Ticket:
    return await front.desk.acknowledge(request)


async def _claim(front: Front, request: Request, _rest: str) -> Ticket:
    return await front.desk.claim(request)


async def _release(front: Front, request: Request, _rest: str) -> Ticket:
    return await front.desk.release(request)


async def _assign(front: Front, request: Request, rest: str) -> Ticket:
    """Whoever is mentioned is introduced first, so that the private channel can vouch for them."""
    for user in mentioned(rest)[:1]:
        await front.desk.identify(front.workspace, await front.people.who_is(user))
        return await front.desk.assign(request, user)
    return await front.desk.assign(request, rest.removeprefix("@"))


async def _ask(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.ask(request, rest)


async def _reply(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.reply(request, rest)


async def _resolve(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.resolve(request, rest)


async def _reopen(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.reopen(request, rest)


async def _close(front: Front, request: Request, _rest: str) -> Ticket:
    return await front.desk.close(request)


async def _priority(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.set_priority(request, rest)


async def _category(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.set_category(request, rest)


async def _team(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.set_team(request, rest)


async def _escalate(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.escalate(request, rest)


async def _end_escalation(front: Front, request: Request, _rest: str) -> Ticket:
    return await front.desk.end_escalation(request)


async def _waive(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.waive(request, rest)


async def _merge(front: Front, request: Request, rest: str) -> Ticket:
    if not rest:
        raise Refused("empty_text", action="merge")
    into = ticket_number(rest.removeprefix("into ").split(maxsplit=1)[0])
    if into is None:
        raise Refused("absent", ticket=rest)
    return await front.desk.merge(request, into)


async def _unmerge(front: Front, request: Request, _rest: str) -> Ticket:
    return await front.desk.unmerge(request)


async def _split(front: Front, request: Request, rest: str) -> Ticket:
    return await front.desk.split(request, Draft(first_line(rest, HEADER_WORDS), rest))


@dataclass(frozen=True, slots=True)
class Verb:
    action: Action
    does: Do


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "ack": Verb(Action.ACKNOWLEDGE, _acknowledge),
        "claim": Verb(Action.CLAIM, _claim),
        "release": Verb(Action.RELEASE, _release),
        "assign": Verb(Action.ASSIGN, _assign),
        "ask": Verb(Action.ASK, _ask),
        "reply": Verb(Action.REPLY, _reply),
        "resolve": Verb(Action.RESOLVE, _resolve),
        "reopen": Verb(Action.REOPEN, _reopen),
        "close": Verb(Action.CLOSE, _close),
        "priority": Verb(Action.PRIORITY, _priority),
        "category": Verb(Action.CATEGORY, _category),
        "team": Verb(Action.TEAM, _team),
        "escalate": Verb(Action.ESCALATE, _escalate),
        "end-escalation": Verb(Action.END_ESCALATION, _end_escalation),
        "waive": Verb(Action.WAIVE, _waive),
        "merge": Verb(Action.MERGE, _merge),
        "unmerge": Verb(Action.UNMERGE, _unmerge),
        "split": Verb(Action.SPLIT, _split),
    }
)
WHY: Final = "why"
"""Looks and changes nothing, so it stands apart."""
_SAME: Final[Mapping[str, str]] = MappingProxyType({"acknowledge": "ack", "take": "claim"})
_BARE: Final = frozenset({"ack", "claim"})
