"""Makes the pictures in docs/images by playing the main job by hand on the page of a real `deskd demo`.

`make shots` runs it; it needs Chromium. It clicks what a person clicks and waits for what a person sees, so a broken
demo makes no pictures.
"""

import asyncio
import re
import sys
from pathlib import Path
from typing import Final

from tests.browser import Browser, Tab

IMAGES: Final = Path(__file__).parent / "images"
PATIENCE_SECONDS: Final = 12.0


async def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deskd", "demo", "--no-samples", "--port", "0", "--smtp-port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert demo.stdout is not None
        ready = (await demo.stdout.readline()).decode()
        url = re.search(r"page=(\S+)", ready)
        assert url, ready
        async with Browser((1440, 900)) as browser:
            await play(await browser.open(url[1]))
    finally:
        demo.terminate()
        await demo.wait()


async def play(tab: Tab) -> None:
    await ask(tab)
    await answer(tab)
    await finish(tab)


async def ask(tab: Tab) -> None:
    """Bob writes to the desk: a card, and a receipt."""
    await tab.wait_for("#compose-subject")
    await tab.screenshot(IMAGES / "1-first-screen.png")
    await tab.click(".compose .button.primary")
    await sees(tab, ".line", "VPN drops every few minutes")
    await sees(tab, ".threads", "We have your message")
    await tab.screenshot(IMAGES / "2-card-and-receipt.png")


async def answer(tab: Tab) -> None:
    """Ana claims it, notes something in its thread, and answers from there; Bob reads the answer and writes back."""
    await tab.click(".channel button[value*=claim]")
    await sees(tab, ".line", "In progress")
    await tab.click(".channel .line .tools a")
    await sees(tab, ".thread", "Thread")
    await say(tab, "Same as yesterday: the gateway in the second office.")
    await say(tab, "! Hello Bob, please switch to the gateway vpn2 for now. Does that hold?")
    await sees(tab, ".threads", "please switch to the gateway")
    await tab.click(".threads a")
    await sees(tab, ".reader", "Ana")
    await sees(tab, ".channel .line", "resolution due")
    await tab.screenshot(IMAGES / "desk.png")
    await tab.fill(".reply textarea", "It holds. I can give my demo, thank you for the quick help!")
    await tab.click(".reply .button.primary")
    await sees(tab, ".thread", "It holds")
    await tab.screenshot(IMAGES / "4-reply-in-thread.png")


async def finish(tab: Tab) -> None:
    """Ana resolves it with last words; Bob is told."""
    await tab.click(".channel button[value*=resolve]")
    await sees(tab, ".modal", "Resolve")
    await tab.fill(".modal textarea", "The gateway in the second office is repaired.")
    await tab.screenshot(IMAGES / "5-resolve.png")
    await tab.click(".modal-foot .primary")
    await sees(tab, ".channel .line", "Resolved")
    await sees(tab, ".threads", "is repaired")
    await tab.screenshot(IMAGES / "6-resolved.png")


async def say(tab: Tab, words: str) -> None:
    await tab.fill(".thread textarea", words)
    await tab.click(".thread .send")
    await sees(tab, ".thread .line", words.lstrip("! "))
    await tab.wait_for(".thread .composer textarea:placeholder-shown")


async def sees(tab: Tab, css: str, words: str) -> None:
    await tab.wait_for(css, words, seconds=PATIENCE_SECONDS)


if __name__ == "__main__":
    asyncio.run(main())
