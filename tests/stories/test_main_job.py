"""The main job: a mail in, a card in Slack, an answer back, and the ticket's end."""

from tests.stories.town import Town, worked


async def test_a_mail_becomes_a_card_is_answered_in_slack_and_closed_by_mail(desk: Town) -> None:
    """Bob writes, Ana claims, answers from the thread, Bob writes back, Ana resolves, Bob is told."""
    await desk.mail("bob@example.com", "VPN is down", "I cannot reach the intranet since nine.")
    receipt = await desk.letter("bob@example.com", "[T-1]")
    assert receipt.header("Auto-Submitted") == "auto-replied"
    card = await desk.card("VPN is down")

    ana = desk.person("ana")
    worked(await ana.click(card, "claim"))
    await desk.card("In progress")
    await ana.reply(card, "! Please restart the client, then try again.")
    answer = await desk.letter(
        "bob@example.com", "Re: VPN is down", containing="restart the client"
    )
    assert "T-1" in answer.subject
    assert answer.in_reply_to == receipt.references[-1] or answer.references

    await desk.writer("bob@example.com").reply(answer, "It works now, but it is slow.")
    await desk.in_thread(card, "but it is slow")

    await desk.resolve(ana, "T-1")
    await desk.letter("bob@example.com", containing="as resolved")
    assert await desk.state() == "RESOLVED"
    assert len(await desk.tickets()) == 1
    assert [line.level for line in desk.slack.log.errors] == []
