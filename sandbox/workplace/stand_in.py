"""The parts of the stand-in together, and what was asked of it. The server and the driver share it."""

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.ports.clock import Clock
from sandbox.base.background import Background
from sandbox.base.log import EventLog
from sandbox.base.workspace import Json, SlackWorkspace
from sandbox.workplace.acts import Acts
from sandbox.workplace.faults import FaultPlan
from sandbox.workplace.modals import Modals
from sandbox.workplace.response_url import ResponseUrls
from sandbox.workplace.socket_mode import SocketMode
from sandbox.workplace.tiers import Tiers
from sandbox.workplace.triggers import Triggers

# What an app with the whole feature set asks for; a test may take some away.
ALL_SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
)
# Calls remembered for tests and the page.
MAX_CALLS = 5_000


@dataclass(frozen=True)
class ApiCall:
    """One call as it came in, and what was answered (None: the answer never left)."""

    number: int
    method: str
    args: Mapping[str, object]
    at: datetime
    answer: Json | None
    status: int

    @property
    def ok(self) -> bool:
        return self.answer is not None and bool(self.answer.get("ok"))


@dataclass
class Slack:
    workspace: SlackWorkspace
    clock: Clock
    log: EventLog
    background: Background
    sockets: SocketMode
    acts: Acts
    modals: Modals
    triggers: Triggers
    response_urls: ResponseUrls
    faults: FaultPlan
    tiers: Tiers
    scopes: set[str]
    # Where it listens; known once it does.
    origin: str = ""
    calls: deque[ApiCall] = field(default_factory=lambda: deque(maxlen=MAX_CALLS))
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def build(cls, clock: Clock, workspace: SlackWorkspace) -> "Slack":
        log = EventLog(clock)
        background = Background(log)
        sockets = SocketMode(workspace.app, clock, log, background)
        scopes = set(ALL_SCOPES)
        acts = Acts(workspace, clock, log, sockets, scopes)
        return cls(
            workspace=workspace,
            clock=clock,
            log=log,
            background=background,
            sockets=sockets,
            acts=acts,
            modals=Modals(workspace, clock, log),
            triggers=Triggers(clock),
            response_urls=ResponseUrls(acts),
            faults=FaultPlan(),
            tiers=Tiers(clock),
            scopes=scopes,
        )

    def record(self, method: str, args: Json, answer: Json | None, status: int) -> None:
        number, now = next(self._numbers), self.clock.now()
        self.calls.append(ApiCall(number, method, args, now, answer, status))
        error = "" if answer is None else str(answer.get("error", ""))
        if answer is not None and answer.get("ok"):
            self.log.add("api", f"{method} ok", method=method, args=args)
        else:
            lost = "" if answer is not None else "(no answer left)"
            text = f"{method} {status} {error}{lost}"
            self.log.red("api", text, method=method, args=args, answer=answer)
