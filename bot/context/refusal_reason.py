"""Why the desk refused people who are not agents: they are told who is one, not that nothing is there.

Only about the ticket whose card is before them, in its own team's channel: elsewhere a ticket that they may not
read stays a ticket that does not exist.
"""

from typing import Final

from bot.context.context import BotContext
from bot.views.words import plain_sentence, refusal
from engine.tickets.errors import Refused
from engine.tickets.message import Request
from engine.tickets.people import Address

# Refusals that may be about who the person is.
ABOUT_RIGHTS: Final = frozenset({"absent", "forbidden"})


async def reason_for(
    front: BotContext, refused: Refused, *, user: str, place: str | None, ticket: int | None
) -> str:
    """In plain words. `ticket`: whose card or thread it was, in the channel `place`; None when it was neither.

    Raises UnreachableError when Slack does not say who `user` is.
    """
    if refused.code in ABOUT_RIGHTS and await _is_outsider(front, user, place, ticket):
        return plain_sentence("not_agent", {})
    return refusal(refused)


async def _is_outsider(front: BotContext, user: str, place: str | None, ticket: int | None) -> bool:
    if not place or ticket is None:
        return False
    line = await front.views.ticket(front.workspace, ticket)
    if line is None or line.team.place != Address("slack", place):
        return False
    by = await front.people.who_is(user)
    try:
        return not (await front.desk.allowed(Request(front.workspace, ticket, by))).reads_notes
    except Refused:
        return True


async def ticket_at(front: BotContext, place: str | None, ts: str | None) -> int | None:
    """Whose card, or whose thread, a message is."""
    if not place or not ts:
        return None
    return await front.views.ticket_by_reference(front.workspace, "slack", place, ts)
