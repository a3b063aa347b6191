"""Daily digests and weekly reports: to teams in their channels, to managers each for themselves, once per slot.

A team's digest is read by its agents too, so it has no figures of single agents; a manager's has them. Figures are
frozen when they are made, and the key is made of the slot, so that a chore done twice is told once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from deskd.parts.chores import Chore
from deskd.parts.cron import Cron
from deskd.parts.reports import LISTED, Reports, scope, zone_of
from deskd.settings.reports import ReportsSection
from engine.announcing.places import places
from engine.messages.digests import ReportDigest
from engine.messages.effects import Tell
from engine.reports.facts import seen_by
from engine.reports.kinds import ReportKind, period_of
from engine.reports.report import By, Report
from engine.reports.report_message import report_message
from engine.tickets.people import Address, Person, Role, Team, TeamId
from templates import zone

WITHOUT_AGENTS: Final = (By.PRIORITY, By.CATEGORY, By.TEAM)
MANAGERS: Final = "managers"


@dataclass(frozen=True, slots=True)
class Digests:
    reports: Reports
    channels: tuple[str, ...]
    """Those that have a courier, the one to be taken first in front: what is told on another would wait for ever."""

    def chores(
        self, settings: ReportsSection, teams: Iterable[tuple[TeamId, str]], zone: str
    ) -> Iterator[Chore]:
        """`teams`: each with its zone; `zone`: the managers'."""
        for kind, line in settings.lines:
            for team, its_zone in teams:
                work = partial(self.tell_team, team, kind)
                yield Chore(f"report.{kind}.{team}", Cron(line, its_zone), work)
            work = partial(self.tell_managers, kind)
            yield Chore(f"report.{kind}.{MANAGERS}", Cron(line, zone), work)

    async def tell_team(self, id: TeamId, kind: ReportKind, slot: datetime) -> None:
        teams = await self.reports.views.teams(self.reports.workspace)
        team = next((team for team in teams if team.id == id), None)
        if team is None:
            return
        here = zone_of(team, await self.reports.rules())
        material = await self.reports.material(period_of(kind, slot, here))
        made = await material.report([each for each in material.facts if each.team == id])
        said = report_message(made, kind=kind, scope=team.name, listed=LISTED, by=WITHOUT_AGENTS)
        if _worth_saying(made):
            await self._tell(said, await self._of_team(team), f"{kind}.{slot.isoformat()}.{id}")

    async def tell_managers(self, kind: ReportKind, slot: datetime) -> None:
        """A weekly report goes to every channel a manager has, a digest to the first."""
        rules = await self.reports.rules()
        here = zone(rules.workspace.timezone)
        material = await self.reports.material(period_of(kind, slot, here))
        teams = await self.reports.views.teams(self.reports.workspace)
        for who in await self._people(Role.MANAGER):
            made = await material.report(seen_by(who, material.facts))
            to = self._of_person(who) if kind is ReportKind.WEEKLY else self._of_person(who)[:1]
            said = report_message(made, kind=kind, scope=scope(who, teams), listed=LISTED)
            if _worth_saying(made):
                await self._tell(said, to, f"{kind}.{slot.isoformat()}.{who.id}")

    async def _of_team(self, team: Team) -> Sequence[Address]:
        """Its channel; a team without one hears it through its leads."""
        if team.place and team.place.channel in self.channels:
            return [team.place]
        leads = [who for who in await self._people(Role.LEAD) if team.id in who.teams]
        return [place for who in leads for place in self._of_person(who)[:1]]

    async def _people(self, least: Role) -> Sequence[Person]:
        agents = await self.reports.store.run(self.reports.workspace, lambda t: t.agents())
        return [who for who in agents if who.rank >= least and who.status == "active"]

    def _of_person(self, who: Person) -> Sequence[Address]:
        return places(who, self.channels, self.channels) if self.channels else []

    async def _tell(self, said: ReportDigest, to: Sequence[Address], key: str) -> None:
        tells = [Tell(at, said, f"report.{key}.{at.channel}.{at.place}") for at in to]
        if tells:
            await self.reports.store.run(self.reports.workspace, lambda t: t.tell(tells))


def _worth_saying(made: Report) -> bool:
    """A desk at which nothing happened for two periods is left alone."""
    return made.whole.anything or made.before.anything
