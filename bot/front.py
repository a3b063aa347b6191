"""Everything the listeners need, in one hand."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.courier import SlackCourier
from bot.hands import Hands
from bot.looks import Looks
from bot.people import People
from bot.voice import Voice
from engine.desk import Desk
from engine.floor import Floor
from engine.model import WorkspaceId
from engine.ports import Clock, Spool, Views
from engine.staff import WorkViews


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
