"""A desk without a desk: a small Bolt-less app that answers, so that the page has something to show."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import aiohttp
import aiosmtplib

from sandbox.base.workspace import Channel
from sandbox.mailbox.mailbox import Mailboxes
from sandbox.page.page import Page
from sandbox.slack.driver import SlackStandIn
from tests.clock import ManualClock

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
DESK = "support@desk.test"
BOB = "bob@example.com"


def words(text: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": text}


def plain(text: str) -> dict[str, Any]:
    return words(text, "plain_text")


def button(text: str, action: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": action, "value": "T-123:1"} | more


def fields(status: str, assignee: str) -> list[dict[str, Any]]:
    return [
        words(f"*Status*\n{status}"),
        words("*Priority*\n:large_orange_circle: P2 High"),
        words("*From*\nBob Ray · bob@example.com"),
        words(f"*Assignee*\n{assignee}"),
    ]


def options(*texts: str) -> list[dict[str, Any]]:
    return [{"text": plain(text), "value": text} for text in texts]


def card(status: str = "🆕 New", assignee: str = "unassigned") -> list[dict[str, Any]]:
    due = int((NOON + timedelta(minutes=30)).timestamp())
    date = f"<!date^{due}^{{date_short_pretty}} at {{time}}|soon>"
    said = (
        "&gt; since this morning the VPN drops every few minutes,\n&gt; and I have a demo at noon."
    )
    sure = {"title": plain("Resolve T-123?"), "text": plain("Bob is told by mail.")}
    sure |= {"confirm": plain("Resolve"), "deny": plain("Not yet")}
    priorities = options("P1 Critical", "P2 High", "P3 Medium")
    menu = {"type": "overflow", "action_id": "more", "options": options("ask", "release")}
    select = {
        "type": "static_select",
        "action_id": "priority",
        "placeholder": plain("Priority"),
        "options": priorities,
        "initial_option": priorities[1],
    }
    buttons = [
        button("Claim", "claim", style="primary"),
        button("Reply", "reply"),
        button("Resolve", "resolve", confirm=sure),
    ]
    return [
        {"type": "header", "block_id": "head", "text": plain("T-123 VPN drops every few minutes")},
        {"type": "section", "block_id": "facts", "fields": fields(status, assignee)},
        {"type": "section", "block_id": "words", "text": words(said)},
        {
            "type": "context",
            "block_id": "due",
            "elements": [words(f":stopwatch: First response due {date} · via e-mail")],
        },
        {"type": "actions", "block_id": "buttons", "elements": [*buttons, menu, select]},
    ]


def reply_modal() -> dict[str, Any]:
    text = {"type": "plain_text_input", "action_id": "text", "multiline": True}
    then = {"type": "radio_buttons", "action_id": "state", "options": options("keep", "wait")}
    return {
        "type": "modal",
        "callback_id": "reply",
        "title": plain("Reply to Bob Ray"),
        "submit": plain("Send reply"),
        "close": plain("Cancel"),
        "blocks": [
            {"type": "section", "block_id": "about", "text": words("*T-123* VPN drops")},
            {
                "type": "input",
                "block_id": "words",
                "label": plain("Your reply"),
                "hint": plain("Goes to bob@example.com by mail."),
                "element": text,
            },
            {
                "type": "input",
                "block_id": "then",
                "optional": True,
                "label": plain("Afterwards"),
                "element": then,
            },
        ],
    }


@dataclass
class App:
    """Acks everything; opens the modal on Reply, redraws the card on Claim, refuses short replies."""

    slack: SlackStandIn
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, session: aiohttp.ClientSession) -> None:
        opened = await self.call(session, "apps.connections.open", token=self.slack.app_token)
        async with session.ws_connect(opened["url"]) as socket:
            async for frame in socket:
                envelope = json.loads(frame.data)
                if "envelope_id" not in envelope:
                    continue
                payload = envelope["payload"]
                self.heard.append(payload)
                ack = {"envelope_id": envelope["envelope_id"]}
                answer = self.answer(payload)
                await socket.send_json(ack | ({"payload": answer} if answer else {}))
                await self.react(session, payload)

    def answer(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        if payload.get("command"):
            return {"text": f"You typed {payload['command']} {payload['text']}"}
        if payload.get("type") == "view_submission":
            typed = payload["view"]["state"]["values"]["words"]["text"]["value"]
            if len(typed) < 5:
                return {
                    "response_action": "errors",
                    "errors": {"words": "A little longer, please."},
                }
        return None

    async def react(self, session: aiohttp.ClientSession, payload: dict[str, Any]) -> None:
        for action in payload.get("actions", []):
            if action["action_id"] == "reply":
                trigger = payload["trigger_id"]
                await self.call(session, "views.open", trigger_id=trigger, view=reply_modal())
            if action["action_id"] == "claim":
                await self.call(
                    session,
                    "chat.update",
                    channel=payload["channel"]["id"],
                    ts=payload["message"]["ts"],
                    text="T-123",
                    blocks=card("🔵 In progress", f"<@{payload['user']['id']}>"),
                )

    async def call(
        self, session: aiohttp.ClientSession, method: str, token: str = "", **args: Any
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token or self.slack.bot_token}"}
        async with session.post(
            f"{self.slack.base_url}{method}", json=args, headers=headers
        ) as got:
            answer: dict[str, Any] = await got.json()
        assert answer["ok"], answer
        return answer


@dataclass
class Scene:
    clock: ManualClock
    slack: SlackStandIn
    mailbox: Mailboxes
    desk: Mailboxes
    page: Page
    app: App
    session: aiohttp.ClientSession
    channel: Channel

    async def post_card(self) -> dict[str, Any]:
        return await self.app.call(
            self.session, "chat.postMessage", channel=self.channel.id, text="T-123", blocks=card()
        )

    async def deliver(self, subject: str, text: str, html: str = "", **headers: str) -> None:
        """A mail from the desk into Bob's mailbox."""
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Support <{DESK}>"
        message["To"] = BOB
        message["Subject"] = subject
        message["Date"] = "Mon, 16 Nov 2026 12:00:02 +0000"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        host, port = self.mailbox.address
        await aiosmtplib.send(
            message.as_bytes(),
            sender=DESK,
            recipients=BOB,
            hostname=host,
            port=port,
            start_tls=False,
        )


@asynccontextmanager
async def scene(**options: Any) -> AsyncIterator[Scene]:
    clock = ManualClock(NOON)
    async with SlackStandIn.start(clock) as slack, aiohttp.ClientSession() as session:
        slack.add_user("ana", real_name="Ana Ruiz")
        slack.add_user("ben", real_name="Ben Okafor")
        slack.add_user("bob", real_name="Bob Ray", tz="America/New_York")
        channel = slack.add_channel("desk", private=True, members=["ana", "ben"])
        slack.add_channel("general", members=["ana", "ben", "bob"])
        mailbox = Mailboxes(clock, log=slack.log)
        desk = Mailboxes(clock)
        mailbox.open(BOB, "Bob Ray")
        mailbox.open("carol@example.com", "Carol Lindqvist")
        await mailbox.start()
        await desk.start()
        page = Page(
            slack=slack, mailbox=mailbox, desk_smtp=desk.address, desk_address=DESK, **options
        )
        await page.start()
        app = App(slack)
        made = Scene(clock, slack, mailbox, desk, page, app, session, channel)
        running = slack.slack.background.start(app.run(session))
        await slack.connected()
        try:
            yield made
        finally:
            running.cancel()
            await page.close()
            await mailbox.close()
            await desk.close()
