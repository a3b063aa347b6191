"""What people ask for in words, of one ticket: `@deskd escalate they cannot pay` in its thread, `/ticket ack T-1`
anywhere. One table; the desk decides."""

import difflib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.context.context import BotContext
from bot.views.text import HEADER_WORDS, first_line, mentioned, ticket_number
from bot.views.words import sentence
from engine.desk.desk import Desk
from engine.tickets.errors import Refused
from engine.tickets.lifecycle import Action
from engine.tickets.message import Draft, Request
from engine.tickets.ticket import Ticket

Do = Callable[[BotContext, Request, str], Awaitable[Ticket]]


@dataclass(frozen=True, slots=True)
class SpokenVerb:
    """A verb, and what was written after it."""

    verb: str
    rest: str

    @property
    def is_known(self) -> bool:
        return self.verb in VERBS


def asked_of(text: str, me: str) -> SpokenVerb | None:
    """What a message asks of us; None when it does not begin with our name. `me`: our Slack id."""
    found = re.match(rf"\s*<@{re.escape(me)}(?:\|[^<>\n]*)?>[\s,:]*", text) if me else None
    return read(text[found.end() :]) if found else None


def said_bare(text: str) -> SpokenVerb | None:
    """In answer to a page one word is enough."""
    asked = read(text)
    return asked if asked.verb in _BARE and not asked.rest else None


def read(text: str) -> SpokenVerb:
    """The first word is the verb, whatever its case; "end escalation" is one."""
    words = text.strip().split(maxsplit=2)
    pair = "-".join(words[:2]).lower()
    if pair in VERBS:
        return SpokenVerb(pair, words[2] if len(words) > 2 else "")  # noqa: PLR2004 - two words make the verb
    verb, _, rest = text.strip().partition(" ")
    word = verb.lower().rstrip("?!.")
    return SpokenVerb(_SAME.get(word, word), rest.strip())


async def do(front: BotContext, request: Request, asked: SpokenVerb) -> Ticket:
    """The ticket that it led to. Raises Refused, and UnreachableError when it names somebody Slack does not know."""
    return await VERBS[asked.verb].does(front, request, asked.rest)


def did(asked: SpokenVerb, number: int, ticket: Ticket) -> str:
    """What was done to ticket `number`, in mrkdwn; `ticket`: what it led to."""
    facts = {"kind": VERBS[asked.verb].action, "ticket": f"T-{number}", "other": ticket.id}
    return sentence("did", facts)


def unknown(asked: SpokenVerb) -> str:
    """The verbs there are, in mrkdwn."""
    near = difflib.get_close_matches(asked.verb, [*VERBS, WHY], n=1)
    return sentence("verbs", {"unknown": asked.verb, "nearest": near[0] if near else ""})


def _alone(act: Callable[[Desk, Request], Awaitable[Ticket]]) -> Do:
    """What needs no more words; those there are change nothing."""

    async def does(front: BotContext, request: Request, _rest: str) -> Ticket:
        return await act(front.desk, request)

    return does


def _with_words(act: Callable[[Desk, Request, str], Awaitable[Ticket]]) -> Do:
    async def does(front: BotContext, request: Request, rest: str) -> Ticket:
        return await act(front.desk, request, rest)

    return does


async def _assign(front: BotContext, request: Request, rest: str) -> Ticket:
    """Whoever is mentioned is introduced first, so that the private channel can vouch for them."""
    for user in mentioned(rest)[:1]:
        await front.desk.identify(front.workspace, await front.people.who_is(user))
        return await front.desk.assign(request, user)
    return await front.desk.assign(request, rest.removeprefix("@"))


async def _merge(front: BotContext, request: Request, rest: str) -> Ticket:
    if not rest:
        raise Refused("empty_text", action="merge")
    into = ticket_number(rest.removeprefix("into ").split(maxsplit=1)[0])
    if into is None:
        raise Refused("absent", ticket=rest)
    return await front.desk.merge(request, into)


async def _split(front: BotContext, request: Request, rest: str) -> Ticket:
    return await front.desk.split(request, Draft(first_line(rest, HEADER_WORDS), rest))


@dataclass(frozen=True, slots=True)
class Verb:
    action: Action
    does: Do


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        "ack": Verb(Action.ACKNOWLEDGE, _alone(Desk.acknowledge)),
        "claim": Verb(Action.CLAIM, _alone(Desk.claim)),
        "release": Verb(Action.RELEASE, _alone(Desk.release)),
        "assign": Verb(Action.ASSIGN, _assign),
        "ask": Verb(Action.ASK, _with_words(Desk.ask)),
        "reply": Verb(Action.REPLY, _with_words(Desk.reply)),
        "resolve": Verb(Action.RESOLVE, _with_words(Desk.resolve)),
        "reopen": Verb(Action.REOPEN, _with_words(Desk.reopen)),
        "close": Verb(Action.CLOSE, _alone(Desk.close)),
        "priority": Verb(Action.PRIORITY, _with_words(Desk.set_priority)),
        "category": Verb(Action.CATEGORY, _with_words(Desk.set_category)),
        "team": Verb(Action.TEAM, _with_words(Desk.set_team)),
        "escalate": Verb(Action.ESCALATE, _with_words(Desk.escalate)),
        "end-escalation": Verb(Action.END_ESCALATION, _alone(Desk.end_escalation)),
        "waive": Verb(Action.WAIVE, _with_words(Desk.waive)),
        "merge": Verb(Action.MERGE, _merge),
        "unmerge": Verb(Action.UNMERGE, _alone(Desk.unmerge)),
        "split": Verb(Action.SPLIT, _split),
    }
)
WHY: Final = "why"
"""Looks and changes nothing, so it stands apart."""
_SAME: Final[Mapping[str, str]] = MappingProxyType({"acknowledge": "ack", "take": "claim"})
_BARE: Final = frozenset({"ack", "claim"})
