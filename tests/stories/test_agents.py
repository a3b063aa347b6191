"""What agents live through: claims, races, stale cards, notes, rights."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.stories.town import Town, town, worked

BOB = "bob@example.com"
# Each moves the clock by seconds: long enough for a login and for the next look at the channels.
LOOKS_MAX = 100
NO_AGENT = "You are not an agent here. Agents are listed in deskd.toml, or are full members of"


@pytest.fixture
async def opened(desk: Town) -> Town:
    await desk.mail(BOB, "VPN is down", "Nothing works.")
    await desk.card("T-1")
    return desk


async def test_two_agents_claim_at_once_and_the_second_is_told_who(opened: Town) -> None:
    ana, ben = opened.person("ana"), opened.person("ben")
    card = await opened.card("T-1")
    await asyncio.gather(ana.click(card, "claim"), ben.click(card, "claim"))
    await opened.card("In progress")
    file = await opened.ticket()
    holder = file.line.assignee
    assert holder is not None
    loser = ben if holder.name.lower() == "ana" else ana
    told = await opened.until(lambda: loser.ephemerals, "refusal")
    assert f"{holder.name} already has T-1" in told[0].visible_text()


async def test_a_click_on_an_old_card_is_refused_kindly_and_the_card_redrawn(opened: Town) -> None:
    ana, ben = opened.person("ana"), opened.person("ben")
    old = await opened.card("T-1")
    worked(await ben.click(old, "claim"))
    claimed = await opened.card("In progress")
    await ana.choose(claimed, "more", "Change priority…")
    worked(await ana.submit(await opened.form(ana), {"priority": "P1"}))
    await opened.card("P1 Critical")
    await ben.choose(claimed, "more", "Release", stale=True)
    told = await opened.until(lambda: ben.ephemerals, "refusal")
    assert "changed before your click" in told[0].visible_text()
    assert await opened.state() == "IN_PROGRESS"


async def test_a_note_is_never_mailed(opened: Town) -> None:
    """Plain words in the thread stay with the agents, whatever happens to the ticket afterwards."""
    ana = opened.person("ana")
    card = await opened.card("T-1")
    await ana.reply(card, "He never restarts anything")
    await ana.reply(card, "!  Please restart it")
    await opened.letter(BOB, containing="Please restart it")
    await opened.resolve(ana, "T-1", "Restarted it for you")
    await opened.letter(BOB, containing="Restarted it for you")
    await opened.quiet()
    assert all("never restarts" not in one.raw.decode() for one in opened.mailbox.received())
    file = await opened.ticket()
    assert [said.message.text for said in file.notes] == ["He never restarts anything"]
    assert file.comments[1].message.text == "Please restart it"


async def test_the_reply_form_says_who_reads_it_and_shows_the_words_to_the_team(
    opened: Town,
) -> None:
    ana = opened.person("ana")
    card = await opened.card("T-1")
    worked(await ana.click(card, "reply"))
    form = await opened.form(ana)
    assert "Bob" in form.visible_text()
    worked(await ana.submit(form, {"words": "Please restart it"}))
    await opened.letter(BOB, containing="Please restart it")
    await opened.in_thread(card, "Please restart it")


async def test_words_for_the_requester_are_marked_in_the_thread(opened: Town) -> None:
    ana = opened.person("ana")
    card = await opened.card("T-1")
    said = await ana.reply(card, "! On my way")
    await opened.until(lambda: opened.slack.current(said).reactions, "mark")
    note = await ana.reply(card, "What a day")
    await opened.quiet()
    assert not opened.slack.current(note).reactions


async def test_release_and_assign_move_the_ticket_and_tell_who_gets_it(opened: Town) -> None:
    ana, ben = opened.person("ana"), opened.person("ben")
    worked(await ana.click(await opened.card("T-1"), "claim"))
    worked(await ana.choose(await opened.card("In progress"), "more", "Release"))
    card = await opened.card("Open")
    worked(await ben.choose(card, "more", "Assign…"))
    worked(await ben.submit(await opened.form(ben), {"assignee": ana.user_id}))
    assert ana.mention in (await opened.in_thread(card, "Assigned to")).text
    assert (await opened.ticket()).line.assignee is not None


async def test_an_agent_assigns_within_the_team(opened: Town) -> None:
    ana, ben = opened.person("ana"), opened.person("ben")
    card = await opened.card("T-1")
    worked(await ana.choose(card, "more", "Assign…"))
    worked(await ana.submit(await opened.form(ana), {"assignee": ben.user_id}))
    assert ben.mention in (await opened.in_thread(card, "Assigned to")).text


async def test_what_takes_a_senior_is_offered_to_seniors_alone(opened: Town) -> None:
    """The card is everybody's; `/ticket show` is its reader's. Whoever asks all the same hears who can."""
    ana, ben = opened.person("ana"), opened.person("ben")
    card = await opened.card("T-1")
    assert "Assign…" in str(card.blocks)
    assert "Close unresolved…" not in str(card.blocks)
    for who, offered in ((ana, False), (ben, True)):
        await who.command("/ticket show T-1", channel="it-desk")
        shown = await opened.until(lambda who=who: who.ephemerals, "ticket in full")
        assert ("Close unresolved…" in str(shown[-1].blocks)) is offered
    await ana.command("/ticket close T-1 We do not do phones", channel="it-desk")
    told = await opened.until(lambda: ana.ephemerals[1:], "refusal")
    assert "You can't close unresolved tickets; Ben and Mia can." in told[0].visible_text()
    await ben.command("/ticket close T-1", channel="it-desk")
    told = await opened.until(lambda: ben.ephemerals[1:], "refusal")
    assert "Please add a reason" in told[0].visible_text()
    await ben.command("/ticket close T-1 We do not do phones", channel="it-desk")
    await opened.card("Closed")
    assert [said.message.text for said in (await opened.ticket()).notes] == ["We do not do phones"]


async def test_help_in_a_thread_names_what_this_person_may_do_now(opened: Town) -> None:
    ana = opened.person("ana")
    await ana.reply(await opened.card("T-1"), f"<@{opened.slack.bot_user_id}> shoot it")
    told = await opened.until(lambda: ana.ephemerals, "help")
    text = told[0].visible_text()
    assert "not a request" in text
    assert "assign @somebody" in text.replace("*", "")
    assert not any(word in text for word in ("waive", "unmerge", "reopen", "release"))


async def test_not_a_request_closes_in_silence_and_can_be_undone(opened: Town) -> None:
    """The spammer hears nothing and wakes nobody; whoever may reopen takes it back, and what was owed is owed."""
    ana = opened.person("ana")
    receipt = await opened.letter(BOB, "[T-1]")
    worked(await ana.choose(await opened.card("T-1"), "more", "Not a request"))
    card = await opened.card("Closed")
    await opened.writer(BOB).reply(receipt, "Buy now, last chance!")
    await opened.in_thread(card, "Buy now")
    await opened.quiet()
    assert len(opened.mailbox.received(BOB)) == 1, "the receipt, and nothing since"
    assert await opened.state() == "CLOSED"
    assert [clock.running for clock in (await opened.ticket()).line.ticket.clocks] == [False] * 3
    worked(await ana.click(await opened.card("Closed"), "reopen"))
    await opened.card("Reopened")
    clocks = (await opened.ticket()).line.ticket.clocks
    assert {clock.kind.value for clock in clocks if clock.running} == {
        "first_response",
        "resolution",
        "ack",
    }


async def test_a_colleague_is_told_that_it_was_not_taken_for_a_request(desk: Town) -> None:
    """In Slack it is known who writes; they can object."""
    ana, carla = desk.person("ana"), desk.person("carla")
    await carla.command("/ticket new Lunch?", channel="general")
    await desk.card("T-1")
    await ana.command("/ticket spam T-1", channel="it-desk")
    await desk.card("Closed")
    told = await desk.until(
        lambda: [one for one in carla.dms if "not taken for a request" in one.text], "word"
    )
    assert "/ticket reopen T-1" in told[0].text
    await carla.command("/ticket reopen T-1", channel="general")
    await desk.card("Reopened")


async def test_a_guest_in_the_private_channel_is_no_agent(opened: Town) -> None:
    gus = opened.person("gus")
    await gus.click(await opened.card("T-1"), "claim")
    told = await opened.until(lambda: gus.ephemerals, "refusal")
    assert NO_AGENT in told[0].visible_text()
    assert (await opened.ticket()).line.assignee is None


@pytest.fixture
async def public(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """The team's channel is public: Ana, who is listed nowhere, is no agent; Ben is listed."""
    async with town(tmp_path, database, start=False) as desk:
        desk.slack.workspace.change_channel(desk.slack.channel("it-desk").id, kind="public")
        await desk.start()
        await desk.mail(BOB, "VPN is down", "Nothing works.")
        await desk.card("T-1")
        yield desk


