"""`/ticket workload` and `/ticket rebalance`: who has what, and a proposal to balance it with its Apply button."""

import json
from collections.abc import Iterator
from typing import Final

from bot.context.context import BotContext
from bot.context.interaction import Interaction
from bot.listeners.error_boundary import settle
from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.limits import Json
from bot.views.words import label, sentence
from engine.duty.rebalance_plan import Move
from engine.duty.workload import Member
from engine.shifts.rebalancing import Workload

APPLY: Final = "even_out"
BY_DUE: Final = "due"
# Rows of people in one message; a team of more is looked at with `deskd workload`.
_ROWS_MAX: Final = 30


def figures(load: Workload) -> SlackMessage:
    top = sentence("workload", _facts(load))
    foot = blocks.context(sentence("workload_foot", {}))
    return blocks.said(top, [blocks.section(top), *_people(load), foot])


def proposal(load: Workload, *, by_due: bool) -> SlackMessage:
    """The table first, Apply second."""
    top = sentence("rebalance", _facts(load) | {"moves": len(load.moves), "applied": load.applied})
    parts = [blocks.section(top), *(blocks.context(_move(load, move)) for move in load.moves)]
    if load.moves and not load.applied:
        value = json.dumps({"team": load.team.id, "seen": load.seen, "due": by_due})
        parts.append(
            blocks.actions(
                "rebalance", [blocks.button(APPLY, label(APPLY), value, style="primary")]
            )
        )
    return blocks.said(top, parts)


async def apply(front: BotContext, done: Interaction) -> None:
    """The lead saw one proposal; when it would be another by now, that one is shown instead."""
    seen: Json = json.loads(str(done.body["actions"][0]["value"]))
    by = await front.people.who_is(done.user)
    load = await front.floor.even_out(
        front.workspace, by, str(seen["team"]), seen=str(seen["seen"]), by_due=bool(seen["due"])
    )
    await settle(front, done, reason="acted")
    await front.voice.replace(done.ear, proposal(load, by_due=bool(seen["due"])))


def _facts(load: Workload) -> dict[str, object]:
    capacity = load.capacity
    return {
        "team": load.team.name,
        "on": capacity.on_duty,
        "running": capacity.running,
        "limit": capacity.limit,
        "free": capacity.free,
        "waiting": load.waiting,
    }


def _people(load: Workload) -> Iterator[Json]:
    for member in load.members[:_ROWS_MAX]:
        yield blocks.context(sentence("workload_row", _row(load, member)))


def _row(load: Workload, member: Member) -> dict[str, object]:
    return {
        "agent": load.people[member.person].name,
        "duty": member.duty.value,
        "running": member.load.running,
        "limit": member.limit,
        "waiting": member.load.waiting,
        "percent": round(100 * member.share),
    }


def _move(load: Workload, move: Move) -> str:
    brief = load.briefs[move.ticket]
    return sentence(
        "rebalance_row",
        {
            "ticket": brief.id,
            "subject": brief.subject,
            "priority": label(brief.priority.value),
            "before": load.people[move.before].name,
            "to": load.people[move.to].name,
            "what": move.why,
            "before_percent": move.before_percent,
            "to_percent": move.to_percent,
        },
    )
