"""The page in a real browser: sends without reloading, shows what comes, keeps what is typed."""

from collections.abc import AsyncIterator

import pytest

from tests.browser import Browser, Tab, executable
from tests.sandbox.page_scene import BOB, DESK, Scene, scene

pytestmark = pytest.mark.skipif(executable() is None, reason="Chromium is not installed")


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    async with scene() as made:
        yield made


@pytest.fixture
async def tab(here: Scene) -> AsyncIterator[Tab]:
    async with Browser() as browser:
        tab = await browser.open(here.page.url)
        # Set once and gone with a reload: that is how a reload would be seen.
        await tab.run("window.stillHere = true")
        yield tab
        assert await tab.run("window.stillHere")


async def test_a_mail_goes_from_the_page_to_the_desk_and_its_answer_comes_back(
    here: Scene, tab: Tab
) -> None:
    await tab.fill("#compose-subject", "Printer on fire")
    await tab.fill("#compose-text", "Second floor.")
    await tab.click(".compose .button.primary")
    letter = await here.desk.message(to=DESK, subject_contains="Printer on fire")
    assert letter.text.strip() == "Second floor."
    await tab.wait_for(".reader .subject", "Printer on fire")
    link = "<p>We come.</p><a href='mailto:r+t1@desk.test?subject=Solved'>It is solved</a>"
    await here.deliver("[T-1] Printer", "We come.", link, In_Reply_To=letter.message_id)
    await tab.wait_for(".letter", "Support")
    inside = "document.querySelector('iframe.mail-html')?.contentDocument?.body?.innerText ?? ''"
    await tab.run(
        f"new Promise(d => {{ const l = () => ({inside}).includes('We come') ? d() : setTimeout(l, 10); l() }})"
    )
    await tab.fill(".reply textarea", "Thank you")
    await tab.click(".reply .button.primary")
    assert "Thank you" in (await here.desk.message(to=DESK, subject_contains="Re: [T-1]")).text


async def test_an_agent_claims_a_card_and_answers_in_a_modal(here: Scene, tab: Tab) -> None:
    await here.post_card()
    await tab.wait_for(".line", "T-123")
    await tab.click(".channel button[value*=claim]")
    await tab.wait_for(".line", "In progress")
    await tab.wait_for(".line .mention", "@Ana Ruiz")
    await tab.click(".channel button[value*=reply]")
    await tab.wait_for(".modal", "Your reply")
    await tab.fill(".modal textarea", "ok")
    await tab.click(".modal-foot .primary")
    await tab.wait_for(".modal .error", "A little longer")
    assert await tab.run("document.querySelector('.modal textarea').value") == "ok"
    await tab.fill(".modal textarea", "It is fixed now.")
    await tab.click(".modal-foot .primary")
    submitted = await here.slack.wait_for(
        lambda: [one for one in here.app.heard if one.get("type") == "view_submission"][1:]
    )
    assert submitted[0]["view"]["state"]["values"]["words"]["text"]["value"] == "It is fixed now."


async def test_a_choice_acts_at_once(here: Scene, tab: Tab) -> None:
    await here.post_card()
    await tab.fill(".channel select.field", "P1 Critical")
    pressed = await here.slack.wait_for(lambda: [one for one in here.app.heard if "actions" in one])
    assert pressed[0]["actions"][0]["selected_option"]["value"] == "P1 Critical"


async def test_a_menu_opens_inside_its_pane_even_at_the_bottom(here: Scene, tab: Tab) -> None:
    for _ in range(3):
        await here.post_card()
    await tab.wait_for(".line:nth-of-type(3)", "T-123")
    await tab.click(".channel .line:last-child .overflow summary")
    menu = "document.querySelector('.overflow[open] .menu').getBoundingClientRect()"
    pane = "document.querySelector('.pane.slack').getBoundingClientRect()"
    await tab.wait_for(".overflow[open] .menu[style*=fixed]")
    assert await tab.run(f"{menu}.bottom <= {pane}.bottom && {menu}.right <= {pane}.right")
    assert await tab.run(f"{menu}.top >= {pane}.top")


async def test_what_is_typed_stays_while_news_come_in(here: Scene, tab: Tab) -> None:
    await tab.fill(".composer textarea", "half a sen")
    await tab.fill("#compose-text", "half a mail")
    await here.slack.user("ben").say("desk", "good morning")
    await here.deliver("Hello", "text")
    await tab.wait_for(".line", "good morning")
    await tab.wait_for(".threads", "Hello")
    assert await tab.run("document.querySelector('.composer textarea').value") == "half a sen"
    assert await tab.run("document.querySelector('#compose-text').value") == "half a mail"
    assert await tab.run("document.activeElement.id") == "compose-text"


async def test_a_sent_message_empties_its_own_composer_only(here: Scene, tab: Tab) -> None:
    await tab.fill("#compose-text", "half a mail")
    await tab.fill(".composer textarea", "hello there")
    await tab.click(".composer .send")
    await tab.wait_for(".line", "hello there")
    await tab.wait_for(".composer textarea:placeholder-shown")
    assert await tab.run("document.querySelector('#compose-text').value") == "half a mail"
    assert [one.text for one in here.slack.messages("desk")] == ["hello there"]


async def test_the_page_itself_never_scrolls_and_nothing_is_refused_by_its_policy(
    here: Scene, tab: Tab
) -> None:
    await tab.run("window.refused = []")
    await tab.run(
        "addEventListener('securitypolicyviolation', e => window.refused.push(e.blockedURI))"
    )
    await here.post_card()
    await here.deliver("Hello", "text", "<p style='color:red'>styled</p>")
    await tab.wait_for(".line", "T-123")
    await tab.click(".threads a")
    await tab.wait_for(".letter", "Support")
    assert await tab.run("document.documentElement.scrollHeight <= innerHeight")
    assert await tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert await tab.run("window.refused") == []
    assert here.mailbox.unread_count(BOB) == 0