async def test_in_a_public_channel_a_click_says_who_the_agents_are(public: Town) -> None:
    ana, ben = public.person("ana"), public.person("ben")
    card = await public.card("T-1")
    await ana.click(card, "claim")
    told = await public.until(lambda: ana.ephemerals, "refusal")
    assert NO_AGENT in told[0].visible_text()
    await ana.click(card, "reply")
    told = await public.until(lambda: ana.ephemerals[1:], "refusal")
    assert NO_AGENT in told[0].visible_text()
    assert ana.modal is None, "nobody fills in what would be refused"
    worked(await ben.click(card, "claim"))
    await public.card("In progress")


@pytest.mark.parametrize("words", ["! Please restart it", "He never restarts anything"])
async def test_in_a_public_channel_words_in_a_thread_are_not_dropped_silently(
    public: Town, words: str
) -> None:
    ana = public.person("ana")
    await ana.reply(await public.card("T-1"), words)
    told = await public.until(lambda: ana.ephemerals, "refusal")
    assert [NO_AGENT in one.visible_text() for one in told] == [True]
    file = await public.ticket()
    assert (len(file.comments), len(file.notes)) == (1, 0)


async def degraded(desk: Town) -> str:
    """What /ready complains of."""
    assert desk.built is not None
    assert desk.built.http is not None
    assert desk.built.http.bound is not None
    host, port = desk.built.http.bound
    async with ClientSession() as http, http.get(f"http://{host}:{port}/ready") as answer:
        return "; ".join((await answer.json())["degraded"])


