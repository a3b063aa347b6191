"""The settings of SLA targets: `[[policies]]`, who is paged (`[[ladders]]`), and when nobody is (`[[mutes]]`)."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from deskd.settings.time import Moment
from deskd.settings.value_checks import Off, OffOrDuration, OffOrText, Section, Zone, listed
from engine.promises.rules import Target
from engine.tickets.errors import Refused
from engine.tickets.promise_clock import ALWAYS_OPEN, TEAMS_OWN
from engine.tickets.routing import URGENT, priority_named
from engine.tickets.ticket import Priority

LEVELS_MAX: Final = 20
WARNINGS_MAX: Final = 10
TARGET_KINDS: Final = ("role", "person", "rotation", "group")


def _priority(name: str) -> str:
    try:
        priority_named(name)
    except Refused:
        known = ", ".join([*Priority, *(one.label.lower() for one in Priority), URGENT])
        raise ValueError(f'"{name}" is no priority; write {known}') from None
    return name


def target(text: str) -> Target:
    """Raises ValueError for what is not `kind:name`."""
    kind, _, name = (piece.strip() for piece in text.partition(":"))
    if kind not in TARGET_KINDS or not name:
        forms = '"role:senior", "person:mia@example.com", "rotation:ID" or "group:S0123"'
        raise ValueError(f'"{text}" names nobody; write {forms}')
    return Target(kind, name)


def _target(text: str) -> str:
    target(text)
    return text


PriorityName = Annotated[str, AfterValidator(_priority)]
Notified = Annotated[str, AfterValidator(_target)]
Percent = Annotated[int, Field(ge=1, le=99)]
Channel = Literal["slack", "mail"]


class GoalsSection(Section):
    """What is left out is as in `base`; empty switches off."""

    first_response: OffOrDuration = Field(
        default=None,
        description="Time until the first answer by a person: `30m`, `8h`, `1d`, `5bd`.",
    )
    next_response: OffOrDuration = Field(
        default=None,
        description="Time until the answer to every later question; off: as `first_response`.",
    )
    resolution: OffOrDuration = Field(default=None, description="Time until it is resolved.")
    ack: OffOrDuration = Field(
        default=None, description="The acknowledge timeout: after it the next level is paged."
    )
    calendar: OffOrText = Field(
        default=None,
        description="Which hours count; default: the policy's, but P1 counts around the clock.",
    )


class PolicySection(Section):
    """SLA targets. A change makes a new edition: open tickets keep the old one until `deskd sla apply`."""

    id: str = Field(
        description="Short and lasting; the id of a preset (`devops`, `itil`) replaces the preset.",
        min_length=1,
    )
    base: OffOrText = Field(
        default=None,
        description="A preset or another policy; what is not set here is taken from it.",
    )
    calendar: str = Field(
        default=ALWAYS_OPEN,
        description=f'Which hours count: id of `[[calendars]]`, `"{ALWAYS_OPEN}"`, or `"{TEAMS_OWN}"` (its team\'s).',
    )
    warn_at: tuple[Percent, ...] = Field(
        default=(80,),
        description="When to warn, in percent of a goal: `[50, 80]`.",
        max_length=WARNINGS_MAX,
    )
    response_stop: Literal["reply", "ack"] = Field(
        default="reply",
        description="What counts as a first response: `reply`, or `ack` (somebody acknowledged the ticket).",
    )
    goals: dict[PriorityName, GoalsSection] = Field(
        default_factory=dict,
        description="By priority: P1 to P4, or critical (urgent), high, medium, low.",
        examples=[Priority.P1.value],
    )


class LevelSection(Section):
    notify: Annotated[tuple[Notified, ...], BeforeValidator(listed)] = Field(
        description="`role:senior`, `person:` (address, Slack id or name), `rotation:` (id), `group:` (Slack's id).",
        min_length=1,
    )
    via: Annotated[tuple[Channel, ...], BeforeValidator(listed)] = Field(
        default=("slack",),
        description="`slack`, `mail` or both; people who have neither are paged where they can be reached.",
        min_length=1,
    )
    wait: OffOrDuration = Field(
        default=None, description="Time until the next level; off: the policy's `ack`."
    )
    ack_required: bool = Field(
        default=True, description="false: they are only told, and the escalation ends here."
    )


class LadderSection(Section):
    """An escalation policy. A change makes a new edition, as with policies."""

    id: str = Field(
        description="Short and lasting; `roles` replaces the default ladder.", min_length=1
    )
    levels: tuple[LevelSection, ...] = Field(min_length=1, max_length=LEVELS_MAX)


class MuteSection(Section):
    """A maintenance window: in this time nobody is paged, except when somebody escalates by hand."""

    start: Moment = Field(description="Local time; or with an offset, such as `…T09:00+02:00`.")
    end: Moment = Field(description="Local time, or with an offset; pages held back are sent then.")
    timezone: Annotated[Zone | None, Off] = Field(
        default=None, description="Whose local time; default: `desk.timezone`."
    )
    team: OffOrText = Field(default=None, description="Only its tickets; default: all.")
    category: OffOrText = Field(default=None, description="Only this category; default: all.")
    reason: OffOrText = Field(default=None, description="Shown to people.")
