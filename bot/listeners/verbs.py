"""What people ask for in words, of one ticket: `@deskd escalate they cannot pay` in its thread, `/ticket ack T-1`
anywhere. The verbs are rows of engine/tickets/actions.py; the desk decides."""

import difflib
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, assert_never

from bot.context.context import BotContext
from bot.views.text import HEADER_WORDS, first_line, mentioned, ticket_number
from bot.views.words import action_word, sentence
from engine.desk.acts import act
from engine.tickets.access import LEAST_ROLE
from engine.tickets.actions import ACTIONS, ALSO, VERBS, Action, ActionInput, Takes
from engine.tickets.errors import Refused
from engine.tickets.message import Request
from engine.tickets.people import Person
from engine.tickets.ticket import Ticket


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
    """The first word is the verb, whatever its case; "end escalation" and "not a request" are one each."""
    words = text.strip().split()
    for count in range(min(_MOST_WORDS, len(words)), 1, -1):
        verb = "-".join(words[:count]).lower()
        if verb in VERBS:
            return SpokenVerb(verb, _after(text, count))
    word = words[0].lower().rstrip("?!.") if words else ""
    return SpokenVerb(ALSO.get(word, word), _after(text, 1))


def _after(text: str, words: int) -> str:
    """What follows so many words, with its lines as they were written."""
    left = text.strip().split(maxsplit=words)
    return left[words].strip() if len(left) > words else ""


async def do(front: BotContext, request: Request, asked: SpokenVerb) -> Ticket:
    """The ticket that it led to. Raises Refused, and UnreachableError when it names somebody Slack does not know."""
    action = VERBS[asked.verb]
    given = await _typed(front, action, asked.rest)
    return await act(front.desk, request, action, given)


def did(asked: SpokenVerb, number: int, ticket: Ticket) -> str:
    """What was done to ticket `number`, in mrkdwn; `ticket`: what it led to."""
    facts = {
        "kind": VERBS[asked.verb],
        "ticket": f"T-{number}",
        "other": ticket.id,
        "snoozed_at": ticket.snoozed_until or "",
    }
    return sentence("did", facts)


def unknown(asked: SpokenVerb, allowed: AbstractSet[Action]) -> str:
    """What this person can ask for, in mrkdwn."""
    near = difflib.get_close_matches(asked.verb, [*VERBS, WHY], n=1)
    facts = {"unknown": asked.verb, "nearest": near[0] if near else "", "verbs": rows(allowed)}
    return sentence("verbs", facts)


def rows(allowed: AbstractSet[Action]) -> list[dict[str, str]]:
    """The verbs of these actions and what follows each, as help shows them."""
    shown = ((verb, action) for verb, action in VERBS.items() if action in allowed)
    return [
        {"verb": verb.replace("-", " "), "usage": action_word(action, "usage")}
        for verb, action in shown
    ]


def of_rank(person: Person) -> AbstractSet[Action]:
    """What somebody of that rank may do to tickets that are theirs to answer, in one state or another."""
    rights = ((row.action, row.right) for row in ACTIONS.values())
    return {action for action, right in rights if right and person.rank >= LEAST_ROLE[right]}


async def _typed(front: BotContext, action: Action, rest: str) -> ActionInput:
    match ACTIONS[action].takes:
        case Takes.NOTHING:
            return ActionInput()  # words that follow change nothing
        case Takes.WORDS | Takes.PRIORITY | Takes.CATEGORY | Takes.TEAM | Takes.INSTANT:
            return ActionInput(rest)
        case Takes.PERSON:
            return ActionInput(await _person(front, rest))
        case Takes.TICKET:
            return ActionInput(other=_other(action, rest))
        case Takes.PART:
            return ActionInput(rest, subject=first_line(rest, HEADER_WORDS))
        case _ as never:
            assert_never(never)


async def _person(front: BotContext, rest: str) -> str:
    """Whoever is mentioned is introduced first, so that the private channel can vouch for them."""
    for user in mentioned(rest)[:1]:
        await front.desk.identify(front.workspace, await front.people.who_is(user))
        return user
    return rest.removeprefix("@")


def _other(action: Action, rest: str) -> int:
    if not rest:
        raise Refused("empty_text", action=action.value)
    number = ticket_number(rest.removeprefix("into ").split(maxsplit=1)[0])
    if number is None:
        raise Refused("absent", ticket=rest)
    return number


WHY: Final = "why"
"""Looks and changes nothing, so it stands apart."""
_BARE: Final = frozenset({"ack", "claim"})
_MOST_WORDS: Final = max(verb.count("-") for verb in VERBS) + 1
