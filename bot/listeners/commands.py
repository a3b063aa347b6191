"""The slash command, by whatever name Slack routes it to us: its verbs, and answers that only the person sees."""

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.context.context import BotContext
from bot.context.ephemeral import in_marked_words
from bot.context.interaction import Interaction
from bot.listeners import home_refresh, lists, shifts, verbs, workloads
from bot.listeners.clicks import in_full, open_new
from bot.listeners.error_boundary import settle
from bot.views.explanation import why_message
from bot.views.limits import HEADER_TEXT
from bot.views.reports import forecast_message, report_message
from bot.views.text import first_line, plain, ticket_number
from bot.views.words import sentence
from engine.messages.values import Code
from engine.reports.kinds import ReportKind
from engine.tickets import access
from engine.tickets.access import Right
from engine.tickets.actions import VERBS
from engine.tickets.message import Draft, Request
from engine.tickets.people import Role

SHIFT: Final = "/shift"
"""The same as `/ticket shift`, whatever name `/ticket` goes by."""


@dataclass(frozen=True, slots=True)
class Command:
    """`/ticket list mine`: the verb and the rest."""

    front: BotContext
    done: Interaction
    name: str
    verb: str
    rest: str
    raw: str = ""
    """The rest with its marks: who is mentioned."""


async def command(front: BotContext, done: Interaction) -> None:
    raw = str(done.body.get("text", ""))
    text = plain(raw, {})
    verb, _, rest = text.partition(" ")
    marked = raw.strip().partition(" ")[2].strip()
    given = Command(front, done, str(done.body["command"]), verb.lower(), rest.strip(), marked)
    if given.name == SHIFT:
        given = replace(given, verb="shift", rest=text)
    asked = verbs.read(raw)
    if asked.is_known:
        await _on_ticket(given, asked)
        return
    if done.replayed and given.verb != "new":
        await settle(front, done, reason="ignored: nobody waits for the answer")
        return
    await _VERBS.get(given.verb, _help)(given)


async def _on_ticket(given: Command, asked: verbs.SpokenVerb) -> None:
    """`/ticket escalate T-1 they cannot pay`: what follows the number is the verb's."""
    front, done = given.front, given.done
    named, _, rest = asked.rest.partition(" ")
    number = ticket_number(named)
    if number is None:
        facts = {"command": Code(given.name), "verb": asked.verb}
        await _answer(given, sentence("show_which", facts))
        return
    by = await front.people.who_is(done.user)
    request = Request(front.workspace, number, by, settles=done.spool_id)
    words = rest.strip() if asked.verb == "assign" else plain(rest, {})
    ticket = await verbs.do(front, request, replace(asked, rest=words))
    await front.voice.whisper(done.ear, in_marked_words(verbs.did(asked, number, ticket)))


async def _new(given: Command) -> None:
    front, done = given.front, given.done
    if not given.rest:
        await open_new(front, done, channel=done.channel or "")
        return
    by = await front.people.who_is(done.user)
    draft = Draft(first_line(given.rest, HEADER_TEXT), given.rest)
    ticket = await front.desk.open(front.workspace, draft, by=by, settles=done.spool_id)
    told = sentence("opened", {"ticket": ticket.id, "subject": ticket.subject})
    await front.voice.whisper(done.ear, in_marked_words(told))


async def _list(given: Command) -> None:
    await lists.list_(given.front, given.done, given.raw)


async def _search(given: Command) -> None:
    await lists.search(given.front, given.done, given.raw)


async def _show(given: Command) -> None:
    front, done = given.front, given.done
    number = ticket_number(given.rest)
    if number is None:
        await _answer(given, sentence("show_which", {"command": Code(given.name), "verb": "show"}))
        return
    by = await front.people.who_is(done.user)
    ticket = await front.desk.see(Request(front.workspace, number, by))
    shown = await in_full(front, by, ticket)
    await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, shown)


async def _why(given: Command) -> None:
    """`/ticket why T-1`; only the person who asks sees it."""
    front, done = given.front, given.done
    number = ticket_number(given.rest)
    if number is None:
        await _answer(given, sentence("show_which", {"command": Code(given.name), "verb": "why"}))
        return
    by = await front.people.who_is(done.user)
    explanation = await front.desk.why(Request(front.workspace, number, by))
    await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, why_message(explanation))


