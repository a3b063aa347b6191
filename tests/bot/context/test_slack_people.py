"""Who counts as whom: full members with a confirmed address, and nobody else."""

import asyncio
from datetime import timedelta

import pytest

from bot.context.background import MOST_AT_ONCE
from bot.context.slack_people import MEMBERS_TTL, SlackPeople, UnreachableError
from bot.transport.app import client_for
from bot.transport.connection import SlackConnection
from engine.tickets.people import DEFAULT, Identity
from tests.bot.office import Office, settings_for


@pytest.fixture
def people(office: Office) -> SlackPeople:
    """With memories of its own, over the same Slack."""
    client = client_for(settings_for(office.slack), office.face.session, office.slack.bot_token)
    people = SlackPeople(client, office.storage.views, office.clock, DEFAULT)
    people.team_id = office.slack.team_id
    return people


async def test_a_full_member_of_the_private_channel(office: Office, people: SlackPeople) -> None:
    ana = await people.who_is(office.ana.user_id)
    assert ana.name == "Ana"
    assert ana.confirmed == (Identity("mail", "", "ana@example.com"),)
    assert ana.timezone == "Europe/Berlin"
    assert ana.identity.issuer == office.slack.team_id
    assert ana.member_of == {office.slack.channel("it-desk").id}
    assert (await people.who_is(office.cleo.user_id)).member_of == frozenset()


@pytest.mark.parametrize(
    "traits",
    [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"team_id": "T0OTHER"},
        {"is_bot": True},
        {"deleted": True},
    ],
)
async def test_a_guest_or_stranger_in_the_channel_is_no_agent_and_has_no_address(
    office: Office, people: SlackPeople, traits: dict[str, object]
) -> None:
    office.slack.change_user("ana", **traits)
    ana = await people.who_is(office.ana.user_id)
    assert ana.member_of == frozenset()
    assert ana.confirmed == ()


async def test_an_unconfirmed_address_is_none(office: Office, people: SlackPeople) -> None:
    office.slack.change_user("ana", is_email_confirmed=False)
    assert (await people.who_is(office.ana.user_id)).confirmed == ()


async def test_a_public_channel_vouches_for_nobody(office: Office, people: SlackPeople) -> None:
    channel = office.slack.channel("it-desk")
    office.slack.workspace.change_channel(channel.id, kind="public")
    assert (await people.who_is(office.ana.user_id)).member_of == frozenset()


async def test_a_channel_the_bot_cannot_see_vouches_for_nobody(
    office: Office, people: SlackPeople
) -> None:
    office.trouble_expected = True
    channel = office.slack.channel("it-desk")
    office.slack.workspace.change_channel(channel.id, members=(office.ana.user_id,))
    assert (await people.who_is(office.ana.user_id)).member_of == frozenset()


async def test_membership_is_asked_again_after_a_while_and_at_once_after_an_event(
    office: Office, people: SlackPeople
) -> None:
    channel = office.slack.channel("it-desk")
    await people.who_is(office.cleo.user_id)
    members = (*channel.members, office.cleo.user_id)
    office.slack.workspace.change_channel(channel.id, members=members)
    assert not (await people.who_is(office.cleo.user_id)).member_of
    office.clock.skip(MEMBERS_TTL + timedelta(seconds=1))
    assert (await people.who_is(office.cleo.user_id)).member_of
    office.slack.workspace.change_channel(channel.id, members=channel.members)
    people.forget_channel(channel.id)
    assert not (await people.who_is(office.cleo.user_id)).member_of


async def test_membership_is_not_remembered_for_hours_by_a_clock_set_back(
    office: Office, people: SlackPeople
) -> None:
    channel = office.slack.channel("it-desk")
    assert (await people.who_is(office.ana.user_id)).member_of
    others = tuple(one for one in channel.members if one != office.ana.user_id)
    office.slack.workspace.change_channel(channel.id, members=others)
    office.clock.skip(timedelta(hours=-2))
    assert not (await people.who_is(office.ana.user_id)).member_of


async def test_an_agent_who_leaves_the_channel_can_no_longer_act(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "claim")
    await office.until(lambda: "In progress" in office.slack.current(card).visible_text())
    await office.ana.leave("it-desk")
    sent = office.slack.sockets.sent
    await office.until(lambda: "member_left" in sent[-1].delivery.about and sent[-1].ack)
    await office.ana.command("/ticket show T-1")
    await office.until(lambda: office.ana.ephemerals)
    assert "There is no ticket T-1" in office.ana.ephemerals[-1].visible_text()


async def test_a_remembered_person_is_known_while_slack_is_down(
    office: Office, people: SlackPeople
) -> None:
    office.trouble_expected = True
    await people.who_is(office.ana.user_id)
    office.clock.skip(timedelta(minutes=11))
    office.slack.faults.fail("users.info", times=None)
    assert (await people.who_is(office.ana.user_id)).name == "Ana"
    with pytest.raises(UnreachableError):
        await people.who_is(office.cleo.user_id)
    assert await people.name_of(office.cleo.user_id) is None


async def test_mail_and_slack_of_a_confirmed_address_are_one_person(office: Office) -> None:
    office.slack.change_user("cleo", email="dora@example.org")
    await office.mail()
    await office.card()
    await office.cleo.command("/ticket list mine", channel="general")
    await office.until(lambda: office.cleo.ephemerals)
    assert "VPN is down" in office.cleo.ephemerals[-1].visible_text()


async def test_mentions_in_a_note_are_names(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.reply(card, f"{office.cleo.mention} has it too &amp; more")
    await office.settled()
    assert (await office.file()).notes[0].message.text == "@Cleo has it too & more"


async def test_more_clicks_than_hands_are_refused_and_never_done_later(office: Office) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    office.slack.faults.slow("users.info", seconds=3600, times=None)
    await office.ana.click(card, "claim")
    connection = office.face.parts[0]
    assert isinstance(connection, SlackConnection)
    hands = connection._front.hands
    row = next(iter(hands._at_work.values()))
    idle = [hands.start(_forever(), row=row) for _ in range(MOST_AT_ONCE - 1)]
    refused = asyncio.ensure_future(office.ben.click(card, "claim"))  # noqa: TID251 - a test's own task
    await office.until(lambda: len(office.slack.sockets.sent) >= 3)

    async def settled() -> bool:
        return ("action", "done", "refused: too much at once") in await office.spool_states()

    await office.becomes(settled)
    office.clock.skip(timedelta(seconds=4))
    assert (await refused).error == "operation_timeout"
    for task in idle:
        task.cancel()
    office.clock.skip(timedelta(seconds=3600))
    await office.until(lambda: "In progress" in office.slack.current(card).visible_text())
    holder = (await office.file()).line.assignee
    assert holder is not None
    assert holder.name == "Ana"


async def _forever() -> None:
    await asyncio.Event().wait()
