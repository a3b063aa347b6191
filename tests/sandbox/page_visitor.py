"""A browser without JavaScript, for the page's tests."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from sandbox.page.page import Page
from sandbox.page.place import Place


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


@asynccontextmanager
async def visiting(page: Page) -> AsyncIterator[Visitor]:
    """Somebody who opened the printed address, and so has the cookie."""
    jar = aiohttp.CookieJar(unsafe=True)  # a cookie of an address, not of a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        visitor = Visitor(page, session)
        await visitor.get(f"/?t={page.token}")
        visitor.at = "/"
        yield visitor


def words_of(shown: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())


def field_of(shown: str, near: str) -> str:
    """The name of the form field whose label has these words."""
    found = re.search(rf'{near}.*?name="(field-\w+)"', shown, re.DOTALL)
    assert found, f"no field near {near!r}"
    return found[1]
