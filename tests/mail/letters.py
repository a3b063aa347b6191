"""Tickets and parcels for the tests of what the desk writes."""

from collections.abc import Sequence
from dataclasses import replace

from engine.ports.outbox import Parcel
from engine.ports.views import TicketLine
from engine.reports import report_json
from engine.reports.kinds import ReportKind
from engine.reports.report_json import plain
from engine.tickets.effects import Tell
from engine.tickets.message import Comment, Fact, MessageId, Reference
from engine.tickets.people import DEFAULT, Address
from mail.outgoing.compose import Letterhead, Occasion, compose
from mail.outgoing.message import Letter
from tests.clock import MORNING
from tests.engine.make import ANA, BOB, TEAM, ticket
from tests.engine.report_sample import sample
from tests.mail.stage import SIGNER, SUPPORT

HOUSE = Letterhead(SIGNER, SUPPORT)
FACTS: dict[str, dict[str, Fact]] = {
    "receipt": {
        "priority": "P3",
        "priority_label": "Medium",
        "promise_at": "2026-03-02T11:00:00Z",
        "copied": False,
        "refused": [],
        "follows": "",
    },
    "reply": {"agent": "Ana"},
    "question": {"agent": "Ana"},
    "resolved": {"agent": "Ana", "closes_at": "2026-03-05T09:00:00Z"},
    "closed": {"agent": "Ana"},
    "merged": {"other": "T-3"},
    "reminder": {"gives_up_at": "2026-03-05T09:00:00Z"},
    "breached": {"clock": "resolution", "due_at": "2026-03-02T11:00:00Z", "assignee": "Ana"},
    "page": {
        "requester": "Bob",
        "role": "lead",
        "next_role": "manager",
        "is_top": False,
        "cause": "unacknowledged",
        "by": "",
        "priority": "P1",
        "priority_label": "Critical",
        "due_at": "2026-03-02T11:00:00Z",
        "next_at": "2026-03-02T10:00:00Z",
        "page": 9,
        "reason": "They cannot pay.",
        "clock": "resolution",
        "is_late": False,
        "others": ["Ben", "Lea"],
    },
    "page_over": {
        "how": "acknowledged",
        "by": "Ana",
        "yours": False,
        "claimable": True,
        "answered_at": "2026-03-02T10:00:00Z",
    },
    "handover": {
        "stays": ["T-7|P1|2026-03-02T11:00:00Z|VPN is down", "T-8|P3||No mail | again"],
        "stays_more": 2,
        "back": ["T-9|P4||A second monitor"],
        "back_more": 0,
        "urgent": ["T-7"],
    },
    "report": report_json.facts(plain(sample(), kind=ReportKind.WEEKLY, scope="Support", listed=5)),
    "overdue_digest": {
        "count": 3,
        "groups": [],
        "dues_at": ["2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z"],
        "tickets": ["T-7", "T-8"],
        "subjects": ["VPN is down", "No mail"],
        "told": ["breached", "page"],
        "clocks": ["resolution", ""],
        "assignees_slack": ["U0ANA", ""],
    },
}
_WITH_WORDS = ("reply", "question", "resolved", "reminder")
WORDS = "Please restart the client.\n\nThen tell me <b>what</b> you see."


def line() -> TicketLine:
    team = replace(TEAM, addresses=(SUPPORT,))
    return TicketLine(ticket(), BOB, ANA, team)


def comment(text: str = WORDS) -> Comment:
    return Comment(MessageId("m1"), ANA.id, "slack", text, MORNING)


def parcel(template: str, *, to: str = "bob@example.com", **facts: Fact) -> Parcel:
    known: dict[str, Fact] = {
        "ticket": "T-1",
        "subject": "VPN is down",
        "timezone": "Europe/Berlin",
        **FACTS.get(template, {}),
        **facts,
    }
    said = MessageId("m1") if template in _WITH_WORDS else None
    tell = Tell(Address("mail", to), template, f"key.{template}", known, comment=said)
    return Parcel(41, DEFAULT, 1, tell.key, tell, 0, MORNING)


def apart() -> Parcel:
    """It belongs to no ticket."""
    return replace(parcel("closed", team="Support desk", agent=""), ticket=None)


def letter(
    template: str,
    *,
    references: Sequence[str] = (),
    words: str = WORDS,
    house: Letterhead = HOUSE,
    **facts: Fact,
) -> Letter:
    sent = parcel(template, to="bob@example.com", **facts)
    assert isinstance(sent.effect, Tell)
    said = comment(words) if sent.effect.comment else None
    known = [Reference("mail", "", "message", id) for id in references]
    return compose(Occasion(sent, sent.effect, line(), said, known), house, at=MORNING)