async def complains(desk: Town, words: str) -> None:
    """Or, with no words, until it does not complain any more."""
    for _ in range(LOOKS_MAX):
        found = await degraded(desk)
        if (words and words in found) or words == found:
            return
        await desk.clock.forward(seconds=5)
        await asyncio.sleep(0.05)  # the calls go over real sockets
    raise AssertionError(f"{words!r} is not in {found!r}")


async def looks_again(desk: Town) -> None:
    looked = len(desk.slack.calls("conversations.info"))
    await desk.clock.forward(minutes=2)
    await desk.until(
        lambda: len(desk.slack.calls("conversations.info")) > looked, "look at the channel"
    )
    await desk.still()


async def test_a_public_team_channel_is_told_on_ready_and_logged_once(
    public: Town, caplog: pytest.LogCaptureFixture
) -> None:
    channel = public.slack.channel("it-desk").id
    words = f"slack.channel {channel} is public: only people listed in deskd.toml are agents"
    await complains(public, words)
    assert "invite" not in await degraded(public)
    public.slack.faults.refuse("conversations.info", "internal_error", times=1)
    for _ in range(3):
        await looks_again(public)
        assert words in await degraded(public), "it stays said, also when a look fails"
    assert len([one for one in caplog.records if one.getMessage() == words]) == 1
    public.slack.workspace.change_channel(channel, kind="private")
    await complains(public, "")


