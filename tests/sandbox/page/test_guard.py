"""The page tells its news, and lets in nobody but its reader."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from sandbox.page.page import Page
from sandbox.page.place import Place
from tests.sandbox.page_scene import DESK, NOON, Scene, scene
from tests.sandbox.page_visitor import Visitor, visiting


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    async with scene() as made:
        yield made


@pytest.fixture
async def visitor(here: Scene) -> AsyncIterator[Visitor]:
    async with visiting(here.page) as visitor:
        yield visitor


async def test_the_stream_says_which_panes_changed(here: Scene, visitor: Visitor) -> None:
    async with visitor.session.get(f"{visitor.base}/events") as stream, asyncio.timeout(30):
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
    async with visitor.session.get(f"{visitor.base}/events") as stream, asyncio.timeout(30):
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

    async with scene(advance=advance) as other, visiting(other.page) as there:
        assert "/clock" in await there.get("/")
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
