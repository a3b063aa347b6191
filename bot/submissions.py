"""Forms that were sent: the desk is asked before Slack has its ack, so that a no can be shown in the form itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from bot.front import Front
from bot.guard import bury, settle
from bot.interaction import Interaction
from bot.limits import Json
from bot.modals import (
    ASSIGNEE,
    FORMS,
    NEW,
    PRIORITY,
    SUBJECT,
    WORDS,
    entered,
    first_input,
    form,
)
from bot.outsiders import reason_for
from bot.people import UnreachableError
from bot.pointer import Pointer
from bot.words import label, refusal, sentence
from engine.errors import Refused
from engine.lifecycle import Action
from engine.model import Draft, Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ack says ({}: the form closes), and the same in words for when the ack has gone without it."""

    response: Json = field(default_factory=dict)
    words: str = ""


async def submit(front: Front, sent: Interaction) -> Answer:
    """Never raises."""
    view: Json = sent.body["view"]
    try:
        return await _politely(front, sent, view)
    except UnreachableError as error:
        await settle(front, sent, reason=f"refused: {error}")
        return _no(view, sentence("unreachable", {}))
    except Exception:  # noqa: BLE001 - the boundary: one bad form ends here, logged, kept and told
        number = await bury(front, sent)
        return _no(view, sentence("unexpected", {"number": number}))


async def _politely(front: Front, sent: Interaction, view: Json) -> Answer:
    try:
        return await _submit(front, sent, view)
    except Refused as refused:
        answer = await _refused(front, view, sent, refused)
        await settle(front, sent, reason=f"refused: {refused.code}")
        return answer


async def _submit(front: Front, sent: Interaction, view: Json) -> Answer:
    name = str(view["callback_id"])
    pointer = sent.view_pointer
    if pointer is None or name not in {NEW, *(action.value for action in FORMS)}:
        await settle(front, sent, reason="ignored: no form of ours")
        return Answer()
    by = await front.people.who_is(sent.user)
    if name == NEW:
        await front.desk.open(front.workspace, _draft(view), by=by, settles=sent.spool_id)
    else:
        request = Request(front.workspace, pointer.ticket, by, pointer.version, sent.spool_id)
        await _SENT[Action(name)](front, request, view)
    return Answer(words=sentence("done_late", {"about": label(f"title_{name}")}))


def _draft(view: Json) -> Draft:
    subject = entered(view, SUBJECT) or ""
    return Draft(subject, entered(view, WORDS) or subject, priority=entered(view, PRIORITY))


async def _reply(front: Front, request: Request, view: Json) -> None:
    await front.desk.reply(request, entered(view, WORDS) or "")


async def _ask(front: Front, request: Request, view: Json) -> None:
    await front.desk.ask(request, entered(view, WORDS) or "")


async def _resolve(front: Front, request: Request, view: Json) -> None:
    await front.desk.resolve(request, entered(view, WORDS))


async def _set_priority(front: Front, request: Request, view: Json) -> None:
    await front.desk.set_priority(request, entered(view, PRIORITY) or "")


async def _assign(front: Front, request: Request, view: Json) -> None:
    """Somebody the desk has never met is introduced first, so that the private channel can vouch for them."""
    chosen = entered(view, ASSIGNEE) or ""
    colleague = await front.people.who_is(chosen)
    await front.desk.identify(front.workspace, colleague)
    await front.desk.assign(request, chosen)


_SENT: Final[Mapping[Action, Callable[[Front, Request, Json], Awaitable[None]]]] = MappingProxyType(
    {
        Action.REPLY: _reply,
        Action.ASK: _ask,
        Action.RESOLVE: _resolve,
        Action.PRIORITY: _set_priority,
        Action.ASSIGN: _assign,
    }
)


async def _refused(front: Front, view: Json, sent: Interaction, refused: Refused) -> Answer:
    pointer = sent.view_pointer
    if refused.code != "stale" or pointer is None:
        ticket = pointer.ticket if pointer else None
        return _no(
            view,
            await reason_for(front, refused, user=sent.user, place=sent.channel, ticket=ticket),
        )
    return await _once_more(front, view, pointer, refusal(refused))


async def _once_more(front: Front, view: Json, pointer: Pointer, words: str) -> Answer:
    """The ticket moved while the form was open: the same form over the ticket as it is, words kept."""
    line = await front.views.ticket(front.workspace, pointer.ticket)
    if line is None:
        return _no(view, words)
    again = form(Action(view["callback_id"]), line, channel=pointer.channel, changed=True)
    return Answer({"response_action": "update", "view": again}, words)


def _no(view: Json, words: str) -> Answer:
    return Answer({"response_action": "errors", "errors": {first_input(view): words}}, words)
