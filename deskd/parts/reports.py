"""Reports: tickets read and counted, for people who may see the figures."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from api.shapes.forecast import forecast
from api.shapes.shape import Json
from engine.desk.directory import agent_named
from engine.messages.digests import ReportDigest
from engine.ports.clock import Clock
from engine.ports.store import Store
from engine.ports.views import Views
from engine.promises import sla
from engine.promises.rules import Rules
from engine.reports.facts import TicketFacts, seen_by
from engine.reports.forecast import LOOK_BACK, NotEnough
from engine.reports.kinds import Period, ReportKind, period_of
from engine.reports.outlook import Outlook, hours_of, outlook
from engine.reports.report import By, Report, looks_back, report
from engine.reports.report_message import report_message
from engine.tickets.access import (
    LEAST_ROLE,
    WORKSPACE,
    Right,
    about_team,
    answers_for,
    forbidden,
    may,
)
from engine.tickets.people import DEFAULT, Person, Team, WorkspaceId
from engine.tickets.promise_clock import PromiseClock as Promise
from engine.tickets.routing import team_named
from templates import zone

LISTED: Final = 5
"""Late and at-risk tickets that a message names; the others are counted."""
FORESEEN_MAX: Final = 3
"""Teams whose outlook one message holds; of more, one is named."""
_OWN: Final = (By.PRIORITY, By.CATEGORY)


@dataclass(frozen=True, slots=True)
class Material:
    """What reports of one period are made from, as it was at `now`."""

    facts: Sequence[TicketFacts]
    period: Period
    rules: Rules
    now: datetime

    async def report(self, of: Sequence[TicketFacts]) -> Report:
        # Some 40 µs a ticket: nobody else is to wait for it.
        return await asyncio.to_thread(
            report, of, period=self.period, now=self.now, lateness=self._lateness
        )

    def _lateness(self, promise: Promise, at: datetime) -> timedelta:
        return sla.used_by(promise, self.rules, at) - promise.goal


@dataclass(frozen=True, slots=True)
class Narrowed:
    facts: Sequence[TicketFacts]
    scope: str
    """Whose they are, as people read it."""


@dataclass(frozen=True, slots=True)
class Reports:
    store: Store
    views: Views
    clock: Clock
    workspace: WorkspaceId = DEFAULT

    async def rules(self) -> Rules:
        return await self.store.run(self.workspace, lambda transaction: transaction.rules())

    async def material(self, period: Period) -> Material:
        """Raises LookupError when there are more tickets than a report can hold."""
        facts = await self.views.ticket_facts(self.workspace, since=looks_back(period))
        return Material(facts, period, await self.rules(), self.clock.now())

    async def asked(self, who: Person, kind: ReportKind, *, own: bool) -> ReportDigest:
        """What `who` may see, by their own clock; `own`: only their own. Raises Refused to who sees no figures."""
        here = zone(who.timezone or (await self.rules()).workspace.timezone)
        material = await self.material(period_of(kind, self.clock.now(), here))
        seen = seen_by(who, material.facts)
        if own or who.rank < LEAST_ROLE[Right.TEAM_FIGURES]:
            own_ones = [each for each in seen if each.assignee == who.id]
            made = await material.report(own_ones)
            return report_message(made, kind=kind, scope=who.name, listed=LISTED, by=_OWN)
        made = await material.report(seen)
        teams = await self.views.teams(self.workspace)
        return report_message(made, kind=kind, scope=scope(who, teams), listed=LISTED)

    async def narrowed(
        self, facts: Sequence[TicketFacts], *, team: str = "", agent: str = ""
    ) -> Narrowed:
        """Those of one team or agent, by any name they go by ("": all). Raises Refused for a name nobody has."""
        teams = await self.views.teams(self.workspace)
        names = [] if team or agent else sorted({each.department for each in teams})
        if team:
            one = team_named(team, teams)
            facts, names = [each for each in facts if each.team == one.id], [one.name]
        if agent:
            who = await self.store.run(self.workspace, lambda t: agent_named(t, agent))
            facts = [each for each in facts if each.assignee == who.id]
            names.append(who.name)
        return Narrowed(facts, ", ".join(names))

    async def outlook(self, team: str = "") -> tuple[Outlook | NotEnough, str]:
        """Of one team or of all, and whose it is. Raises as `narrowed` and `material` do."""
        now = self.clock.now()
        found = await self.views.ticket_facts(self.workspace, since=now - LOOK_BACK)
        narrowed = await self.narrowed(found, team=team)
        rules = await self.rules()
        teams = await self.views.teams(self.workspace)
        chosen = [team_named(team, teams)] if team else teams
        people = await self.store.run(self.workspace, lambda t: t.agents())
        ids = {each.id for each in chosen}
        hours = hours_of([who for who in people if who.teams & ids], chosen, rules)
        here = zone(rules.workspace.timezone)
        made = await asyncio.to_thread(outlook, narrowed.facts, hours, now=now, zone=here)
        return made, narrowed.scope

    async def foreseen(self, who: Person, team: str = "") -> list[Json]:
        """What is likely to come to each team `who` is over, or to the one named. Raises Refused, or LookupError."""
        teams = await self.views.teams(self.workspace)
        own = [one for one in teams if may(who, Right.TEAM_FIGURES, about_team(one))]
        if not own:
            raise forbidden(Right.TEAM_FIGURES, WORKSPACE)
        chosen = [team_named(team, own)] if team else own[:FORESEEN_MAX]
        made = [await self.outlook(one.id) for one in chosen]
        return [forecast(found, scope=scope).plain() for found, scope in made]


def scope(who: Person, teams: Sequence[Team]) -> str:
    """Whose figures somebody sees, in a few words: a department, or the names of teams."""
    if may(who, Right.FIGURES, WORKSPACE):
        return ", ".join(sorted({team.department for team in teams}))
    if who.rank >= LEAST_ROLE[Right.FIGURES] and who.department:
        return who.department
    return ", ".join(
        sorted(team.name for team in teams if answers_for(who, team.id, team.department))
    )


def zone_of(team: Team, rules: Rules) -> tzinfo:
    """A team lives by its calendar; one without by the workspace's clock."""
    known = rules.calendars.get(team.calendar or "")
    return ZoneInfo(known[1].hours.zone) if known else zone(rules.workspace.timezone)
