"""Dependencies shared by the listeners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.context.background import Background
from bot.context.ephemeral import Ephemeral
from bot.context.home_viewers import HomeViewers
from bot.context.slack_people import SlackPeople
from bot.outgoing.courier import SlackCourier
from engine.desk.desk import Desk
from engine.messages.digests import ReportDigest
from engine.ports.clock import Clock
from engine.ports.duty_store import WorkViews
from engine.ports.spool import Spool
from engine.ports.views import Views
from engine.reports.kinds import ReportKind
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.people import Person, WorkspaceId


class ReportSource(Protocol):
    async def asked(self, who: Person, kind: ReportKind, *, own: bool) -> ReportDigest:
        """What `who` may see of it; `own`: only their own figures. Raises Refused, or LookupError for too much."""
        ...

    async def foreseen(self, who: Person, team: str = "") -> Sequence[Mapping[str, object]]:
        """The outlook of each team `who` is over, or of the one named. Raises as `asked` does."""
        ...


@dataclass(frozen=True, slots=True)
class BotContext:
    workspace: WorkspaceId
    desk: Desk
    floor: DutyDesk
    spool: Spool
    views: Views
    work: WorkViews
    clock: Clock
    client: AsyncWebClient
    people: SlackPeople
    voice: Ephemeral
    courier: SlackCourier
    hands: Background
    looks: HomeViewers
    reports: ReportSource
