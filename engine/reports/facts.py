"""What a report is made from: tickets as managers count them, and which figures a person may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.tickets import access
from engine.tickets.access import About, Right
from engine.tickets.people import Person, PersonId, TeamId
from engine.tickets.promise_clock import PROMISES, PromiseClock
from engine.tickets.ticket import Phase, Priority, State, ticket_id


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Somebody was paged; `by` is who acknowledged. Instants UTC."""

    level: int
    cause: str
    at: datetime
    acknowledged_at: datetime | None = None
    by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket as it is now, with the names a report shows. Instants UTC."""

    number: int
    subject: str
    priority: Priority
    category: str
    team: TeamId
    team_name: str
    department: str
    state: State
    created_at: datetime
    assignee: PersonId | None = None
    assignee_name: str = ""
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    clocks: tuple[PromiseClock, ...] = ()
    pages: tuple[PageFacts, ...] = ()
    no_request_by: str = ""
    """The name of who closed it as "not a request", while it is closed for that."""

    @property
    def id(self) -> str:
        return ticket_id(self.number)

    @property
    def open(self) -> bool:
        return self.state.phase in (Phase.ACTIVE, Phase.WAITING)

    @property
    def promises(self) -> Iterator[PromiseClock]:
        """The clocks that count: waived or cancelled (merged, spam, withdrawn) is neither kept nor broken."""
        if self.state is State.MERGED:
            return iter(())
        return (
            clock
            for clock in self.clocks
            if clock.kind in PROMISES and not clock.waived and clock.cancelled_at is None
        )


def seen_by(who: Person, facts: Sequence[TicketFacts]) -> list[TicketFacts]:
    """Whose figures a person may see: an agent their own, a lead their teams', a manager their department's, an admin
    all. Raises Refused (forbidden) to requesters."""
    access.authorize(who, Right.OWN_FIGURES, access.WORKSPACE, ())
    return [each for each in facts if each.assignee == who.id or _is_over(who, each)]


def _is_over(who: Person, facts: TicketFacts) -> bool:
    return access.may(who, Right.TEAM_FIGURES, About(facts.team, facts.department))
