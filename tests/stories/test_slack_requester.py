"""What employees live through who never leave Slack."""

from tests.stories.town import Town, worked


async def test_a_ticket_opened_by_command_is_answered_by_direct_message(desk: Town) -> None:
    """Carla types /ticket, Ana answers in the thread, Carla answers in hers."""
    carla, ana = desk.person("carla"), desk.person("ana")
    worked(await carla.command("/ticket new The printer is on fire", channel="general"))
    card = await desk.card("The printer is on fire")
    told = await desk.until(
        lambda: [m for m in carla.ephemerals if "T-1" in m.visible_text()], "whisper"
    )
    assert told
    await desk.until(lambda: [m for m in carla.dms if "T-1" in m.visible_text()], "receipt")
    await ana.reply(card, "! Which floor?")
    heard = await desk.until(
        lambda: [m for m in carla.dms if "Which floor?" in m.visible_text()], "answer"
    )
    assert heard[0].thread_ts
    await carla.say(carla.dm_channel, "The third", thread=heard[0])
    await desk.in_thread(card, "The third")
    assert desk.mailbox.received("carla@example.com") == []
    assert [said.message.text for said in (await desk.ticket()).comments] == [
        "The printer is on fire",
        "Which floor?",
        "The third",
    ]


async def test_a_direct_message_opens_a_ticket(desk: Town) -> None:
    carla = desk.person("carla")
    await carla.dm("My laptop does not start any more")
    await desk.card("My laptop does not start")
    await desk.until(lambda: [m for m in carla.dms if "T-1" in m.visible_text()], "receipt")


async def test_the_form_asks_what_the_command_did_not_say(desk: Town) -> None:
    carla = desk.person("carla")
    worked(await carla.command("/ticket new", channel="general"))
    form = await desk.form(carla)
    worked(
        await carla.submit(
            form, {"subject": "New laptop", "words": "Mine is old.", "priority": "P2"}
        )
    )
    card = await desk.card("New laptop")
    assert "P2 High" in card.visible_text()


async def test_list_and_show_tell_only_what_one_may_see(desk: Town) -> None:
    carla, mia = desk.person("carla"), desk.person("mia")
    worked(await carla.command("/ticket new The printer is on fire"))
    await desk.card("printer")
    worked(await carla.command("/ticket list"))
    await desk.until(lambda: [m for m in carla.ephemerals if "printer" in m.visible_text()], "list")
    desk.slack.add_user("eve")
    eve = desk.person("eve")
    for line in ("/ticket show T-1", "/ticket show T-99"):
        worked(await eve.command(line))
    answers = await desk.until(
        lambda: eve.ephemerals if len(eve.ephemerals) >= 2 else [], "answers"
    )
    texts = {m.visible_text().replace("T-99", "T-1") for m in answers}
    assert len(texts) == 1  # absent and forbidden sound alike
    worked(await mia.command("/ticket show T-1"))
    await desk.until(lambda: [m for m in mia.ephemerals if "printer" in m.visible_text()], "ticket")


async def test_help_names_the_nearest_verb(desk: Town) -> None:
    carla = desk.person("carla")
    worked(await carla.command("/ticket lsit"))
    helped = await desk.until(lambda: carla.ephemerals, "help")
    assert "/ticket list" in helped[0].visible_text()


async def test_mail_and_slack_are_one_person_when_slack_confirmed_the_address(desk: Town) -> None:
    """Carla's mail opened it; Carla's Slack sees it."""
    await desk.mail("carla@example.com", "VPN is down", "Nothing works.")
    await desk.card("VPN is down")
    carla = desk.person("carla")
    worked(await carla.command("/ticket show T-1"))
    await desk.until(lambda: [m for m in carla.ephemerals if "VPN" in m.visible_text()], "ticket")


async def test_an_event_that_slack_repeats_is_heard_once(desk: Town) -> None:
    carla, ana = desk.person("carla"), desk.person("ana")
    worked(await carla.command("/ticket new The printer is on fire"))
    card = await desk.card("printer")
    await ana.reply(card, "Seen this before")
    await desk.quiet()
    desk.slack.deliver_again("message")
    desk.slack.deliver_again("message")
    await desk.quiet()
    notes = (await desk.ticket()).notes
    assert [said.message.text for said in notes] == ["Seen this before"]
