"""The desk: every use case, one method each. A face awaits it and shows the ticket that comes back, or the Refused.

Each is the same few lines: load, decide, evolve, announce, record, in one transaction (step.py, receiving.py).
A use case runs inside `Store.run` and may run twice, so it only reads and records; nothing is sent here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from engine.desk import (
    closing,
    directory,
    explaining,
    merging,
    permission,
    receiving,
    rule_changes,
    step,
    supervising,
    undelivered,
)
from engine.desk.directory import DeclaredWorkspace
from engine.desk.permission import Allowed
from engine.desk.receiving import Received
from engine.desk.rule_changes import Applied
from engine.desk.step import Authorised, Decide, Now, Step
from engine.explain.told import ToldExplanation
from engine.ports.clock import Clock, Ids
from engine.ports.outbox import Parcel
from engine.ports.store import Store, Transaction
from engine.tickets import access, lifecycle, routing
from engine.tickets.access import Right
from engine.tickets.actions import Action
from engine.tickets.errors import Refused
from engine.tickets.message import Comment, Draft, Inbound, MessageId, Note, Request
from engine.tickets.people import Caller, Person, WorkspaceId
from engine.tickets.ticket import Ticket

T = TypeVar("T")

PUBLIC_PREFIX = "!"
"""Words in the working thread that begin with this go to the requester. With two ("!!! urgent") it is a shout."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of words in a working thread."""

    ticket: Ticket
    public: bool


