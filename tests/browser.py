"""A headless Chromium, driven over its own protocol: for the page's tests and its pictures."""

import asyncio
import base64
import json
import re
import shutil
import tempfile
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A cold start on a busy machine takes some seconds.
START_SECONDS_MAX = 30.0
ANSWER_SECONDS_MAX = 15.0
# A full-page picture as base64 in one message.
MESSAGE_BYTES_MAX = 64 * 1024 * 1024
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")
# Resolves when `test()` is true: looked at after each change of the page, and at each frame.
_WAIT = """new Promise((done, fail) => {
  const end = setTimeout(() => fail(new Error("never came")), %d);
  const look = () => (%s) ? (clearTimeout(end), done(true)) : requestAnimationFrame(look);
  look();
})"""


class BrowserError(Exception):
    """The page did not do what was asked of it."""


def executable() -> str | None:
    """Where Chromium is, or None."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


class Tab:
    """One open page."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            words = details.get("exception", {}).get("description") or details["text"]
            raise BrowserError(f"{script[:200]}: {words}")
        return answer["result"].get("value")

    async def call(self, method: str, **params: Any) -> Any:
        return await self._browser.call(method, params, self._session)

    async def wait_for(self, css: str, containing: str = "", seconds: float = 30.0) -> None:
        """Until an element that fits is there, with these words in it."""
        test = (
            f"[...document.querySelectorAll({json.dumps(css)})]"
            f".some(e => (e.innerText ?? '').includes({json.dumps(containing)}))"
        )
        await self.run(_WAIT % (seconds * 1000, test))

    async def click(self, css: str) -> None:
        await self.wait_for(css)
        await self.run(f"document.querySelector({json.dumps(css)}).click()")

    async def fill(self, css: str, text: str) -> None:
        """Types into a field, as its page sees it."""
        await self.wait_for(css)
        await self.run(
            f"(e => {{ e.focus(); e.value = {json.dumps(text)};"
            " e.dispatchEvent(new Event('input', {bubbles: true}));"
            " e.dispatchEvent(new Event('change', {bubbles: true})); })"
            f"(document.querySelector({json.dumps(css)}))"
        )

    async def go(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.run(_WAIT % (ANSWER_SECONDS_MAX * 1000, "document.readyState === 'complete'"))

    async def screenshot(self, path: str | Path) -> None:
        answer = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(Path(path).write_bytes, base64.b64decode(answer["data"]))


class Browser:
    """`async with Browser() as b: tab = await b.open(url)`. Its profile goes with it."""

    def __init__(self, size: tuple[int, int] = (1440, 900)) -> None:
        self._size = size
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process: asyncio.subprocess.Process | None = None
        self._client: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        path = executable()
        if path is None:
            raise BrowserError(f"none of {', '.join(NAMES)} is installed")
        width, height = self._size
        self._process = await asyncio.create_subprocess_exec(
            path,
            *_FLAGS,
            f"--window-size={width},{height}",
            f"--user-data-dir={self._profile.name}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(START_SECONDS_MAX):
            address = await self._listening()
            self._client = aiohttp.ClientSession()
            self._socket = await self._client.ws_connect(address, max_msg_size=MESSAGE_BYTES_MAX)
        self._reading = asyncio.create_task(self._read())  # noqa: TID251  # ended in __aexit__
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._client is not None:
            await self._client.close()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._profile.cleanup()

    async def open(self, url: str) -> Tab:
        target = await self.call("Target.createTarget", {"url": "about:blank"})
        attached = await self.call(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        tab = Tab(self, attached["sessionId"])
        width, height = self._size
        await tab.call("Page.enable")
        await tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await tab.go(url)
        return tab

    async def call(self, method: str, params: dict[str, Any], session: str = "") -> Any:
        assert self._socket is not None, "the browser is not open"
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        order = {"id": number, "method": method, "params": params}
        await self._socket.send_json(order | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await answer

    async def _listening(self) -> str:
        """The address that Chromium prints when it is ready; what it prints later is dropped."""
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            found = _LISTENING.search(line)
            if found:
                return found[1].decode()
        raise BrowserError("Chromium ended before it was ready")

    async def _read(self) -> None:
        assert self._socket is not None
        async for message in self._socket:
            heard = json.loads(message.data)
            answer = self._waiting.pop(heard.get("id", 0), None)
            if answer is None or answer.done():
                continue
            if "error" in heard:
                answer.set_exception(BrowserError(str(heard["error"])))
            else:
                answer.set_result(heard["result"])


async def screenshot(url: str, path: str | Path, size: tuple[int, int] = (1440, 900)) -> None:
    """One picture of a page as it first looks."""
    async with Browser(size) as browser:
        tab = await browser.open(url)
        await tab.screenshot(path)
