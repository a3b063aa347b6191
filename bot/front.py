"""Everything the listeners need, in one hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.courier import SlackCourier
from bot.hands import Hands
from bot.looks import Looks
from bot.people import People
from bot.voice import Voice
from engine import outlook_plain
from engine.desk import Desk
from engine.floor import Floor
from engine.people import Person, WorkspaceId
from engine.ports_clock import Clock
from engine.ports_spool import Spool
from engine.report_kinds import Kind
from engine.report_plain import PlainReport
from engine.staff import WorkViews
from engine.views import Views


class Reports(Protocol):
    async def asked(self, who: Person, kind: Kind, *, own: bool) -> PlainReport:
        """What `who` may see of it; `own`: only their own figures. Raises Refused, or LookupError for too much."""
        ...

    async def foreseen(self, who: Person, team: str = "") -> Sequence[outlook_plain.Plain]:
        """The outlook of each team `who` is over, or of the one named. Raises as `asked` does."""
        ...


@dataclass(frozen=True, slots=True)
class Front:
    workspace: WorkspaceId
    desk: Desk
    floor: Floor
    spool: Spool
    views: Views
    work: WorkViews
    clock: Clock
    client: AsyncWebClient
    people: People
    voice: Voice
    courier: SlackCourier
    hands: Hands
    looks: Looks
    reports: Reports
