"""Everything the listeners need, in one hand."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.courier import SlackCourier
from bot.hands import Hands
from bot.people import People
from bot.voice import Voice
from engine.desk import Desk
from engine.model import WorkspaceId
from engine.ports import Clock, Spool, Views


@dataclass(frozen=True, slots=True)
class Front:
    workspace: WorkspaceId
    desk: Desk
    spool: Spool
    views: Views
    clock: Clock
    client: AsyncWebClient
    people: People
    voice: Voice
    courier: SlackCourier
    hands: Hands
