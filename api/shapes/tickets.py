"""A ticket as a row of a list. What hangs on one, and its history, is in ticket_file.py."""

from pydantic import Field

from api.shapes.people import PersonShape, person, person_if
from api.shapes.shape import Instant, Shape
from engine.ports.views import TicketLine


class TicketShape(Shape):
    id: str = Field(description="T-123.")
    number: int = Field(description="123: unique in its workspace.")
    workspace: str = Field(description="Whose it is.")
    subject: str = Field(description="One line; words from outside.")
    status: str = Field(description="Its state, or ESCALATED while somebody above is called.")
    phase: str = Field(description="active, waiting or done: what the state does to the clocks.")
    escalation_level: int = Field(description="How many levels were called; 0: none.")
    acknowledged: bool = Field(description="Somebody has acknowledged the page.")
    offered: bool = Field(description="Given out by the desk and not begun yet.")
    priority: str = Field(description="P1 to P4.")
    category: str = Field(description="One of the desk's.")
    department: str = Field(description="Of the team.")
    team: str = Field(description="Id of the team where it waits.")
    requester: PersonShape = Field(description="Who asks.")
    assignee: PersonShape | None = Field(description="Who answers; null: nobody has it.")
    channel: str = Field(description="How it came: mail, slack, cli, api.")
    created_at: Instant = Field(description="When it was opened.")
    updated_at: Instant = Field(description="When anything last happened to it.")
    due_at: Instant | None = Field(description="The nearest promise that runs; null: none does.")
    snoozed_until: Instant | None = Field(description="Put aside until then; null: it is not.")
    version: int = Field(description="Grows with every event.")


def ticket(line: TicketLine) -> TicketShape:
    t = line.ticket
    return TicketShape(
        id=t.id,
        number=t.number,
        workspace=t.workspace,
        subject=t.subject,
        status="ESCALATED" if t.escalated else t.state.value,
        phase=t.state.phase.value,
        escalation_level=t.escalation_level,
        acknowledged=t.acknowledged,
        offered=t.offered,
        priority=t.priority.value,
        category=t.category,
        department=line.team.department,
        team=t.team,
        requester=person(line.requester),
        assignee=person_if(line.assignee),
        channel=t.channel,
        created_at=t.created_at,
        updated_at=t.updated_at,
        due_at=t.due_at,
        snoozed_until=t.snoozed_until,
        version=t.version,
    )
