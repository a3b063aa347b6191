"""The mailboxes on the page: write, read, reply, and nothing hostile runs."""

import html
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.sandbox.page_scene import BOB, DESK, Scene, scene
from tests.sandbox.page_visitor import Visitor, visiting, words_of


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    async with scene() as made:
        yield made


@pytest.fixture
async def visitor(here: Scene) -> AsyncIterator[Visitor]:
    async with visiting(here.page) as visitor:
        yield visitor


async def test_a_mail_written_on_the_page_reaches_the_desk(here: Scene, visitor: Visitor) -> None:
    shown = await visitor.post("/mail/send", to=DESK, subject="Printer", text="It\r\nburns.")
    letter = await here.desk.message(to=DESK)
    assert (letter.subject, letter.text.strip()) == ("Printer", "It\nburns.")
    assert letter.from_ == ("Bob Ray", BOB)
    assert '<h3 class="subject">Printer</h3>' in shown


async def test_an_attachment_goes_along_and_is_only_ever_downloaded(
    here: Scene, visitor: Visitor
) -> None:
    form = aiohttp.FormData({"to": DESK, "subject": "Scan", "text": "see", "place": ""})
    form.add_field("files", b"<script>", filename='a".html', content_type="text/html")
    headers = {"Origin": str(visitor.base)}
    async with visitor.session.post(f"{visitor.base}/mail/send", data=form, headers=headers) as got:
        shown = await got.text()
    held = (await here.desk.message(to=DESK)).attachments[0]
    assert (held.type, held.content) == ("text/html", b"<script>")
    path = re.search(r'href="(/letter/\d+/file/\d+)"', shown)
    assert path
    async with visitor.session.get(f"{visitor.base}{path[1]}") as got:
        assert got.content_type == "application/octet-stream"
        assert got.headers["Content-Disposition"].startswith("attachment; ")
        assert await got.read() == b"<script>"


async def test_an_answer_is_listed_read_and_replied_to(here: Scene, visitor: Visitor) -> None:
    await here.deliver(
        "[T-1] Printer", "We look.", Message_ID="<1@desk.test>", Reply_To="r+t1@desk.test"
    )
    shown = await visitor.get("/")
    assert "1 unread" in shown
    assert "Unread: [T-1] Printer" in words_of(shown)
    (thread,) = here.mailbox.threads(BOB)
    shown = await visitor.get(f"/?mail={thread.id}")
    assert "We look." in shown
    assert "unread" not in await visitor.get()
    shown = await visitor.post("/mail/reply", letter=str(thread.last.number), text="Thanks!")
    reply = await here.desk.message(to="r+t1@desk.test")
    assert reply.in_reply_to == "<1@desk.test>"
    assert "> We look." in reply.text
    assert "Thanks!" in shown


async def test_a_desk_that_refuses_is_quoted(here: Scene, visitor: Visitor) -> None:
    here.desk.faults.refuse("451 4.3.0 come back later")
    shown = await visitor.post("/mail/send", to=DESK, subject="s", text="t")
    assert "451 4.3.0 come back later" in words_of(shown)
    assert "not a mail address" in words_of(await visitor.post("/mail/send", to="x", text="t"))


HOSTILE_MAIL = (
    '<h1 onclick="x()">Hi</h1><script>alert(1)</script><img src="https://track.test/x.png" alt="Logo">'
    '<a href="javascript:x()">bad</a> <a href="https://web.test/">web</a><form action="/slack/say">'
    '<input name="text"></form><iframe src="/"></iframe><base href="https://evil.test/">'
    '<a href="mailto:r+t1@desk.test?subject=Solved&body=Thank%20you">It is solved</a>'
)  # fmt: skip


async def test_a_mails_html_is_framed_harmless_and_its_links_compose(
    here: Scene, visitor: Visitor
) -> None:
    await here.deliver("s", "plain twin", HOSTILE_MAIL)
    (thread,) = here.mailbox.threads(BOB)
    shown = await visitor.get(f"/?mail={thread.id}")
    frame = re.search(r'<iframe class="mail-html"[^>]*src="([^"]+)" sandbox="([^"]*)"', shown)
    assert frame
    assert "allow-scripts" not in frame[2]
    async with visitor.session.get(f"{visitor.base}{html.unescape(frame[1])}") as got:
        inside, policy = await got.text(), got.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    for banned in (
        "<script",
        "alert(1)",
        "onclick",
        "javascript:",
        "<form",
        "<input",
        "<iframe",
        "<base",
        "track",
    ):
        assert banned not in inside
    assert "<h1>Hi</h1>" in inside
    link = re.search(r'<a href="(/\?[^"]+)"[^>]*target="_top"[^>]*>It is solved', inside)
    assert link
    assert re.search(r'<a href="https://web.test/"[^>]*target="_blank"', inside)
    shown = await visitor.get(html.unescape(link[1]))
    assert 'name="to" value="r+t1@desk.test"' in shown
    assert 'value="Solved"' in shown
    assert "Thank you" in shown


async def test_the_text_part_is_shown_when_asked_for(here: Scene, visitor: Visitor) -> None:
    await here.deliver("s", "plain twin mailto:a@desk.test?subject=Solved", "<p>rich</p>")
    (thread,) = here.mailbox.threads(BOB)
    shown = await visitor.get(f"/?mail={thread.id}&part=text")
    assert "plain twin" in shown
    assert "<iframe" not in shown
