"""Settings to parts: the composition root. Plain constructor calls, and the only place that knows who needs whom."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from os import getpid
from random import SystemRandom
from socket import gethostname
from typing import Final

import api.app
import api.health
from api.metrics import Metrics, Queues
from api.server import HttpServer
from bot.transport.app import SlackNeeds, SlackParts, SlackSettings, face
from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.ids import TimeSortedIds
from deskd.declared.declared_workspace import CHANNELS, roster
from deskd.following.search_follower import SearchFollower
from deskd.parts.alarm import Alarm
from deskd.parts.chores import Chores
from deskd.parts.daemon import Daemon
from deskd.parts.delivery import Delivery
from deskd.parts.digests import Digests
from deskd.parts.dispatch import Dispatcher
from deskd.parts.nudge import Nudge, ring_all
from deskd.parts.recounts import Recounts
from deskd.parts.reports import Reports
from deskd.parts.settings_notice import SettingsNotice
from deskd.parts.sweep import Sweep
from deskd.settings.settings import Settings
from deskd.settings.value_checks import listen_address
from engine.desk.desk import Desk
from engine.ports.clock import Clock, Part
from engine.ports.outbox import Courier
from engine.ports.views import Views
from engine.shifts import timer_due
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.people import DEFAULT
from mail.intake.address_book import KnownAddresses
from mail.intake.reader import MailReader, Reading
from mail.intake.smtp_in import Listen, SmtpIn
from mail.outgoing.compose import Letterhead
from mail.outgoing.courier import MailCourier
from mail.outgoing.relay import Relay, RelayUrl
from mail.thread import Signer
from storage.open.open_storage import Storage

log = logging.getLogger("deskd.deskd.build")

_random: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class Ground:
    """What all parts stand on."""

    settings: Settings
    storage: Storage
    clock: Clock
    spread: Callable[[], float] = _random.random


@dataclass(frozen=True, slots=True)
class Built:
    """The daemon and the parts that others ask where they listen."""

    daemon: Daemon
    desk: Desk
    views: Views
    smtp_in: SmtpIn | None
    http: HttpServer | None
    slack: SlackParts | None
    mail_courier: MailCourier | None

    async def close(self) -> None:
        """After the parts have ended."""
        if self.slack:
            await self.slack.close()
        if self.mail_courier:
            await self.mail_courier.aclose()


@dataclass(frozen=True, slots=True)
class _Bells:
    outbox: Nudge
    timers: Nudge
    work: Nudge
    feed: Nudge


def build(ground: Ground) -> Built:
    """Needs a running loop; nothing listens and nothing is sent before the daemon runs."""
    settings, storage, clock = ground.settings, ground.storage, ground.clock
    bells = _Bells(Nudge(clock), Nudge(clock), Nudge(clock), Nudge(clock))
    ids = TimeSortedIds(clock)
    nudge = ring_all(bells.outbox, bells.timers, bells.work, bells.feed)
    desk = Desk(storage.store, clock, ids, nudge=nudge)
    floor = DutyDesk(storage.store, clock, ids, nudge=nudge)
    metrics = Metrics(version=version("deskd"))
    reports = Reports(storage.store, storage.views, clock)
    slack = _slack(ground, desk, floor, reports)
    mail_courier = _mail_courier(ground)
    couriers = _couriers(slack, mail_courier)
    smtp_in, reader = _mail_in(ground, desk)
    delivery = Delivery(
        outbox=storage.outbox,
        couriers=couriers,
        clock=clock,
        bell=bells.outbox,
        spread=ground.spread,
        undelivered=desk.undelivered,
        count=metrics.delivered,
        crowded=reader.crowded,
    )
    alarm = _alarm(ground, metrics, bells)
    chores = _chores(ground, metrics, Digests(reports, tuple(couriers)))
    dispatcher = Dispatcher(floor, storage.work, clock, bells.work, metrics.gave_out)
    follower = SearchFollower(storage.search, clock, bells.feed)
    recounts = Recounts(desk, storage.views, clock)
    working: list[Part] = [alarm, dispatcher, chores, recounts, follower]
    taking_in: list[Part] = [smtp_in] if smtp_in else []
    reading: list[Part] = [reader]
    if slack:
        taking_in.append(slack.parts[0])
        reading += slack.parts[1:]
    daemon = Daemon(
        # Draining: first nothing new, then what came in is read, then nothing is rung, last what is due goes out.
        [taking_in, reading, working, [delivery], _remarks(settings)],
        clock,
        settings.drain,
    )
    http = _http(ground, metrics, daemon)
    if http:
        daemon.stages = [*daemon.stages, [http]]
    return Built(daemon, desk, storage.views, smtp_in, http, slack, mail_courier)


def _alarm(ground: Ground, metrics: Metrics, bells: _Bells) -> Alarm:
    return Alarm(
        ground.storage.timers,
        timer_due.ring,
        ground.clock,
        bells.timers,
        rang=ring_all(bells.outbox, bells.work, bells.feed),
        late=metrics.rang,
    )


def _couriers(slack: SlackParts | None, mail: MailCourier | None) -> dict[str, Courier]:
    """By channel, in the order in which a person is looked for."""
    known: dict[str, Courier | None] = {
        "slack": slack.courier if slack else None,
        "mail": mail,
    }
    found = {channel: known[channel] for channel in CHANNELS}
    return {channel: courier for channel, courier in found.items() if courier}


def signer(settings: Settings) -> Signer:
    assert settings.secret_key is not None, "checked before anything is opened"
    return Signer(settings.secret_key.get_secret_value())


def _chores(ground: Ground, metrics: Metrics, digests: Digests) -> Chores:
    storage, settings = ground.storage, ground.settings
    own = settings.desk.timezone
    zones = {calendar.id: calendar.timezone for calendar in settings.calendars}
    teams = [
        (team.id, zones.get(team.calendar or "", own)) for team in roster(ground.settings).teams
    ]
    return Chores(
        Sweep(storage.store, storage.timers, storage.views),
        ground.clock,
        metrics.drifted,
        storage.slots,
        owner=f"{gethostname()}:{getpid()}",
        calendar=tuple(digests.chores(settings.reports, teams, own)),
    )


def _domain(settings: Settings) -> str:
    return settings.mail.address.rpartition("@")[2]


def _slack(ground: Ground, desk: Desk, floor: DutyDesk, reports: Reports) -> SlackParts | None:
    given = ground.settings.slack
    if given.bot_token is None or given.app_token is None:
        return None
    storage = ground.storage
    return face(
        SlackSettings(
            bot_token=given.bot_token.get_secret_value(),
            app_token=given.app_token.get_secret_value(),
            # slack_sdk joins names to it as they are.
            base_url=given.base_url.rstrip("/") + "/",
            signing_secret=given.signing_secret.get_secret_value() if given.signing_secret else "",
        ),
        SlackNeeds(
            desk,
            floor,
            storage.spool,
            storage.views,
            storage.work,
            ground.clock,
            DEFAULT,
            reports,
            _introductions(ground, desk),
        ),
    )


def _introductions(ground: Ground, desk: Desk) -> Callable[[str], Awaitable[None]]:
    async def declare(slack_team: str) -> None:
        await desk.declare(DEFAULT, roster(ground.settings, slack_team=slack_team))

    return declare


def _mail_courier(ground: Ground) -> MailCourier | None:
    settings = ground.settings
    url = settings.mail.smtp_out.url
    if url is None:
        return None
    try:
        relay = Relay(RelayUrl.read(url.get_secret_value()), hostname=_domain(settings))
    except ValueError as error:
        raise Failure(str(error), code=WRONG_USAGE) from error
    house = Letterhead(
        signer(settings),
        settings.mail.address,
        name=settings.desk.name,
        plus_addresses=settings.mail.plus_addresses,
    )
    return MailCourier(relay, ground.storage.views, house, ground.clock)


def _mail_in(ground: Ground, desk: Desk) -> tuple[SmtpIn | None, MailReader]:
    """The reader runs without the door too: there may be mail from before it was closed."""
    settings, storage, clock = ground.settings, ground.storage, ground.clock
    addresses = KnownAddresses(storage.views)
    reading = Reading(addresses, signer(settings), storage.files, settings.limits.attachment_bytes)
    reader = MailReader(storage.spool, desk, reading, clock)
    if settings.mail.smtp_in.listen is None:
        return None, reader
    host, port = listen_address(settings.mail.smtp_in.listen)
    listen = Listen(host, port, _domain(settings))
    return SmtpIn(listen, storage.spool, addresses, clock, nudge=reader.nudge), reader


def _remarks(settings: Settings) -> list[Part]:
    """What the settings ask for and nobody does: said on /ready, since silence would look like success."""
    said: list[Part] = []
    if settings.mail.mailboxes:
        said.append(
            SettingsNotice("mail.mailboxes", "mail.mailboxes: this version does not read mailboxes")
        )
    if settings.mail.smtp_in.listen and settings.mail.smtp_out.url is None:
        said.append(
            SettingsNotice("mail.smtp_out", "mail.smtp_out.url is off: answers by mail wait")
        )
    if (settings.slack.bot_token is None) != (settings.slack.app_token is None):
        said.append(
            SettingsNotice("slack", "slack: needs both slack.bot_token and slack.app_token")
        )
    return said


def _http(ground: Ground, metrics: Metrics, daemon: Daemon) -> HttpServer | None:
    listen = ground.settings.http.listen
    if listen is None:
        return None
    views, clock = ground.storage.views, ground.clock
    watched = api.health.Watched(
        parts=daemon.states,
        draining=lambda: daemon.draining,
        overdue=lambda: views.overdue_timers(now=clock.now(), grace=api.health.OVERDUE_GRACE),
    )
    queues = Queues(views.spool_depth, views.outbox_depth)
    return HttpServer(api.app.build_app(watched, metrics, queues, clock), listen_address(listen))
