"""What a crash can repeat: one mail, as long as the relay is quick."""

from engine.ports.outbox import Later
from engine.tickets.people import Address
from tests.deskd.room import CHANNEL, Room, eventually

CARL = Address("mail", "carl@example.com")
DORA = Address("mail", "dora@example.com")


async def test_the_second_mail_begins_when_the_first_is_marked(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "first", to=CARL)
    await room.tell(ticket, "second", to=DORA)
    unmarked: list[int] = []

    def sent_before(parcel: object) -> None:
        unmarked.append(len(room.mail.seen) - room.counted[("mail", "sent")])

    room.mail.always = sent_before
    async with room.running(room.delivery()):
        await room.is_state("second", "sent")
    assert unmarked == [1, 1]


async def test_a_mail_that_takes_long_does_not_hold_up_the_next(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "first", to=CARL)
    await room.tell(ticket, "second", to=DORA)
    room.mail.gate.clear()
    async with room.running(room.delivery()):
        await eventually(lambda: room.mail.keys == ["first"], "the first one begins")
        await eventually(lambda: room.mail.keys == ["first", "second"], "the second one begins")
        room.mail.gate.set()
        await room.is_state("first", "sent")
        await room.is_state("second", "sent")


async def test_a_mail_that_fails_gives_its_turn_back(room: Room) -> None:
    ticket = await room.quiet_ticket()
    await room.tell(ticket, "first", to=CARL)
    await room.tell(ticket, "second", to=DORA)
    room.mail.verdicts = [Later("mailbox busy")]
    async with room.running(room.delivery()):
        await room.is_state("second", "sent")


async def test_words_for_slack_go_side_by_side_while_a_mail_is_on_its_way(room: Room) -> None:
    tickets = [await room.quiet_ticket(), await room.quiet_ticket()]
    await room.tell(tickets[0], "letter", to=CARL)
    for number, ticket in enumerate(tickets):
        await room.tell(ticket, f"post {number}", to=Address("slack", CHANNEL))
    room.mail.gate.clear()
    room.slack.gate.clear()
    async with room.running(room.delivery()):
        await eventually(lambda: set(room.slack.keys) == {"post 0", "post 1"}, "both are posted")
