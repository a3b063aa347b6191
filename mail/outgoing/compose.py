"""What the desk wants to tell -> a letter: words from templates, ids signed, threaded. Pure; sends nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

import templates
from engine.messages.conversation import Question, Receipt, Reminder, Reply
from engine.messages.digests import OverdueDigest, ReportDigest, ShiftHandover
from engine.messages.effects import Tell
from engine.messages.message import Message, ToPerson, ToTeam
from engine.messages.page_messages import PageOver, PersonPaged, PromiseBroken
from engine.messages.values import Foreign, facts_of, written
from engine.messages.work import TicketClosed, TicketMerged, TicketResolved
from engine.ports.outbox import Parcel
from engine.ports.views import TicketLine
from engine.tickets.message import Comment, Reference
from mail.outgoing.mail_words import in_mail
from mail.outgoing.message import Letter
from mail.parsing.mailbox import normalise
from mail.thread import Signer, is_ours

# What a mail can say, and what kind of automatic it is; None: a person's words, which no filter shall put away.
AUTOMATIC: Final[Mapping[type[ToPerson], str | None]] = {
    Receipt: "auto-replied",
    Reply: None,
    Question: None,
    TicketResolved: "auto-generated",
    TicketClosed: "auto-generated",
    TicketMerged: "auto-generated",
    Reminder: "auto-generated",
    PromiseBroken: "auto-generated",
    PersonPaged: "auto-generated",
    PageOver: "auto-generated",
    ReportDigest: "auto-generated",
    OverdueDigest: "auto-generated",
    ShiftHandover: "auto-generated",
}
# Ids in References beside the ticket's ancestor; clients need the nearest.
REFERENCES_LAST: Final = 5

_REPLY_PREFIX: Final = re.compile(
    r"^\s*(re|aw|antw|antwort|sv|vs|rv|odp|res|r|回复|答复|回覆)\s*(\[\d+\]|\(\d+\))?\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"\s*\[T-\d{1,9}\]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """How this desk writes."""

    signer: Signer
    address: str
    """The desk's own address, for teams without one."""
    name: str = ""
    """Whose mail it is when it belongs to no team."""
    plus_addresses: bool = True
    """False where the provider refuses `support+token@`: then threads hold by Message-ID alone."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is told, to whom, and what is known of the ticket."""

    parcel: Parcel
    tell: Tell
    line: TicketLine | None
    """None: it belongs to no ticket, and is a mail of its own."""
    comment: Comment | None = None
    references: Sequence[Reference] = ()
    """Messages of this ticket so far, oldest first."""


def can_say(message: Message) -> bool:
    return type(message) in AUTOMATIC


def compose(occasion: Occasion, house: Letterhead, *, at: datetime) -> Letter:
    parcel, tell, line = occasion.parcel, occasion.tell, occasion.line
    address = line.team.addresses[0] if line and line.team.addresses else house.address
    facts = _facts(occasion, house) | _ways_to_answer(occasion, house, address)
    subject = templates.render(f"mail/{tell.kind}.subject.j2", facts)
    text = templates.render(f"mail/{tell.kind}.txt.j2", facts)
    signer = house.signer
    letter = Letter(
        to=tell.to.place,
        to_name=_name_of(occasion),
        from_=address,
        from_name=templates.render("mail/from.j2", facts),
        reply_to=address,
        subject=subject,
        text=text,
        html=_page(tell.kind, {**facts, "title": subject, "text": text}),
        message_id=signer.message_id(address, parcel.workspace, parcel.ticket, parcel.id),
        at=at,
        instance=signer.instance(),
        automatic=_automatic(tell.message),
    )
    return letter if parcel.ticket is None else _threaded(letter, occasion, parcel.ticket, house)


def _automatic(message: Message) -> str | None:
    assert not isinstance(message, ToTeam), "said in channels alone"
    return AUTOMATIC[type(message)]


def _page(kind: str, facts: Mapping[str, object]) -> str:
    """The HTML twin: of its own where it draws more than words, else the words set as a page."""
    own = f"mail/{kind}.html.j2"
    return templates.render(own if templates.exists(own) else "mail/letter.html.j2", facts)


def _ways_to_answer(occasion: Occasion, house: Letterhead, address: str) -> dict[str, object]:
    """`ack_address`: whoever is paged says "I have it" by writing there; "" where nothing of the kind goes.

    `actions`: lines of the text that the HTML twin draws as a button, with what to press and where it leads.
    """
    parcel, tell = occasion.parcel, occasion.tell
    paged = tell.message
    if not isinstance(paged, PersonPaged) or parcel.ticket is None or not house.plus_addresses:
        return {"ack_address": "", "actions": {}}
    ack = house.signer.ack_address(
        address, parcel.workspace, ticket=parcel.ticket, page=paged.page, to=tell.to.place
    )
    subject = templates.render(
        "mail/acknowledge_link.j2", {"part": "subject", "ticket": str(paged.ticket)}
    )
    button = {
        "label": templates.render("mail/acknowledge_link.j2", {"part": "button", "ticket": ""}),
        "href": f"mailto:{quote(ack, safe='@+')}?subject={quote(subject)}",
    }
    return {"ack_address": ack, "actions": {ack: button}}


def _threaded(letter: Letter, occasion: Occasion, ticket: int, house: Letterhead) -> Letter:
    """Among the ticket's other mails; whoever answers it joins the ticket."""
    signer, address, workspace = house.signer, letter.from_, occasion.parcel.workspace
    reply_to = signer.reply_address(address, workspace, ticket) if house.plus_addresses else address
    answered = _answered(occasion.references)
    ancestor = signer.ancestor(address, workspace, ticket)
    return replace(
        letter,
        reply_to=reply_to,
        references=_references(ancestor, occasion.references, answered),
        in_reply_to=answered or ancestor,
    )


def _facts(occasion: Occasion, house: Letterhead) -> dict[str, object]:
    """Every template gets the message's fields and these names, so that none needs to ask which are there."""
    message, line = occasion.tell.message, occasion.line
    facts: dict[str, object] = {"agent": "", **facts_of(message, in_mail)}
    facts["team"] = in_mail(Foreign(line.team.name if line is not None else house.name))
    facts["subject"] = bare_subject(str(facts.get("subject", "")))
    if isinstance(message, ReportDigest):
        facts["report"] = written(message, in_mail)
    facts["words"] = occasion.comment.text.strip("\r\n") if occasion.comment else ""
    return facts


def bare_subject(subject: str) -> str:
    """Without the Re: and the tag that come back with every answer."""
    bare = _TAG.sub(" ", subject).strip()
    shorter = _REPLY_PREFIX.sub("", bare)
    while shorter != bare:
        bare, shorter = shorter, _REPLY_PREFIX.sub("", shorter)
    return bare


def _name_of(occasion: Occasion) -> str:
    """The requester's name; of others who are copied only the address is known."""
    if occasion.line is None:
        return ""
    requester = occasion.line.requester
    known = normalise(requester.known_as("mail") or "")
    return requester.name if known == occasion.tell.to.place and "@" not in requester.name else ""


def _answered(references: Sequence[Reference]) -> str | None:
    """The newest message of theirs: their client has it, and puts ours beneath it."""
    theirs = [reference.ref for reference in references if not is_ours(reference.ref)]
    return theirs[-1] if theirs else None


def _references(
    ancestor: str, references: Sequence[Reference], answered: str | None
) -> tuple[str, ...]:
    recent = [reference.ref for reference in references][-REFERENCES_LAST:]
    ids = [ancestor, *(id for id in recent if id != answered)]
    return tuple(dict.fromkeys([*ids, answered] if answered else ids))