class Desk:
    """Every use case. All raise Refused for a refusal, and whatever the store raises when it is in trouble."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, nudge: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._nudge = nudge

    # Messages and tickets coming in

    async def receive(
        self, workspace: WorkspaceId, inbound: Inbound, *, settles: int | None = None
    ) -> Received:
        given = Now(self._ids, self._clock.now())
        work = partial(receiving.receive, inbound=inbound, settles=settles, given=given)
        received = await self._store.run(workspace, work)
        self._nudge()
        return received

    async def open(
        self, workspace: WorkspaceId, draft: Draft, *, by: Caller, settles: int | None = None
    ) -> Ticket:
        if not draft.subject.strip():
            raise Refused("empty_text", action="open")
        given = Now(self._ids, self._clock.now())

        work = partial(receiving.open_by_hand, draft=draft, by=by, settles=settles, given=given)
        ticket = await self._store.run(workspace, work)
        self._nudge()
        return ticket

    # Words

    async def speak(self, request: Request, text: str) -> Spoken:
        """Words in a ticket's working thread: a note, or for the requester when they begin with "!" or the team
        answers in public by default."""
        said = text.strip()
        marked = said.startswith(PUBLIC_PREFIX) and not said.startswith(2 * PUBLIC_PREFIX)
        words = said.removeprefix(PUBLIC_PREFIX).strip() if marked else said
        _refuse_empty(words, "reply" if marked else "note")
        public = marked or await self._store.run(
            request.workspace, partial(_replies_public, number=request.ticket)
        )
        say = self.reply if public else self.note
        return Spoken(await say(request, words), public)

    async def reply(self, request: Request, text: str) -> Ticket:
        _refuse_empty(text, "reply")

        def work(transaction: Transaction, acting: Authorised) -> Step:
            return receiving.reply(transaction, acting, self._comment(acting, request, text))

        return await self._change_reading(request, Action.REPLY, work)

    async def note(self, request: Request, text: str) -> Ticket:
        _refuse_empty(text, "note")

        def decide(acting: Authorised) -> Step:
            words = self._note(acting, request, text)
            return Step(lifecycle.note(acting.ticket, message=words.id), words)

        return await self._change(request, Action.NOTE, decide)

    async def ask(self, request: Request, text: str) -> Ticket:
        """A question to the requester: the resolution clock waits for the answer."""
        _refuse_empty(text, "ask")

        def decide(acting: Authorised) -> Step:
            words = self._comment(acting, request, text)
            by_agent = acting.person.id != acting.ticket.requester
            events = lifecycle.ask(acting.ticket, message=words.id, by_agent=by_agent)
            return Step(events, words)

        return await self._change(request, Action.ASK, decide)

    # Who works on it

    async def claim(self, request: Request) -> Ticket:
        def work(transaction: Transaction, acting: Authorised) -> Step:
            holder = transaction.person(acting.ticket.assignee) if acting.ticket.assignee else None
            name = holder.name if holder else ""
            return Step(lifecycle.claim(acting.ticket, by=acting.person.id, holder=name))

        return await self._change_reading(request, Action.CLAIM, work)

    async def assign(self, request: Request, to: str) -> Ticket:
        """`to` is an address, a Slack id or a name. Assigning oneself what nobody has is claiming."""

        def work(transaction: Transaction, acting: Authorised) -> Step:
            agent = directory.agent_named(transaction, to)
            about = permission.about(transaction, agent, acting.ticket, acting.team, acting.at)
            if not access.could_have(agent, about):
                raise Refused("not_an_agent", name=agent.name, team=acting.team.name)
            return Step(lifecycle.assign(acting.ticket, to=agent.id))

        return await self._change_reading(request, Action.ASSIGN, work)

    async def release(self, request: Request) -> Ticket:
        return await self._change(
            request, Action.RELEASE, lambda acting: Step(lifecycle.release(acting.ticket))
        )

    # Where it stands

    async def resolve(self, request: Request, text: str | None = None) -> Ticket:
        def decide(acting: Authorised) -> Step:
            words = self._comment(acting, request, text) if text and text.strip() else None
            id = words.id if words else None
            return Step(lifecycle.resolve(acting.ticket, message=id), words)

        return await self._change(request, Action.RESOLVE, decide)

    async def reopen(self, request: Request, text: str | None = None) -> Ticket:
        def work(transaction: Transaction, acting: Authorised) -> Step:
            words = self._comment(acting, request, text) if text and text.strip() else None
            return closing.reopen(transaction, acting, words)

        return await self._change_reading(request, Action.REOPEN, work)

    async def close(self, request: Request, reason: str = "") -> Ticket:
        """Unsolved; the reason stays with it as a note."""

        def decide(acting: Authorised) -> Step:
            note = partial(self._note, acting, request, reason) if reason.strip() else None
            return closing.close(acting, note)

        return await self._change(request, Action.CLOSE, decide)

    async def not_a_request(self, request: Request) -> Ticket:
        """Spam: closed in silence. Reopening is the way back."""
        return await self._change(
            request,
            Action.NOT_A_REQUEST,
            lambda acting: Step(lifecycle.not_a_request(acting.ticket)),
        )

    async def set_priority(self, request: Request, to: str) -> Ticket:
        priority = routing.priority_named(to)
        return await self._change(
            request,
            Action.PRIORITY,
            lambda acting: Step(lifecycle.set_priority(acting.ticket, to=priority)),
        )

    async def set_category(self, request: Request, to: str) -> Ticket:
        def work(transaction: Transaction, acting: Authorised) -> Step:
            category = routing.category_named(to, transaction.settings())
            return Step(lifecycle.set_category(acting.ticket, to=category))

        return await self._change_reading(request, Action.CATEGORY, work)

    async def set_team(self, request: Request, to: str) -> Ticket:
        def work(transaction: Transaction, acting: Authorised) -> Step:
            team = routing.team_named(to, transaction.teams())
            if team.department != acting.team.department:
                permission.authorize(
                    transaction, acting.person, Right.DEPARTMENT, acting.ticket, acting.at
                )
            return Step(lifecycle.set_team(acting.ticket, to=team.id))

        return await self._change_reading(request, Action.TEAM, work)

    # Put aside

    async def snooze(self, request: Request, until: str) -> Ticket:
        """`until`: an instant as people write it, or "off"."""
        _refuse_empty(until, "snooze")
        return await self._change_reading(
            request, Action.SNOOZE, partial(supervising.snooze, until=until)
        )

    async def unsnooze(self, request: Request) -> Ticket:
        return await self._change(
            request, Action.UNSNOOZE, lambda acting: Step(lifecycle.unsnooze(acting.ticket))
        )

    # When nobody comes, or too late

    async def escalate(self, request: Request, reason: str) -> Ticket:
        """One level up at once; whoever had it acknowledged has to do so again."""
        _refuse_empty(reason, "escalate")
        note = partial(self._note, request=request, text=reason)
        return await self._change_reading(
            request, Action.ESCALATE, partial(supervising.escalate, note=note)
        )

    async def acknowledge(self, request: Request) -> Ticket:
        """Refused("has_it") when somebody else was faster."""
        return await self._change_reading(request, Action.ACKNOWLEDGE, supervising.acknowledge)

    async def end_escalation(self, request: Request) -> Ticket:
        return await self._change(
            request,
            Action.END_ESCALATION,
            lambda acting: Step(lifecycle.end_escalation(acting.ticket)),
        )

    async def waive(self, request: Request, reason: str) -> Ticket:
        """The broken promises of this ticket do not count, for a reason that stays with it as a note."""
        _refuse_empty(reason, "waive")

        def decide(acting: Authorised) -> Step:
            note = self._note(acting, request, reason)
            return Step(lifecycle.waive(acting.ticket, message=note.id), note)

        return await self._change(request, Action.WAIVE, decide)

    # Two tickets that are one, one that is two

    async def merge(self, request: Request, into: int) -> Ticket:
        """Answers the ticket that goes on."""
        return await self._run(request, partial(merging.merge, into=into))

    async def check_merge(self, request: Request, into: int) -> None:
        """Raises the Refused that merging them now would meet."""
        await self._run(request, partial(merging.could_merge, into=into))

    async def unmerge(self, request: Request) -> Ticket:
        return await self._run(request, merging.unmerge)

    async def split(self, request: Request, draft: Draft) -> Ticket:
        """A ticket of its own for the same requester; answers the new one."""
        if not draft.subject.strip():
            raise Refused("empty_text", action="split")
        return await self._run(request, partial(merging.split, draft=draft))

    async def _run(self, request: Request, work: Callable[[Transaction, Request, Now], T]) -> T:
        given = Now(self._ids, self._clock.now())
        done = await self._store.run(
            request.workspace, lambda transaction: work(transaction, request, given)
        )
        self._nudge()
        return done

    # Looking, and what no person asks for

    async def see(self, request: Request) -> Ticket:
        """The ticket, if the caller may read it; Refused("absent") says nothing more to those who may not."""
        return await self._change(request, None, lambda _acting: Step(()))

    async def allowed(self, request: Request) -> Allowed:
        """What the caller may do to the ticket now: a face asks before it offers. Raises as `see` does."""
        at = self._clock.now()
        return await self._store.run(
            request.workspace, partial(permission.allowed, request=request, ids=self._ids, at=at)
        )

    async def check(self, request: Request, action: Action) -> None:
        """Raises the Refused that doing it now would meet, as far as it does not depend on what is given with it."""
        at = self._clock.now()
        work = partial(permission.could, request=request, action=action, ids=self._ids, at=at)
        await self._store.run(request.workspace, work)

    async def why(self, request: Request) -> ToldExplanation:
        """Which promises were kept or broken, and where the time went, as far as the caller may know."""
        given = Now(self._ids, self._clock.now())
        return await self._store.run(
            request.workspace, partial(explaining.asked, request=request, given=given)
        )

    async def identify(self, workspace: WorkspaceId, by: Caller) -> Person:
        at = self._clock.now()
        return await self._store.run(
            workspace, lambda transaction: directory.identify(transaction, by, self._ids, at)
        )

    async def declare(self, workspace: WorkspaceId, roster: DeclaredWorkspace) -> None:
        at = self._clock.now()
        await self._store.run(
            workspace, lambda transaction: rule_changes.declare(transaction, roster, self._ids, at)
        )

    async def recount(self, workspace: WorkspaceId, limit: int) -> int:
        """How many tickets changed, of up to `limit` clocks calculated with an older edition of their calendar."""
        at = self._clock.now()
        counted = await self._store.run(
            workspace, partial(rule_changes.recount, limit=limit, at=at)
        )
        if counted:
            self._nudge()
        return counted

    async def former_calendars(self, workspace: WorkspaceId) -> Sequence[str]:
        """Those that are no longer declared and that clocks still use."""
        return await self._store.run(workspace, rule_changes.former_calendars)

    async def apply_policies(self, request: Request, *, dry_run: bool = False) -> Applied:
        """The ticket lives by today's editions of policies and ladders from now on; or what that would change."""
        return await self._run(request, partial(rule_changes.apply_policies, dry_run=dry_run))

    async def undelivered(self, parcel: Parcel, reason: str) -> None:
        """Words for a person could not be delivered: a team hears of it."""
        work = partial(undelivered.tell_team, parcel=parcel, reason=reason)
        await self._store.run(parcel.workspace, work)
        self._nudge()

    # The one way to change a ticket

    async def _change(self, request: Request, action: Action | None, decide: Decide) -> Ticket:
        return await self._change_reading(
            request, action, lambda _transaction, acting: decide(acting)
        )

    async def _change_reading(
        self,
        request: Request,
        action: Action | None,
        work: Callable[[Transaction, Authorised], Step],
    ) -> Ticket:
        at = self._clock.now()

        def change(transaction: Transaction) -> Ticket:
            decide = partial(work, transaction)
            return step.change(transaction, request, action, decide, Now(self._ids, at))

        ticket = await self._store.run(request.workspace, change)
        self._nudge()
        return ticket

    def _comment(self, acting: Authorised, request: Request, text: str) -> Comment:
        id = MessageId(self._ids.new())
        by = request.by
        return Comment(id, acting.person.id, by.via, text.strip(), acting.at, by.source)

    def _note(self, acting: Authorised, request: Request, text: str) -> Note:
        id = MessageId(self._ids.new())
        by = request.by
        return Note(id, acting.person.id, by.via, text.strip(), acting.at, by.source)


def _refuse_empty(text: str, action: str) -> None:
    if not text.strip():
        raise Refused("empty_text", action=action)


def _replies_public(transaction: Transaction, number: int) -> bool:
    ticket = transaction.ticket(number)
    return ticket is not None and step.team_of(transaction, ticket).replies_public
