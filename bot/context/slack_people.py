"""Who somebody in Slack is: users.info and private-channel membership, remembered for a short while.

An address counts only when Slack confirmed it for a full member of our own workspace. Being in a team's private
channel counts only for such members; guests, strangers, bots and people of other workspaces never get it.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.outgoing.slack_errors import CALL_ERRORS, LOGGED_OUT, code_of, in_words
from bot.views.limits import Json
from engine.ports.clock import Clock
from engine.ports.views import Views
from engine.tickets.people import Address, Caller, Identity, WorkspaceId

_log = logging.getLogger("deskd.bot.people")

# Whoever was made a guest or deactivated must not be an agent for longer than this.
USER_TTL: Final = timedelta(seconds=60)
# Bounded by events too: member_joined_channel and member_left_channel forget a channel at once. So does a change of
# teams, all of them.
MEMBERS_TTL: Final = timedelta(seconds=60)
MOST_REMEMBERED: Final = 5_000
# A team's private channel is a team, not a town: 5 pages are 5,000 people.
MEMBERS_PAGE: Final = 1_000
MEMBERS_PAGES: Final = 5

T = TypeVar("T")


class UnreachableError(Exception):
    """Slack did not tell who this is; the cause is Slack or the network, and it may pass."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    value: T
    until: datetime


class _Memory(Generic[T]):
    """At most MOST_REMEMBERED values, each for its time."""

    def __init__(self, clock: Clock, ttl: timedelta) -> None:
        self._clock = clock
        self._ttl = ttl
        self._held: OrderedDict[str, _Held[T]] = OrderedDict()

    def fresh(self, key: str) -> T | None:
        """Not by a clock that was set back either: it would remember for as long again."""
        held = self._held.get(key)
        now = self._clock.now()
        return held.value if held and now < held.until <= now + self._ttl else None

    def stale(self, key: str) -> T | None:
        held = self._held.get(key)
        return held.value if held else None

    def keep(self, key: str, value: T) -> T:
        self._held[key] = _Held(value, self._clock.now() + self._ttl)
        self._held.move_to_end(key)
        if len(self._held) > MOST_REMEMBERED:
            self._held.popitem(last=False)
        return value

    def forget(self, key: str) -> None:
        self._held.pop(key, None)


class SlackPeople:
    def __init__(
        self, client: AsyncWebClient, views: Views, clock: Clock, workspace: WorkspaceId
    ) -> None:
        self._client = client
        self._views = views
        self._workspace = workspace
        self._users: _Memory[Json] = _Memory(clock, USER_TTL)
        self._clock = clock
        self._members: _Memory[frozenset[str]] = _Memory(clock, MEMBERS_TTL)
        self._channels: frozenset[str] = frozenset()
        self._number: int | None = None
        self.team_id = ""
        """Our own workspace in Slack, told by auth.test before anybody can be asked about."""
        self.me = ""
        """Our own id in it."""
        self.site = ""
        """Its address, for links: "https://acme.slack.com/"; told by auth.test as well."""

    async def who_is(self, user_id: str, *, source: Address | None = None) -> Caller:
        """Raises UnreachableError when Slack does not say and nothing is remembered."""
        user = await self._user(user_id)
        profile: Json = user.get("profile") or {}
        full = self._is_full_member(user)
        confirmed = full and user.get("is_email_confirmed") is True
        mail = str(profile.get("email") or "").strip().lower()
        return Caller(
            identity=Identity("slack", str(user.get("team_id") or self.team_id), user_id),
            name=_name(user),
            via="slack",
            confirmed=(Identity("mail", "", mail),) if confirmed and mail else (),
            timezone=user.get("tz"),
            member_of=await self._channels_of(user_id) if full else frozenset(),
            source=source,
        )

    async def name_of(self, user_id: str) -> str | None:
        """For a mention in somebody's words; None when Slack does not say."""
        try:
            return _name(await self._user(user_id))
        except UnreachableError:
            return None

    def forget_channel(self, channel: str) -> None:
        self._members.forget(channel)

    def forget_user(self, user_id: str) -> None:
        self._users.forget(user_id)

    def _is_full_member(self, user: Json) -> bool:
        barred = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")
        own = bool(self.team_id) and user.get("team_id") == self.team_id
        return own and not any(user.get(trait) for trait in barred)

    async def _user(self, user_id: str) -> Json:
        known = self._users.fresh(user_id)
        if known is not None:
            return known
        try:
            answer = await self._client.users_info(user=user_id)
        except CALL_ERRORS as error:
            remembered = self._users.stale(user_id)
            if remembered is not None:
                return remembered
            raise UnreachableError(in_words(error)) from error
        user: Json = answer["user"]
        return self._users.keep(user_id, user)

    async def _channels_of(self, user_id: str) -> frozenset[str]:
        await self._look_at_teams()
        channels = self._channels
        return frozenset([one for one in channels if user_id in await self._members_of(one)])

    async def _look_at_teams(self) -> None:
        """Other daemons and commands change teams, too: what is remembered of channels holds for a number."""
        number = (await self._views.rules_numbers()).get(self._workspace, 0)
        if number == self._number:
            return
        teams = await self._views.teams(self._workspace)
        self._channels = frozenset(team.place.place for team in teams if team.place)
        # A new one: members whose reading began before stay in the old.
        self._members = _Memory(self._clock, MEMBERS_TTL)
        self._number = number

    async def _members_of(self, channel: str) -> frozenset[str]:
        """Nobody, for a channel that is public, or that the bot is not in."""
        memory = self._members
        known = memory.fresh(channel)
        if known is not None:
            return known
        try:
            members = await self._read_members(channel)
        except CALL_ERRORS as error:
            # What Slack says no to is an answer: nobody. What it does not answer is not.
            if not code_of(error) or code_of(error) in LOGGED_OUT | {"ratelimited"}:
                raise UnreachableError(in_words(error)) from error
            _log.warning("members of %s are not known: %s", channel, in_words(error))
            members = frozenset()
        return memory.keep(channel, members)

    async def _read_members(self, channel: str) -> frozenset[str]:
        info: Json = (await self._client.conversations_info(channel=channel))["channel"]
        if not info.get("is_private"):
            return frozenset()
        found: list[str] = []
        cursor: str | None = None
        for _ in range(MEMBERS_PAGES):
            page = await self._client.conversations_members(
                channel=channel, limit=MEMBERS_PAGE, cursor=cursor
            )
            found += page["members"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return frozenset(found)


def _name(user: Json) -> str:
    profile: Json = user.get("profile") or {}
    return str(profile.get("real_name") or user.get("real_name") or user.get("name") or "")