@pytest.mark.parametrize("kind", ["public", "private"])
async def test_a_team_channel_without_the_app_is_told_on_ready(
    tmp_path: Path, database: str, kind: str
) -> None:
    async with town(tmp_path, database, start=False) as desk:
        channel = desk.slack.channel("it-desk")
        alone = tuple(one for one in channel.members if one != desk.slack.bot_user_id)
        desk.slack.workspace.change_channel(channel.id, kind=kind, members=alone)
        await desk.start()
        await complains(desk, "invite the app into it")
        assert f"slack.channel {channel.id}" in await degraded(desk)
        assert ("is public" in await degraded(desk)) is (kind == "public")


async def test_a_private_team_channel_is_no_trouble_and_a_failing_look_is_none_either(
    opened: Town,
) -> None:
    opened.slack.faults.refuse("conversations.info", "internal_error", times=2)
    for _ in range(3):
        await looks_again(opened)
        assert await degraded(opened) == ""
    assert len(opened.slack.calls("conversations.info", ok=False)) == 2


async def test_who_asks_in_a_public_channel_for_what_is_not_shown_there_hears_nothing_of_it(
    public: Town,
) -> None:
    """The commands answer as before: whether there is such a ticket is not theirs to know."""
    ana = public.person("ana")
    await ana.command("/ticket show 1", channel="it-desk")
    told = await public.until(lambda: ana.ephemerals, "refusal")
    assert "There is no ticket T-1 that you can see" in told[0].visible_text()


async def test_an_agent_without_the_role_hears_who_has_it(opened: Town) -> None:
    ana = opened.person("ana")
    await ana.command("/ticket waive T-1 a drill", channel="it-desk")
    told = await opened.until(lambda: ana.ephemerals, "refusal")
    assert "You can't waive missed targets; Mia can." in told[0].visible_text()


async def test_a_raised_priority_shortens_the_promise_on_the_card(opened: Town) -> None:
    ana = opened.person("ana")
    before = (await opened.ticket()).line.ticket.due_at
    await ana.choose(await opened.card("T-1"), "more", "Change priority…")
    worked(await ana.submit(await opened.form(ana), {"priority": "P1"}))
    await opened.card("P1 Critical")
    after = (await opened.ticket()).line.ticket.due_at
    assert before is not None
    assert after is not None
    assert (before - after).total_seconds() == 115 * 60


async def test_words_from_outside_can_not_ping_format_or_order(desk: Town) -> None:
    """Eve's mail names everybody, pretends a link and forges headers."""
    hostile = "<!channel> <@U000000001> *bold* <https://evil.example|your bank> &lt;!here&gt;"
    await desk.mail("eve@evil.example", f"Hi {hostile} \r\nBcc: all@example.com", hostile)
    card = await desk.card("T-1")
    raw = str(card.blocks) + card.text
    for trick in ("<!channel>", "<!here>", "<@U000000001>", "<https://evil.example|"):
        assert trick not in raw
    receipt = await desk.letter("eve@evil.example", "[T-1]")
    assert receipt.header("Bcc") == ""
    await desk.quiet()
    assert desk.mailbox.received("all@example.com") == []


async def test_a_team_may_answer_in_public_by_default(tmp_path: Path, database: str) -> None:
    extra = '[[teams]]\nid = "support"\nname = "Support"\nreplies_public = true\n'
    async with town(tmp_path, database, extra=extra) as desk:
        await desk.mail(BOB, "VPN is down", "Nothing works.")
        card = await desk.card("T-1")
        await desk.person("ana").reply(card, "Please restart it")
        await desk.letter(BOB, containing="Please restart it")
