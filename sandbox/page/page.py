"""The one web page of the sandbox: the workspace, the mailboxes and the log, on one server.

It shows the stand-ins and lets a person act in them. It knows nothing of what is tried out there.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Any

from aiohttp import web

from sandbox.base.errors import ImpossibleError
from sandbox.base.log import EventLog, LogEntry
from sandbox.mailbox.mailbox import Address, Mailboxes
from sandbox.page.acts import Form, PageActs
from sandbox.page.guard import Guard
from sandbox.page.mail import MailActs, Postroom, letter_html
from sandbox.page.news import News
from sandbox.page.place import Place
from sandbox.page.workspace_pane import Workroom
from sandbox.render.render import environment
from sandbox.slack.driver import SlackStandIn

# A compose window with attachments; the mailbox takes no more in one mail either.
BODY_BYTES_MAX = 36 * 1024 * 1024
# Lines of the log on the page; the log itself keeps more.
LOG_LINES_SHOWN = 150
# Sentences waiting to be shown; each is asked for within a second.
NOTICES_MAX = 50
# Open requests get this long to end when the page closes.
CLOSING_SECONDS = 0.5
# A mail's frame: its own styles, inline pictures, and links that a reader clicks. No script.
FRAME_RIGHTS = (
    "allow-same-origin allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    f"base-uri 'none'; form-action 'none'; sandbox {FRAME_RIGHTS}"
)
PANES = ("slack", "mail", "log")
# What the clock can be moved on by, in minutes.
STEPS_MINUTES = (5, 30, 60, 240, 1440)
_FILES = MappingProxyType(
    {"page.css": "text/css", "blocks.css": "text/css", "page.js": "text/javascript"}
)

Act = Callable[[Place, Form], Awaitable[tuple[Place, str]]]
Advance = Callable[[timedelta], Awaitable[None]]


@dataclass(frozen=True)
class _Pane:
    name: str
    html: str

    @property
    def version(self) -> str:
        """Changes with the words in it, so that a browser swaps only what is new."""
        return blake2b(self.html.encode(), digest_size=8).hexdigest()


class Page:
    """`page = Page(...)`, `await page.start(host, port)`, open `page.url`, `await page.close()`."""

    def __init__(  # noqa: PLR0913  # one seam, called once, by keyword
        self,
        *,
        slack: SlackStandIn,
        mailbox: Mailboxes,
        desk_smtp: Address,
        desk_address: str,
        log: EventLog | None = None,
        token: str = "",
        title: str = "Sandbox",
        advance: Advance | None = None,
    ) -> None:
        self.token = token or token_urlsafe(16)
        self.url = ""
        self._slack = slack
        self._mailbox = mailbox
        self._desk_address = desk_address
        self._log = log if log is not None else slack.log
        self._title = title
        self._advance = advance
        self._guard = Guard(self.token)
        self._news = News((slack.log, mailbox.log, self._log), mailbox)
        self._notices: deque[tuple[str, str]] = deque(maxlen=NOTICES_MAX)
        self._notice_numbers = count(1)
        self._runner: web.AppRunner | None = None
        mailbox.via = desk_smtp

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises OSError when the place is taken."""
        app = web.Application(middlewares=[self._guard.middleware], client_max_size=BODY_BYTES_MAX)
        self._add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        bound = int(runner.addresses[0][1])
        self._guard.stand_at(host, bound)
        self.url = f"http://{host}:{bound}/?t={self.token}"

    async def close(self) -> None:
        self._news.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _add_routes(self, app: web.Application) -> None:
        acts, mail = PageActs(self._slack), MailActs(self._mailbox)
        app.router.add_get("/", self._page)
        app.router.add_get("/pane/{name}", self._one_pane)
        app.router.add_get("/events", self._news.stream)
        app.router.add_get("/letter/{number}/html", self._frame)
        app.router.add_get("/letter/{number}/file/{index}", self._file)
        app.router.add_get("/{name:page.css|blocks.css|page.js}", _static)
        routes: dict[str, Act] = {
            "/slack/say": acts.say,
            "/slack/act": acts.act,
            "/slack/submit": acts.submit,
            "/slack/close": acts.close,
            "/slack/app": acts.app,
            "/slack/join": acts.join,
            "/slack/react": acts.react,
            "/mail/send": mail.send,
            "/mail/reply": mail.reply,
            "/clock": self._move_clock,
        }
        for path, act in routes.items():
            app.router.add_post(path, self._posted(act))

    # Looking

    async def _page(self, request: web.Request) -> web.Response:
        place = Place.read(request.query)
        panes = {name: self._draw(name, place) for name in PANES}
        facts = {
            "panes": panes,
            "title": self._title,
            "place": place,
            "notice": self._notice(place),
            "now": self._slack.slack.clock.now(),
            "steps": STEPS_MINUTES if self._advance else (),
            "desk_address": self._desk_address,
            "desk_smtp": self._mailbox.via,
        }
        return _html(_rendered("page.html.j2", **facts))

    async def _one_pane(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in PANES:
            raise web.HTTPNotFound
        pane = self._draw(name, Place.read(request.query))
        return _html(_rendered("pane.html.j2", pane=pane))

    def _draw(self, name: str, place: Place) -> _Pane:
        now = self._slack.slack.clock.now()
        subjects: dict[str, Callable[[], object]] = {
            "slack": lambda: Workroom(self._slack, place),
            "mail": lambda: Postroom(self._mailbox, place, now, self._zones()),
            "log": self._log_lines,
        }
        facts = {"room": subjects[name](), "place": place, "desk_address": self._desk_address}
        return _Pane(name, _rendered(f"{name}.html.j2", frame_rights=FRAME_RIGHTS, **facts))

    def _zones(self) -> dict[str, str]:
        users = self._slack.workspace.users.values()
        return self._mailbox.zones() | {one.email.lower(): one.tz for one in users if one.email}

    def _log_lines(self) -> list[LogEntry]:
        logs = {id(log): log for log in (self._log, self._slack.log, self._mailbox.log)}
        entries = [entry for log in logs.values() for entry in log.entries[-LOG_LINES_SHOWN:]]
        return sorted(entries, key=lambda entry: (entry.at, entry.seq))[-LOG_LINES_SHOWN:]

    async def _frame(self, request: web.Request) -> web.Response:
        place = Place.read(request.query)
        letter = Postroom(self._mailbox, place, self._slack.slack.clock.now()).letter(
            request.match_info["number"]
        )
        if letter is None:
            raise web.HTTPNotFound
        html = _rendered("frame.html.j2", html=letter_html(letter, place))
        response = _html(html)
        response.headers["Content-Security-Policy"] = FRAME_POLICY
        return response

    async def _file(self, request: web.Request) -> web.Response:
        """An attachment, only ever as a download."""
        number, index = request.match_info["number"], request.match_info["index"]
        letter = self._mailbox.letter(int(number)) if number.isdigit() else None
        held = letter.attachments[int(index) :] if letter and index.isdigit() else ()
        if not held:
            raise web.HTTPNotFound
        response = web.Response(body=held[0].content, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = _as_download(held[0].name)
        return response

    # Acting

    def _posted(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def route(request: web.Request) -> web.Response:
            form = await request.post()
            place = Place.of_query(str(form.get("place", ""))).to()
            try:
                after, refusal = await act(place, form)
            except ImpossibleError as impossible:
                after, refusal = place, str(impossible)
            if refusal:
                after = after.to(notice=self._keep_notice(refusal))
            raise web.HTTPSeeOther(after.url)

        return route

    async def _move_clock(self, place: Place, form: Form) -> tuple[Place, str]:
        minutes = str(form.get("minutes", ""))
        if self._advance is not None and minutes in map(str, STEPS_MINUTES):
            await self._advance(timedelta(minutes=int(minutes)))
        return place, ""

    def _keep_notice(self, sentence: str) -> str:
        number = str(next(self._notice_numbers))
        self._notices.append((number, sentence))
        return number

    def _notice(self, place: Place) -> str:
        return dict(self._notices).get(place.notice, "")


def _rendered(template: str, **facts: Any) -> str:
    return environment().get_template(template).render(facts)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    text = (Path(__file__).parents[1] / "web" / name).read_text(encoding="utf-8")
    return web.Response(text=text, content_type=_FILES[name])


def _as_download(name: str) -> str:
    plain = "".join(one if one.isalnum() or one in "._- " else "_" for one in name)
    ascii_name = plain.encode("ascii", "replace").decode().replace("?", "_")
    return f'attachment; filename="{ascii_name}"'
