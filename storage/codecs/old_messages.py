"""What waited in the outbox when messages became dataclasses: a template's name and flat facts, made into messages.

Facts were texts, numbers and lists of texts; what did not fit was packed: "T-1|P1||subject", columns, JSON.
Nothing here is written any more. It goes when no upgrade begins before it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from engine.messages import conversation as said
from engine.messages import digests, work
from engine.messages import page_messages as paging
from engine.messages.message import Message
from engine.messages.values import (
    Code,
    Foreign,
    GroupHandle,
    Handle,
    TicketRef,
    Who,
    Words,
    Zone,
    foreign,
    zone,
)
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority

Facts = Mapping[str, Any]
About = tuple[TicketRef, Foreign, Zone | None]


@dataclass(frozen=True, slots=True)
class Old:
    kind: type
    """What it is called today."""
    read: Callable[[Facts], Message]


def in_todays_words(template: str, facts: Facts) -> Message:
    return OLD[template].read(facts)


# --- what many have


def _about(facts: Facts) -> About:
    return _ref(facts["ticket"]), Foreign(facts.get("subject", "")), zone(facts.get("timezone"))


def _ref(id: str) -> TicketRef:
    return TicketRef(int(id.removeprefix("T-")))


def _name(facts: Facts, key: str) -> Foreign | None:
    return foreign(facts.get(key))


def _names(facts: Facts, key: str) -> tuple[Foreign, ...]:
    return tuple(map(Foreign, facts.get(key, ())))


def _code(facts: Facts, key: str) -> Code:
    return Code(facts.get(key, ""))


def _at(facts: Facts, key: str) -> datetime | None:
    written = facts.get(key)
    return datetime.fromisoformat(written) if written else None


def _clock(written: str | None) -> ClockKind | None:
    return ClockKind(written) if written else None


def _who(name: str, slack: str) -> Who | None:
    return Who(Foreign(name), Handle(slack) if slack else None) if name or slack else None


def _assignee(facts: Facts) -> Who | None:
    return _who(facts.get("assignee", ""), facts.get("assignee_slack", ""))


# --- words


def _receipt(facts: Facts) -> Message:
    refused = [one.rpartition("|") for one in facts.get("refused", ())]
    follows = facts.get("follows")
    return said.Receipt(
        *_about(facts),
        priority=Priority(facts["priority"]),
        asked=None,
        promise_at=_at(facts, "promise_at"),
        follows=_ref(follows) if follows else None,
        refused=tuple(said.RefusedFile(Foreign(name), Code(why)) for name, _, why in refused),
        copied=facts.get("copied", False),
    )


def _agent_said(facts: Facts) -> Message:
    author, via = _name(facts, "author"), _code(facts, "via")
    return said.AgentSaid(*_about(facts), author, via, question=facts.get("question", False))


def _requester_said(facts: Facts) -> Message:
    return said.RequesterSaid(*_about(facts), _name(facts, "author"), _code(facts, "via"))


def _noted(facts: Facts) -> Message:
    return said.NoteWritten(*_about(facts), _name(facts, "author"), _code(facts, "via"))


def _undelivered(facts: Facts) -> Message:
    place, reason = Foreign(facts["place"]), Foreign(facts["reason"])
    return said.Undelivered(place, reason, _code(facts, "what"))


# --- work


def _assigned(facts: Facts) -> Message:
    agent = _who(facts.get("agent", ""), facts.get("agent_slack", ""))
    return work.TicketAssigned(*_about(facts), agent, _name(facts, "by"), _offer(facts))


def _offer(facts: Facts) -> work.OfferedBecause | None:
    """Skills stood in one text, which is taken as one: a skill may hold a comma."""
    if not facts.get("how"):
        return None
    has, lacks = ((one,) if (one := _name(facts, key)) else () for key in ("has", "lacks"))
    return work.OfferedBecause(_code(facts, "how"), facts.get("running", 0), has, lacks)


def _linked(facts: Facts) -> Message:
    return work.TicketLinked(*_about(facts), _ref(facts["other"]), _code(facts, "how"))


def _merged(facts: Facts) -> Message:
    return work.TicketMerged(*_about(facts), _ref(facts["other"]), _name(facts, "by"))


def _unmerged(facts: Facts) -> Message:
    return work.TicketUnmerged(*_about(facts), _ref(facts["other"]), _name(facts, "by"))


def _resolved(facts: Facts) -> Message:
    closes_at, gave_up = _at(facts, "closes_at"), facts.get("gave_up", False)
    return work.TicketResolved(*_about(facts), _name(facts, "agent"), closes_at, gave_up)


def _closed(facts: Facts) -> Message:
    return work.TicketClosed(*_about(facts), _name(facts, "agent"), no_request=False)


def _reopened(facts: Facts) -> Message:
    return work.TicketReopened(*_about(facts), _name(facts, "author"), _assignee(facts))


# --- promises and pages


def _warned(facts: Facts) -> Message:
    due = datetime.fromisoformat(facts["due_at"])
    return paging.PromiseWarned(*_about(facts), ClockKind(facts["clock"]), due, _assignee(facts))


def _breached(facts: Facts) -> Message:
    due = datetime.fromisoformat(facts["due_at"])
    return paging.PromiseBroken(*_about(facts), ClockKind(facts["clock"]), due, _assignee(facts))


def _waived(facts: Facts) -> Message:
    return paging.PromiseWaived(*_about(facts), ClockKind(facts["clock"]), _name(facts, "by"))


def _call(facts: Facts) -> dict[str, Any]:
    return {
        "role": Foreign(facts["role"]),
        "next_role": Foreign(facts["next_role"]),
        "is_top": facts["is_top"],
        "cause": _code(facts, "cause"),
        "by": _name(facts, "by"),
        "next_at": _at(facts, "next_at"),
        "clock": _clock(facts.get("clock")),
        "due_at": _at(facts, "due_at"),
        "groups": tuple(map(GroupHandle, facts.get("groups", ()))),
    }


def _paged(facts: Facts) -> Message:
    names, empty = _names(facts, "names"), _names(facts, "empty")
    return paging.LevelPaged(*_about(facts), **_call(facts), names=names, empty=empty)


def _page(facts: Facts) -> Message:
    reason = facts.get("reason")
    return paging.PersonPaged(
        *_about(facts),
        **_call(facts),
        page=facts["page"],
        version=facts["version"],
        priority=Priority(facts["priority"]),
        requester=_name(facts, "requester"),
        is_late=facts.get("is_late", False),
        others=_names(facts, "others"),
        reason=Words(reason) if reason else None,
    )


def _page_over(facts: Facts) -> Message:
    return paging.PageOver(
        *_about(facts),
        how=_code(facts, "how"),
        by=_name(facts, "by"),
        yours=facts["yours"],
        claimable=facts["claimable"],
        version=facts.get("version", 0),  # a mail, in which nothing is to be pressed
        answered_at=datetime.fromisoformat(facts["answered_at"]),
        paged_at=_at(facts, "paged_at"),
    )


def _page_held(facts: Facts) -> Message:
    return paging.PagesHeld(*_about(facts), datetime.fromisoformat(facts["until_at"]))


# --- digests

_OVERDUE: Final = {
    "warned": digests.Overdue.DUE,
    "breached": digests.Overdue.LATE,
    "paged": digests.Overdue.CALLED,
    "page": digests.Overdue.CALLED,
}
_COLUMNS: Final = ("told", "tickets", "subjects", "dues_at", "clocks", "assignees_slack")


def _overdue(facts: Facts) -> Message:
    rows = zip(*(facts[name] for name in _COLUMNS), strict=True)
    return digests.OverdueDigest(
        timezone=zone(facts.get("timezone")),
        count=facts["count"],
        groups=tuple(map(GroupHandle, facts.get("groups", ()))),
        lines=tuple(_line(*row) for row in rows),
    )


def _line(*row: str) -> digests.OverdueLine:
    told, ticket, subject, due_at, clock, slack = row
    return digests.OverdueLine(
        what=_OVERDUE[told],
        ticket=_ref(ticket),
        subject=Foreign(subject),
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        clock=_clock(clock),
        assignee=Handle(slack) if slack else None,
    )


def _handover(facts: Facts) -> Message:
    agent = _who(facts["agent"], facts.get("agent_slack", "")) if facts["for_team"] else None
    return digests.ShiftHandover(
        timezone=zone(facts.get("timezone")),
        agent=agent,
        stays=_listed(facts, "stays"),
        back=_listed(facts, "back"),
        due=_listed(facts, "due"),
        urgent=tuple(map(_ref, facts.get("urgent", ()))),
        waiting=facts.get("waiting", 0),
    )


def _listed(facts: Facts, key: str) -> digests.ListedTickets:
    rows = [one.split("|", 3) for one in facts.get(key, ())]
    lines = (
        digests.ListedTicket(
            ticket=_ref(ticket),
            priority=Priority(priority),
            due_at=datetime.fromisoformat(due_at) if due_at else None,
            subject=Foreign(subject),
        )
        for ticket, priority, due_at, subject in rows
    )
    return digests.ListedTickets(tuple(lines), more=facts.get(f"{key}_more", 0))


def _report(facts: Facts) -> Message:
    report = json.loads(facts["report"])
    return digests.ReportDigest(
        kind=Code(report["kind"]),
        scope=Foreign(report["scope"]),
        first=date.fromisoformat(report["from"]),
        last=date.fromisoformat(report["to"]),
        timezone=Zone(report["timezone"]),
        at=datetime.fromisoformat(report["at"]),
        figures=_figures(report["figures"]),
        before=_figures(report["before"]),
        by=tuple(
            digests.ReportGroups(digests.GroupedBy(by), _groups(of))
            for by, of in report["by"].items()
        ),
        weekly=report["step"] == "week",
        trend=tuple(map(_flow, report["trend"])),
        ages=tuple(digests.ReportAge(**age) for age in report["ages"]),
        late=tuple(map(_promise, report["late"])),
        late_count=report["late_count"],
        at_risk=tuple(map(_promise, report["at_risk"])),
        at_risk_count=report["at_risk_count"],
    )


def _figures(of: Facts) -> digests.ReportFigures:
    kept = (digests.KeptPromises(ClockKind(kind), _share(of)) for kind, of in of["kept"].items())
    return digests.ReportFigures(
        opened=of["opened"],
        resolved=of["resolved"],
        open_now=of["open_now"],
        kept=tuple(kept),
        kept_all=_share(of["kept_all"]),
        response=_how_long(of["response"]),
        resolution_working=_how_long(of["resolution_working"]),
        resolution_wall=_how_long(of["resolution_wall"]),
        acknowledged=_how_long(of["acknowledged"]),
        unacknowledged=of["unacknowledged"],
        reopened=_share(of["reopened"]),
    )


def _share(of: Facts) -> digests.Share:
    return digests.Share(of["part"], of["whole"], of["percent"])


def _how_long(of: Facts | None) -> digests.HowLong | None:
    if of is None:
        return None
    keys = ("mean_seconds", "median_seconds", "p90_seconds")
    return digests.HowLong(*(timedelta(seconds=of[key]) for key in keys))


def _groups(of: list[Facts]) -> tuple[digests.ReportGroup, ...]:
    return tuple(digests.ReportGroup(_name(each, "name"), _figures(each["figures"])) for each in of)


def _flow(of: Facts) -> digests.ReportFlow:
    first = date.fromisoformat(of["first"])
    return digests.ReportFlow(first, of["opened"], of["resolved"], _share(of["kept"]))


def _promise(of: Facts) -> digests.ReportPromise:
    return digests.ReportPromise(
        ticket=_ref(of["ticket"]),
        subject=Foreign(of["subject"]),
        priority=Priority(of["priority"]),
        assignee=_name(of, "assignee"),
        clock=ClockKind(of["clock"]),
        due_at=datetime.fromisoformat(of["due_at"]),
        late=timedelta(seconds=of["late_seconds"]),
        open=of["open"],
    )


OLD: Final[Mapping[str, Old]] = {
    "receipt": Old(said.Receipt, _receipt),
    "reply": Old(said.Reply, lambda f: said.Reply(*_about(f), _name(f, "agent"))),
    "question": Old(said.Question, lambda f: said.Question(*_about(f), _name(f, "agent"))),
    "agent_said": Old(said.AgentSaid, _agent_said),
    "requester_said": Old(said.RequesterSaid, _requester_said),
    "noted": Old(said.NoteWritten, _noted),
    "reminder": Old(said.Reminder, lambda f: said.Reminder(*_about(f), _at(f, "gives_up_at"))),
    "undelivered": Old(said.Undelivered, _undelivered),
    "assigned": Old(work.TicketAssigned, _assigned),
    "linked": Old(work.TicketLinked, _linked),
    "merged": Old(work.TicketMerged, _merged),
    "unmerged": Old(work.TicketUnmerged, _unmerged),
    "resolved": Old(work.TicketResolved, _resolved),
    "closed": Old(work.TicketClosed, _closed),
    "reopened": Old(work.TicketReopened, _reopened),
    "warned": Old(paging.PromiseWarned, _warned),
    "breached": Old(paging.PromiseBroken, _breached),
    "waived": Old(paging.PromiseWaived, _waived),
    "paged": Old(paging.LevelPaged, _paged),
    "page": Old(paging.PersonPaged, _page),
    "page_over": Old(paging.PageOver, _page_over),
    "page_held": Old(paging.PagesHeld, _page_held),
    "acknowledged": Old(
        paging.PageAcknowledged,
        lambda f: paging.PageAcknowledged(*_about(f), _name(f, "by")),
    ),
    "escalation_ended": Old(
        paging.EscalationOver,
        lambda f: paging.EscalationOver(*_about(f), _name(f, "by")),
    ),
    "overdue_digest": Old(digests.OverdueDigest, _overdue),
    "handover": Old(digests.ShiftHandover, _handover),
    "report": Old(digests.ReportDigest, _report),
}
