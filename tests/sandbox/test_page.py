"""The page works by plain forms, shows what happens, and lets in nobody but its reader."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from sandbox.page import Page
from sandbox.page_place import Place
from tests.sandbox.page_scene import BOB, DESK, NOON, Scene, plain, scene


class Visitor:
    """A browser without JavaScript: it has the cookie, follows redirects and fills in forms."""

    def __init__(self, page: Page, session: aiohttp.ClientSession) -> None:
        self.base = URL(page.url).origin()
        self.session = session
        self.at = "/"

    async def get(self, path: str = "") -> str:
        async with self.session.get(URL(f"{self.base}{path or self.at}", encoded=True)) as got:
            assert got.status == 200, await got.text()
            self.at = got.url.raw_path_qs
            return await got.text()

    async def post(self, path: str, **fields: str) -> str:
        """With the hidden place of where the visitor is, as every form of the page has it."""
        place = Place.read(dict(URL(self.at).query)).query
        headers = {"Origin": str(self.base)}
        data = {"place": place} | fields
        async with self.session.post(f"{self.base}{path}", data=data, headers=headers) as got:
            assert got.status == 200, await got.text()
            self.at = got.url.raw_path_qs
            return await got.text()

    async def press(self, shown: str, action: str, **fields: str) -> str:
        """The button of this action, with the hidden fields of the form it stands in."""
        for form in re.findall(r"<form\b.*?</form>", shown, re.DOTALL):
            found = re.search(rf'name="press" value="([^"]*&#34;{action}&#34;[^"]*)"', form)
            if found:
                hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
                given = {name: html.unescape(value) for name, value in hidden}
                return await self.post(
                    "/slack/act", press=html.unescape(found[1]), **given | fields
                )
        raise AssertionError(f"no button {action} on the page")


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    async with scene() as made:
        yield made


@pytest.fixture
async def visitor(here: Scene) -> AsyncIterator[Visitor]:
    jar = aiohttp.CookieJar(unsafe=True)  # a cookie of an address, not of a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        visitor = Visitor(here.page, session)
        await visitor.get(f"/?t={here.page.token}")
        visitor.at = "/"
        yield visitor


def words_of(shown: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())


def field_of(shown: str, near: str) -> str:
    """The name of the form field whose label has these words."""
    found = re.search(rf'{near}.*?name="(field-\w+)"', shown, re.DOTALL)
    assert found, f"no field near {near!r}"
    return found[1]


# Looking


async def test_the_first_screen_has_the_agents_channel_and_a_mail_ready_to_send(
    visitor: Visitor,
) -> None:
    shown = await visitor.get("/")
    assert 'aria-current="page"><span class="sign"><svg class="lock"' in shown
    assert "New mail from bob@example.com" in shown
    assert f'name="to" value="{DESK}"' in shown
    assert "VPN drops every few minutes" in shown
    assert "Event log" in shown


async def test_every_resource_of_the_page_is_served(visitor: Visitor) -> None:
    shown = await visitor.get("/")
    for path in re.findall(r'(?:href|src)="(/[\w.]+)"', shown):
        assert await visitor.get(path)


async def test_a_person_sees_only_what_their_client_lists(here: Scene, visitor: Visitor) -> None:
    bob = here.slack.workspace.user_named("bob")
    await here.slack.user("ana").say("desk", "for agents only")
    assert "for agents only" in await visitor.get("/")
    shown = await visitor.get(f"/?me={bob.id}&channel={here.channel.id}")
    assert "for agents only" not in words_of(shown).split("Event log")[0]


async def test_times_are_those_of_the_person_who_looks(here: Scene, visitor: Visitor) -> None:
    await here.slack.user("ana").say("general", "noon in UTC")
    general = here.slack.channel("general").id
    bob = here.slack.workspace.user_named("bob").id
    assert ">1:00 PM</time>" in await visitor.get(f"/?channel={general}")
    assert ">7:00 AM</time>" in await visitor.get(f"/?channel={general}&me={bob}")


# Acting in the workspace


async def test_a_card_button_is_pressed_as_the_person_named(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    shown = await visitor.press(await visitor.get("/"), "claim")
    await here.slack.message(containing="In progress", channel="desk")
    (press,) = [one for one in here.app.heard if "actions" in one]
    assert press["actions"][0]["action_id"] == "claim"
    assert press["user"]["username"] == "ana"
    shown = await visitor.get()
    assert "In progress" in shown
    assert "@Ana Ruiz" in shown


async def test_an_overflow_and_a_select_say_what_was_chosen(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    shown = await visitor.get("/")
    await visitor.press(shown, "more")
    assert here.app.heard[-1]["actions"][0]["selected_option"]["value"] == "ask"
    name = re.search(r'<select class="field"[^>]*name="(field-\w+)"', shown)
    assert name
    await visitor.press(shown, "priority", **{name[1]: "P1 Critical"})
    assert here.app.heard[-1]["actions"][0]["selected_option"]["value"] == "P1 Critical"


async def test_a_modal_is_filled_in_refused_and_sent(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    await visitor.press(await visitor.get("/"), "reply")
    await here.slack.wait_for(lambda: here.slack.user("ana").modal)
    shown = await visitor.get()
    assert "Reply to Bob Ray" in shown
    view = here.slack.user("ana").modal
    assert view is not None
    field, state = field_of(shown, "Your reply"), field_of(shown, "Afterwards")
    refused = await visitor.post("/slack/submit", view=view.id, **{field: "no", state: "wait"})
    assert "A little longer, please." in refused
    assert ">\nno</textarea>" in refused
    shown = await visitor.post("/slack/submit", view=view.id, **{field: "a\r\nlong one", state: ""})
    assert "Reply to Bob Ray" not in shown
    values = here.app.heard[-1]["view"]["state"]["values"]
    assert values["words"]["text"]["value"] == "a\nlong one"
    assert values["then"]["state"]["selected_option"] is None


async def test_a_modal_is_closed_by_its_cross(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    await visitor.press(await visitor.get("/"), "reply")
    view = await here.slack.wait_for(lambda: here.slack.user("ana").modal)
    assert view is not None
    assert 'role="dialog"' not in await visitor.post("/slack/close", view=view.id)


async def test_a_command_is_sent_as_one_and_its_answer_is_only_for_its_person(
    here: Scene, visitor: Visitor
) -> None:
    shown = await visitor.post("/slack/say", text="/ticket list mine")
    assert here.app.heard[-1]["command"] == "/ticket"
    assert here.app.heard[-1]["text"] == "list mine"
    assert here.app.heard[-1]["channel_id"] == here.channel.id
    assert "Only visible to you" in shown
    assert "You typed /ticket list mine" in shown
    ben = here.slack.workspace.user_named("ben").id
    assert "You typed" not in words_of(await visitor.get(f"/?me={ben}")).split("Event log")[0]


async def test_typed_words_are_escaped_and_mentions_resolved(here: Scene, visitor: Visitor) -> None:
    shown = await visitor.post("/slack/say", text="@ben look: 1 < 2 <script>alert(1)</script>")
    ben = here.slack.workspace.user_named("ben").id
    said = here.slack.messages("desk")[-1]
    assert said.text == f"<@{ben}> look: 1 &lt; 2 &lt;script&gt;alert(1)&lt;/script&gt;"
    assert "@Ben Okafor" in shown
    assert "<script>alert" not in shown


async def test_a_reply_stays_in_its_thread(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    root = here.slack.messages("desk")[-1]
    await visitor.get(f"/?thread={root.ts}")
    shown = await visitor.post("/slack/say", text="rebooted", thread=root.ts)
    assert [one.text for one in here.slack.thread(root)] == ["rebooted"]
    assert "1 reply" in words_of(shown)
    refused = await visitor.post("/slack/say", text="/ticket show", thread=root.ts)
    assert "commands do not work in threads" in refused


async def test_a_reaction_is_set_and_taken_back(here: Scene, visitor: Visitor) -> None:
    said = await here.slack.user("ben").say("desk", "look")
    fields = {"channel": said.channel, "ts": said.ts, "name": "eyes"}
    assert 'aria-pressed="true"' in await visitor.post("/slack/react", **fields)
    assert "aria-pressed" not in await visitor.post("/slack/react", **fields)


async def test_the_apps_home_is_opened_and_shown(here: Scene, visitor: Visitor) -> None:
    shown = await visitor.post("/slack/app", tab="home")
    assert "has published no home tab" in words_of(shown)
    assert here.slack.sockets.sent[-1].delivery.about
    ana = here.slack.workspace.user_named("ana").id
    view = {"type": "home", "blocks": [{"type": "header", "text": plain("My tickets")}]}
    await here.app.call(here.session, "views.publish", user_id=ana, view=view)
    assert "My tickets" in await visitor.get()
    shown = await visitor.post("/slack/app", tab="messages")
    assert "Message Desk" in shown


async def test_a_channel_is_joined_before_one_writes(here: Scene, visitor: Visitor) -> None:
    lobby = here.slack.add_channel("lobby", members=["ben"])
    assert "Ana Ruiz is not in #lobby" in await visitor.get(f"/?channel={lobby.id}")
    assert "Message #lobby" in await visitor.post("/slack/join", channel=lobby.id)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/slack/act", {"channel": "C1", "ts": "1.1", "press": '["a","b",null]'}),
        ("/slack/act", {"view": "V1", "press": "no json"}),
        ("/slack/act", {"press": '["a","b",null]'}),
        ("/slack/submit", {"view": "V404"}),
        ("/slack/close", {}),
        ("/slack/react", {"name": "eyes"}),
        ("/slack/join", {"channel": "nowhere"}),
    ],
)
async def test_a_form_of_something_gone_is_answered_with_a_sentence(
    visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    assert 'class="notice"' in await visitor.post(path, **fields)


async def test_an_app_that_is_not_connected_is_named(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    here.slack.sockets.reset()
    await here.slack.wait_for(lambda: not here.slack.sockets.connections)
    shown = await visitor.press(await visitor.get("/"), "claim")
    assert "The app is not connected" in shown


# Mail


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


# News and time


async def test_the_stream_says_which_panes_changed(here: Scene, visitor: Visitor) -> None:
    async with visitor.session.get(f"{visitor.base}/events") as stream, asyncio.timeout(5):
        assert stream.content_type == "text/event-stream"
        await asyncio.sleep(0)
        await here.slack.user("ana").say("desk", "news")
        assert b"slack" in await _next_data(stream)
        await here.deliver("s", "t")
        while b"mail" not in await _next_data(stream):
            pass


async def _next_data(stream: aiohttp.ClientResponse) -> bytes:
    line = b""
    while not line.startswith(b"data: "):
        line = await stream.content.readline()
        assert line, "the stream ended"
    return line


async def test_closing_the_page_ends_its_streams(here: Scene, visitor: Visitor) -> None:
    async with visitor.session.get(f"{visitor.base}/events") as stream, asyncio.timeout(5):
        await here.page.close()
        while await stream.content.readline():
            pass


async def test_a_panes_version_changes_with_its_words_only(here: Scene, visitor: Visitor) -> None:
    def version(shown: str) -> str:
        found = re.search(r'data-version="(\w+)"', shown)
        assert found
        return found[1]

    first = version(await visitor.get("/pane/slack"))
    assert version(await visitor.get("/pane/slack")) == first
    await here.slack.user("ana").say("desk", "news")
    assert version(await visitor.get("/pane/slack")) != first


async def test_the_clock_is_moved_only_when_there_is_a_way(here: Scene, visitor: Visitor) -> None:
    assert "/clock" not in await visitor.get("/")
    await visitor.post("/clock", minutes="30")
    assert here.clock.now() == NOON

    moved: list[timedelta] = []

    async def advance(by: timedelta) -> None:
        moved.append(by)

    async with (
        scene(advance=advance) as other,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        there = Visitor(other.page, session)
        assert "/clock" in await there.get(f"/?t={other.page.token}")
        there.at = "/"
        await there.post("/clock", minutes="30")
        await there.post("/clock", minutes="31")
    assert moved == [timedelta(minutes=30)]


# Who may


async def test_without_the_token_nothing_is_shown_or_done(here: Scene) -> None:
    base = URL(here.page.url).origin()
    async with aiohttp.ClientSession() as stranger:
        for path in ("/", "/?t=wrong", "/pane/mail", "/events", "/page.js", "/nothing"):
            async with stranger.get(f"{base}{path}") as got:
                assert got.status == 403, path
                assert "address that was printed" in await got.text()
        async with stranger.post(f"{base}/mail/send", headers={"Origin": str(base)}) as got:
            assert got.status == 403
    assert here.mailbox.letters() == []


async def test_the_token_is_kept_in_a_cookie_scripts_and_other_sites_cannot_use(
    here: Scene,
) -> None:
    async with aiohttp.ClientSession() as session, session.get(here.page.url) as got:
        cookie = got.headers["Set-Cookie"]
        assert here.page.token in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert here.page.token not in await got.text()


async def test_a_foreign_host_name_is_sent_away(here: Scene, visitor: Visitor) -> None:
    port = urlsplit(here.page.url).port
    for host in ("evil.test", f"evil.test:{port}", "127.0.0.1", f"127.0.0.1.evil.test:{port}"):
        async with visitor.session.get(here.page.url, headers={"Host": host}) as got:
            assert got.status == 421, host
    async with visitor.session.get(here.page.url, headers={"Host": f"localhost:{port}"}) as got:
        assert got.status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
)
async def test_a_form_of_another_site_does_nothing(
    here: Scene, visitor: Visitor, origin: str
) -> None:
    headers = {"Origin": origin}
    async with visitor.session.post(
        f"{visitor.base}/slack/say", data={"text": "x"}, headers=headers
    ) as got:
        assert got.status == 403
    assert here.slack.messages("desk") == []


async def test_a_client_without_an_origin_shows_the_token_itself(
    here: Scene, visitor: Visitor
) -> None:
    url = f"{visitor.base}/slack/say"
    async with visitor.session.post(url, data={"text": "x"}) as got:
        assert got.status == 403
    async with visitor.session.post(url, data={"text": "x", "t": here.page.token}) as got:
        assert got.status == 200
    assert [one.text for one in here.slack.messages("desk")] == ["x"]


async def test_the_page_may_load_nothing_from_elsewhere(visitor: Visitor) -> None:
    async with visitor.session.get(visitor.base) as got:
        policy = got.headers["Content-Security-Policy"]
        shown = await got.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert " style=" not in shown
    assert not re.search(r"\son\w+=", shown)


async def test_a_taken_port_is_an_oserror(here: Scene) -> None:
    second = Page(
        slack=here.slack, mailbox=here.mailbox, desk_smtp=here.desk.address, desk_address=DESK
    )
    port = URL(here.page.url).port
    assert port
    with pytest.raises(OSError, match="address already in use"):
        await second.start("127.0.0.1", port)
    await second.close()


def test_a_place_survives_its_own_address() -> None:
    place = Place(me="U1", box="a+b@x.test", thread="1.2", compose="5.0")
    assert Place.of_query(place.query) == place
    assert place.to(thread="").thread == ""
    assert Place.read({"me": "x" * 1000, "other": "1"}) == Place(me="x" * 320)
