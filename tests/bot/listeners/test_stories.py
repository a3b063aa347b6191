"""What people do in Slack, and what comes of it."""

import asyncio
from datetime import timedelta

from engine.tickets.people import DEFAULT
from tests.bot.office import Office


async def test_a_mail_becomes_a_card_and_a_click_claims_it(office: Office) -> None:
    await office.mail("VPN is down", "It does not connect.", "Dora")
    card = await office.card()
    assert "Dora" in card.visible_text()
    assert "It does not connect." in card.visible_text()

    outcome = await office.ana.click(card, "claim")
    assert outcome.ok
    await office.until(lambda: "Ana" in office.slack.current(card).visible_text())
    await office.settled()
    assert await office.state() == "IN_PROGRESS"
    assert len(office.slack.messages("it-desk")) == 1
    assert ("action", "done", "acted") in await office.spool_states()


async def test_the_same_envelope_twice_is_done_once(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ben.reply(card, "I look at the router")
    await office.settled()
    office.slack.deliver_again("message")
    await office.until(lambda: len([s for s in office.slack.sockets.sent if s.ack]) >= 1)
    await office.settled()
    assert len((await office.file()).notes) == 1


async def test_a_plain_reply_in_the_thread_is_a_note_and_is_never_mailed(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.reply(card, "the user has no idea")
    await office.settled()
    await office.delivered()
    assert [said.message.text for said in (await office.file()).notes] == ["the user has no idea"]
    assert [mail.kind for mail in office.postman.mails] == ["receipt"]


async def test_an_exclamation_mark_sends_the_words_and_marks_them_as_sent(office: Office) -> None:
    await office.mail()
    card = await office.card()
    said = await office.ana.reply(card, "! Please restart the client")
    await office.until(lambda: office.slack.current(said).reactions)
    await office.delivered()
    assert office.slack.current(said).reactions[0][0] == "outbox_tray"
    assert [mail.kind for mail in office.postman.mails] == ["receipt", "reply"]
    comments = (await office.file()).comments
    assert comments[-1].message.text == "Please restart the client"
    assert len(office.slack.thread(card)) == 1, "words are not repeated where they were written"


async def test_the_requesters_mail_appears_in_the_thread(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.joins("It works again, and then it does not.")
    told = await office.thread(card, "It works again")
    assert "Dora" in told.visible_text()


async def test_two_agents_claim_at_once_and_the_second_is_told_who_has_it(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await asyncio.gather(office.ana.click(card, "claim"), office.ben.click(card, "claim"))
    await office.settled()
    await office.until(lambda: office.ana.ephemerals or office.ben.ephemerals)
    holder = (await office.file()).line.assignee
    assert holder is not None
    loser = office.ben if holder.name == "Ana" else office.ana
    assert holder.name in loser.ephemerals[-1].visible_text()
    assert len(office.ana.ephemerals) + len(office.ben.ephemerals) == 1


async def test_a_stale_click_undoes_nothing_and_the_card_is_redrawn(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "claim")
    await office.until(lambda: "In progress" in office.slack.current(card).visible_text())
    worked_on = office.slack.current(card)
    await office.ana.choose(worked_on, "more", "Release")
    await office.until(lambda: "unassigned" in office.slack.current(card).visible_text())
    await office.delivered()
    updates = len(office.slack.calls("chat.update"))

    await office.ben.click(card, "claim", stale=True)
    await office.until(lambda: office.ben.ephemerals)
    await office.until(lambda: len(office.slack.calls("chat.update")) > updates)
    assert "T-1 changed before your click" in office.ben.ephemerals[-1].visible_text()
    assert await office.state() == "OPEN"


async def test_reply_opens_a_form_that_says_to_whom_and_sends_the_words(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "reply")
    await office.until(lambda: office.ana.modal)
    assert office.ana.modal is not None
    assert "goes to Dora by e-mail" in office.ana.modal.visible_text()
    outcome = await office.ana.submit(values={"words": "Please restart *everything* & <wait>"})
    assert outcome.ok
    assert outcome.view is None
    told = await office.thread(card, "to the requester")
    assert "Please restart *everything* & <wait>" in told.visible_text()
    await office.delivered()
    assert [mail.kind for mail in office.postman.mails] == ["receipt", "reply"]


async def test_a_question_makes_the_ticket_wait(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.choose(card, "more", "Ask the requester…")
    await office.until(lambda: office.ana.modal)
    await office.ana.submit(values={"words": "Which client?"})
    await office.until(lambda: "Waiting" in office.slack.current(card).visible_text())
    told = await office.thread(card, "Which client?")
    assert "❓ *Ana* asks the requester:" in told.visible_text()
    await office.delivered()
    assert office.postman.mails[-1].kind == "question"


async def test_resolve_then_reopen(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "resolve")
    await office.until(lambda: office.ana.modal)
    assert office.ana.modal is not None
    assert (office.ana.modal.submit or {}).get("text") == "Resolve"
    await office.ana.submit(values={})
    await office.until(lambda: "Resolved" in office.slack.current(card).visible_text())
    assert office.ana.can(card) == ["reply", "reopen", "more"]
    await office.ana.click(card, "reopen")
    await office.until(lambda: "Reopened" in office.slack.current(card).visible_text())


async def test_what_one_person_does_is_done_in_order(office: Office) -> None:
    """Resolve pressed right behind Claim: the form knows of the claim, and is not refused for it."""
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    office.slack.faults.slow("users.info", seconds=0.2)
    await office.ana.click(card, "claim")
    await office.ana.click(card, "resolve")
    await office.until(lambda: office.ana.modal)
    outcome = await office.ana.submit(values={"words": "Done"})
    assert outcome.ok
    assert outcome.view is None
    await office.settled()
    assert await office.state() == "RESOLVED"


async def test_one_slow_act_does_not_keep_a_form_from_opening(office: Office) -> None:
    office.trouble_expected = True
    await office.mail()
    card = await office.card()
    office.slack.faults.slow("users.info", seconds=60)
    await office.ana.click(card, "claim")
    await office.ana.click(card, "reply")
    office.clock.skip(timedelta(seconds=1.1))
    await office.until(lambda: office.ana.modal)
    office.clock.skip(timedelta(seconds=60))
    await office.until(lambda: "In progress" in office.slack.current(card).visible_text())


async def test_priority_and_assignment_by_form(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.choose(card, "more", "Change priority…")
    await office.until(lambda: office.ana.modal)
    await office.ana.submit(values={"priority": "P1"})
    await office.until(lambda: "P1 Critical" in office.slack.current(card).visible_text())
    assert "P1" in (await office.file()).line.ticket.priority


async def test_a_form_says_no_in_the_form(office: Office) -> None:
    """Cleo is no agent; the form stays, with the reason at the field."""
    await office.mail()
    card = await office.card()
    await office.ana.choose(card, "more", "Assign…")
    await office.until(lambda: office.ana.modal)
    outcome = await office.ana.submit(values={"assignee": office.cleo.user_id})
    assert "assignee" in outcome.errors
    assert office.ana.modal is not None
    again = await office.ana.submit(values={"assignee": office.cleo.user_id})
    assert "assignee" in again.errors, "a second try is not a duplicate"


async def test_a_form_over_a_ticket_that_moved_keeps_the_words_and_says_so(office: Office) -> None:
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "resolve")
    await office.until(lambda: office.ana.modal)
    await office.ben.click(card, "claim")
    await office.settled()
    outcome = await office.ana.submit(values={"words": "All good now"})
    assert outcome.view is not None
    assert "has changed" in outcome.view.visible_text()
    assert await office.state() == "IN_PROGRESS"
    final = await office.ana.submit(values={"words": "All good now"})
    assert final.ok
    await office.settled()
    assert await office.state() == "RESOLVED"


async def test_a_colleague_without_rights_is_refused_politely(office: Office) -> None:
    office.slack.add_channel("open-desk", members=["cleo"])
    await office.mail()
    card = await office.card()
    office.slack.workspace.change_channel(
        card.channel, kind="public", members=(*office.slack.channel("it-desk").members,)
    )
    await office.cleo.click(card, "claim")
    await office.until(lambda: office.cleo.ephemerals)
    assert await office.state() == "NEW"


# --- direct messages


async def test_a_direct_message_opens_a_ticket_and_is_answered_in_its_thread(
    office: Office,
) -> None:
    said = await office.cleo.dm("My laptop is on fire\nand so is my desk")
    card = await office.card("laptop")
    receipt = await office.slack.message(thread=said, containing="T-1")
    assert "we have it" in receipt.visible_text()
    assert (await office.file()).line.ticket.subject == "My laptop is on fire"

    await office.ana.reply(card, "!Use the extinguisher")
    told = await office.slack.message(thread=said, containing="Use the extinguisher")
    assert "Ana" in told.visible_text()

    await office.cleo.reply(told, "Thanks, it is out. What now?")
    heard = await office.thread(card, "it is out")
    assert "Cleo" in heard.visible_text()
    assert len((await office.file()).comments) == 3


async def test_the_same_direct_message_under_a_new_event_id_opens_one_ticket(
    office: Office,
) -> None:
    said = await office.cleo.dm("Printer jam")
    await office.card("Printer jam")
    await office.settled()
    office.slack.slack.acts.emit(
        {
            "type": "message",
            "user": office.cleo.user_id,
            "text": "Printer jam",
            "ts": said.ts,
            "channel": said.channel,
            "channel_type": "im",
        }
    )
    await office.until(lambda: len(office.slack.sockets.sent) >= 2)
    await office.settled()
    assert await office.storage.views.ticket(DEFAULT, 2) is None


async def test_other_bots_and_edits_open_nothing(office: Office) -> None:
    said = await office.cleo.dm("First")
    await office.card("First")
    await office.cleo.edit(said, "First, edited")
    await office.settled()
    assert await office.storage.views.ticket(DEFAULT, 2) is None
    assert [kind for kind, _, _ in await office.spool_states()] == ["event"]


# --- the command


async def test_new_by_command_is_answered_and_receipted(office: Office) -> None:
    outcome = await office.cleo.command("/ticket new No coffee &amp; no tea", channel="general")
    assert outcome.ok
    await office.until(lambda: office.cleo.ephemerals)
    assert "T-1 is open: No coffee" in office.cleo.ephemerals[-1].visible_text()
    await office.card("No coffee")
    await office.until(lambda: any("we have it" in m.visible_text() for m in office.cleo.dms))
    assert (await office.file()).line.ticket.subject == "No coffee & no tea"


async def test_new_without_words_opens_the_form(office: Office) -> None:
    await office.cleo.command("/ticket new")
    await office.until(lambda: office.cleo.modal)
    await office.cleo.submit(
        values={"subject": "No coffee", "words": "since Monday", "priority": "P2"}
    )
    card = await office.card("No coffee")
    assert "P2 High" in card.visible_text()
    assert "since Monday" in card.visible_text()


async def test_a_list_shows_what_one_may_see(office: Office) -> None:
    await office.mail("VPN is down")
    await office.cleo.command("/ticket new No coffee")
    await office.card("No coffee")
    await office.settled()
    await office.ana.command("/desk list", channel="general")
    await office.until(lambda: office.ana.ephemerals)
    seen = office.ana.ephemerals[-1].visible_text()
    assert "VPN is down" in seen
    assert "No coffee" in seen
    before = len(office.cleo.ephemerals)
    await office.cleo.command("/ticket list mine", channel="general")
    await office.until(lambda: len(office.cleo.ephemerals) > before)
    seen = office.cleo.ephemerals[-1].visible_text()
    assert "No coffee" in seen
    assert "VPN" not in seen


async def test_show_gives_notes_to_agents_alone(office: Office) -> None:
    await office.cleo.command("/ticket new No coffee", channel="general")
    card = await office.card("No coffee")
    await office.ana.reply(card, "secret note")
    await office.ana.reply(card, "!It comes at noon")
    await office.settled()
    await office.ana.command("/ticket show T-1", channel="general")
    await office.until(lambda: office.ana.ephemerals)
    assert "secret note" in office.ana.ephemerals[-1].visible_text()
    before = len(office.cleo.ephemerals)
    await office.cleo.command("/ticket show 1", channel="general")
    await office.until(lambda: len(office.cleo.ephemerals) > before)
    seen = office.cleo.ephemerals[-1].visible_text()
    assert "It comes at noon" in seen
    assert "secret note" not in seen
    assert office.cleo.can(office.cleo.ephemerals[-1]) == []


async def test_who_left_the_team_gets_no_notes_by_an_old_button(office: Office) -> None:
    """Ana asked for it herself and may still close it, as the requester she is now."""
    await office.ana.command("/ticket new My laptop is slow", channel="general")
    card = await office.card("My laptop is slow")
    await office.ana.command("/ticket show T-1", channel="general")
    await office.until(lambda: "Claim" in office.ana.ephemerals[-1].visible_text())
    shown = office.ana.ephemerals[-1]
    await office.ana.leave("it-desk")
    await office.settled()
    await office.ben.reply(card, "she spilled coffee on it")
    await office.settled()
    await office.ana.choose(shown, "more", "Close unresolved…")
    await office.until(lambda: office.ana.modal)
    await office.ana.submit(values={"words": "It works again"})
    await office.settled()
    await office.ana.command("/ticket show T-1", channel="general")
    await office.until(lambda: "Closed" in office.ana.ephemerals[-1].visible_text())
    assert not any("coffee" in seen.visible_text() for seen in office.ana.ephemerals)


async def test_a_strangers_ticket_is_absent_for_others(office: Office) -> None:
    await office.mail()
    await office.card()
    await office.cleo.command("/ticket show T-1", channel="general")
    await office.until(lambda: office.cleo.ephemerals)
    text = office.cleo.ephemerals[-1].visible_text()
    assert "There is no ticket T-1" in text
    assert "VPN" not in text


async def test_an_unknown_verb_gets_help_and_the_nearest(office: Office) -> None:
    await office.cleo.command("/ticket lsit", channel="general")
    await office.until(lambda: office.cleo.ephemerals)
    seen = office.cleo.ephemerals[-1].visible_text()
    assert "Did you mean `/ticket list`" in seen
