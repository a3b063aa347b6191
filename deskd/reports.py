"""Reports: what the tickets say, read and reckoned for whoever may see it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from engine import sla
from engine.access import LEAST_ROLE, Right
from engine.model import DEFAULT, Person, Team, WorkspaceId
from engine.ports import Clock, Store, Views
from engine.promises import Clock as Promise
from engine.report import By, Report, looks_back, report
from engine.report_facts import Period, TicketFacts, seen_by
from engine.report_kinds import Kind, period_of
from engine.report_plain import PlainReport, plain
from engine.rules import Rules
from templates import zone

LISTED: Final = 5
"""Late and at-risk tickets that a message names; the others are counted."""
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

    async def asked(self, who: Person, kind: Kind, *, own: bool) -> PlainReport:
        """What `who` may see, by their own clock; `own`: only their own. Raises Refused to who sees no figures."""
        here = zone(who.timezone or (await self.rules()).workspace.timezone)
        material = await self.material(period_of(kind, self.clock.now(), here))
        seen = seen_by(who, material.facts)
        if own or who.rank < LEAST_ROLE[Right.TEAM_FIGURES]:
            own_ones = [each for each in seen if each.assignee == who.id]
            made = await material.report(own_ones)
            return plain(made, kind=kind, scope=who.name, listed=LISTED, by=_OWN)
        made = await material.report(seen)
        teams = await self.views.teams(self.workspace)
        return plain(made, kind=kind, scope=scope(who, teams), listed=LISTED)


def scope(who: Person, teams: Sequence[Team]) -> str:
    """Whose figures somebody sees, in a few words: a department, or the names of teams."""
    if who.rank >= LEAST_ROLE[Right.CONFIGURE]:
        return ", ".join(sorted({team.department for team in teams}))
    if who.rank >= LEAST_ROLE[Right.FIGURES] and who.department:
        return who.department
    return ", ".join(sorted(team.name for team in teams if team.id in who.teams))


def zone_of(team: Team, rules: Rules) -> tzinfo:
    """A team lives by its calendar; one without by the workspace's clock."""
    known = rules.calendars.get(team.calendar or "")
    return ZoneInfo(known[1].hours.zone) if known else zone(rules.workspace.timezone)
