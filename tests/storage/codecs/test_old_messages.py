"""What an older desk left in the outbox is read whole, kind by kind.

old_messages.json holds rows as commit 82fe099 wrote them; `is` and `message` are what they say today, frozen
when templates still had the words of that commit, and what came out was that desk's text to the letter.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.views.messages import told
from bot.views.pages import page, page_over
from engine.messages.effects import Tell
from engine.messages.message import KINDS, Message, kind_of
from engine.messages.page_messages import PageOver, PersonPaged
from engine.messages.values import Foreign
from engine.messages.work import TicketAssigned
from engine.ports.outbox import Parcel
from engine.tickets.events import Assigned, AssignReason
from engine.tickets.message import Comment, MessageId
from engine.tickets.people import DEFAULT, Address, PersonId
from mail.outgoing.compose import Letterhead, Occasion, compose
from storage.codecs import codec
from storage.codecs.message_codec import decode, encode
from storage.codecs.old_messages import OLD
from tests.mail.stage import SIGNER

ROWS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("old_messages.json").read_text())
WORDS = "Some *words* <b>"
AT = datetime(2026, 11, 9, tzinfo=UTC)


def in_slack(row: dict[str, Any], message: Message) -> dict[str, str]:
    if isinstance(message, PersonPaged):
        return {"text": page(message, DEFAULT, "").text}
    if isinstance(message, PageOver):
        return {"text": page_over(message, DEFAULT, "").text}
    return {"text": told(message, WORDS if row["words"] else None, ticket=row["ticket"]).text}


def by_mail(row: dict[str, Any], message: Message) -> dict[str, str]:
    tell = Tell(Address("mail", "bob@example.com"), message, "k")
    parcel = Parcel(1, DEFAULT, row["ticket"], "k", tell, 0, AT)
    words = Comment(MessageId("m1"), None, "slack", WORDS, AT) if row["words"] else None
    house = Letterhead(SIGNER, "support@acme.example", name="Acme | Help & <Desk>, IT")
    letter = compose(Occasion(parcel, tell, None, words), house, at=AT)
    return {"subject": letter.subject, "text": letter.text}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['channel']} {row['kind']}")
def test_an_old_row_is_the_message_that_it_was_and_can_be_said(row: dict[str, Any]) -> None:
    message = decode(row["kind"], row["facts"])
    assert kind_of(message) == row["is"]
    assert message == decode(row["is"], {"message": row["message"]})
    said = by_mail(row, message) if row["channel"] == "mail" else in_slack(row, message)
    assert all(said.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['channel']} {row['kind']}")
def test_an_old_row_is_written_back_in_the_new_way(row: dict[str, Any]) -> None:
    message = decode(row["kind"], row["facts"])
    assert decode(kind_of(message), json.loads(json.dumps(encode(message)))) == message


def test_there_is_a_row_of_every_old_kind_and_each_is_a_kind_of_today() -> None:
    assert {row["kind"] for row in ROWS} == set(OLD)
    assert {old.kind for old in OLD.values()} <= set(
        KINDS.values()
    )  # what is newer has no old rows


def test_a_skill_with_a_comma_is_one_skill_in_old_rows_too() -> None:
    row = next(one for one in ROWS if one["kind"] == "assigned" and one["facts"]["how"])
    message = decode("assigned", {**row["facts"], "has": "C, C++"})
    assert isinstance(message, TicketAssigned)
    assert message.offer is not None
    assert message.offer.has == (Foreign("C, C++"),)


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("", None),
        ("former, 0 open", AssignReason("former")),
        (
            "least_loaded, 3 open, has C, C++, has doors open, lacks cisco",
            AssignReason("least_loaded", 3, ("C, C++", "doors open"), ("cisco",)),
        ),
        ("rebalance, off", AssignReason("rebalance", giver="off")),
    ],
)
def test_the_reason_of_an_old_offer_is_read(why: str, reason: AssignReason | None) -> None:
    read = codec.decode("assigned", {"before": None, "to": "p1", "why": why}, None)
    assert read == Assigned(None, PersonId("p1"), reason)
    type_, facts = codec.encode(read)
    assert codec.decode(type_, json.loads(json.dumps(facts)), None) == read