async def _shift(given: Command) -> None:
    """An answer that only they see; the home tab is redrawn if they have it open."""
    verb, _, rest = given.rest.partition(" ")
    known = verb.lower() or "status"
    if known not in shifts.VERBS:
        name = given.name if given.name == SHIFT else f"{given.name} shift"
        facts = {"command": Code(name), "unknown": "" if known == "help" else verb}
        await _answer(given, sentence("shift_help", facts))
        return
    front, done = given.front, given.done
    standing = await shifts.say(front, done, known, rest.strip())
    if known == "status":
        await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, in_marked_words(shifts.answer(standing)))
    await home_refresh.refresh(front, done.user)


async def _workload(given: Command) -> None:
    by = await given.front.people.who_is(given.done.user)
    load = await given.front.floor.workload(given.front.workspace, by, given.rest or None)
    await settle(given.front, given.done, reason="answered")
    await given.front.voice.whisper(given.done.ear, workloads.figures(load))


async def _rebalance(given: Command) -> None:
    """`rebalance`, `rebalance network`, `rebalance network due`."""
    words = given.rest.split()
    by_due = words[-1:] == [workloads.BY_DUE]
    team = " ".join(words[:-1] if by_due else words)
    by = await given.front.people.who_is(given.done.user)
    load = await given.front.floor.workload(given.front.workspace, by, team or None, by_due=by_due)
    about = access.about_team(load.team)
    access.authorize(load.reader, Right.REBALANCE, about, [*load.people.values()])
    await settle(given.front, given.done, reason="answered")
    await given.front.voice.whisper(given.done.ear, workloads.proposal(load, by_due=by_due))


async def _report(given: Command) -> None:
    """`/ticket report week mine`; only the person who asks sees it."""
    front, done = given.front, given.done
    words = given.rest.lower().split()
    unknown = next((word for word in words if word not in _REPORTED), None)
    if unknown is not None:
        await _answer(
            given, sentence("report_unknown", {"word": unknown, "command": Code(given.name)})
        )
        return
    kind = next((ReportKind(word) for word in words if word in _SPANS), ReportKind.TODAY)
    person = await front.desk.identify(front.workspace, await front.people.who_is(done.user))
    report = await front.reports.asked(person, kind, own="mine" in words)
    await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, report_message(report))


async def _forecast(given: Command) -> None:
    """`/ticket forecast network`: the next seven days, for leads and above; only the person who asks sees it."""
    front, done = given.front, given.done
    person = await front.desk.identify(front.workspace, await front.people.who_is(done.user))
    found = await front.reports.foreseen(person, given.rest)
    await settle(front, done, reason="answered")
    await front.voice.whisper(done.ear, forecast_message(found))


_SPANS: Final = frozenset({ReportKind.TODAY, ReportKind.WEEK, ReportKind.MONTH})
_REPORTED: Final = frozenset({"mine", *_SPANS})


async def _help(given: Command) -> None:
    known = given.verb in ("", "help")
    verb_names = [*_VERBS, *VERBS]
    by = await given.front.people.who_is(given.done.user)
    person = await given.front.desk.identify(given.front.workspace, by)
    is_agent = person.rank >= Role.AGENT
    near = [] if known else difflib.get_close_matches(given.verb, verb_names, n=1)
    facts = {
        "command": Code(given.name),
        "unknown": "" if known else given.verb,
        "nearest": near[0] if near else "",
        "verbs": verbs.rows(verbs.of_rank(person)) if is_agent else [],
    }
    await _answer(given, sentence("help", facts))


async def _answer(given: Command, words: str) -> None:
    await settle(given.front, given.done, reason="answered")
    await given.front.voice.whisper(given.done.ear, in_marked_words(words))


_VERBS: Final[Mapping[str, Callable[[Command], Awaitable[None]]]] = MappingProxyType(
    {
        "new": _new,
        "list": _list,
        "search": _search,
        "show": _show,
        "why": _why,
        "report": _report,
        "forecast": _forecast,
        "shift": _shift,
        "workload": _workload,
        "rebalance": _rebalance,
        "help": _help,
    }
)
