"""Who may do what: the rights table of DESIGN §3, typed out a second time: every right, every role, every scope."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.promises.level_members import reach
from engine.promises.rules import Level, Target
from engine.tickets import access, actions
from engine.tickets.access import (
    CALLED,
    CALLED_FOR,
    LEAST_ROLE,
    OWN,
    WORKSPACE,
    Right,
    about_team,
    about_ticket,
)
from engine.tickets.actions import BUTTONS, Action
from engine.tickets.errors import Refused
from engine.tickets.people import Identity, Person, PersonId, Role, TeamId
from engine.tickets.ticket import State
from tests.engine.make import ANA, BEN, BOB, START, TEAM, ticket
from tests.engine.tickets.test_lifecycle import EXPECTED, STATES

# DESIGN §3, "Rights", in its own words and order.
DESIGN = """
requester: open, read own, reply, reopen, confirm, cancel, rate own
agent: read team's, note, reply, claim, release, ask, resolve, reopen, priority, category, escalate, acknowledge
agent: assign, merge, split, link within the team; not a request
agent: move to another team, own shift, absence, duty swap, own figures, own token, canned answers, snooze, subject
agent: tags, copies, retry of own ticket's parcels
senior: move to another department, close unsolved with a reason, pause with a reason, private, change requester
lead: un-merge (24 h), bulk, team rules, team figures, rebalance, swap duty of others
lead: calendars, rotations, categories, forms, sender rules, webhooks of own team, joining persons
lead: take back
manager: policies, waive, all figures, exports
manager: ladders
admin: people, workspaces, webhooks, tokens of others, purge, configuration
"""
CALLED_IN_CODE = {
    "read own": "read_own",
    "read team's": "read",
    "rate own": "rate",
    "link within the team": "link",
    "not a request": "not_a_request",
    "move to another team": "team",
    "own shift": "shift",
    "duty swap": "swap",
    "canned answers": "canned",
    "retry of own ticket's parcels": "retry",
    "move to another department": "department",
    "close unsolved with a reason": "close",
    "pause with a reason": "pause",
    "change requester": "requester",
    "un-merge (24 h)": "unmerge",
    "swap duty of others": "swap_others",
    "sender rules": "senders",
    "webhooks of own team": "team_webhooks",
    "joining persons": "join_people",
    "all figures": "figures",
    "tokens of others": "tokens",
    "configuration": "configure",
}
OF_REQUESTERS = {"reply": "comment", "reopen": "reopen_own"}


def second_opinion() -> dict[Right, Role]:
    found: dict[Right, Role] = {}
    for line in DESIGN.strip().splitlines():
        role, _, rights = line.partition(": ")
        for words in rights.replace(";", ",").split(", "):
            name = CALLED_IN_CODE.get(words, words.replace(" ", "_"))
            name = OF_REQUESTERS.get(name, name) if role == "requester" else name
            found[Right(name)] = Role[role.upper()]
    return found


TABLE = second_opinion()
PERSONAL = "open shift absence swap own_figures own_token canned".split()
HERE = frozenset({TEAM.id})
ELSEWHERE = frozenset({TeamId("hr")})
OPEN_TEAM = replace(TEAM, open_to_agents=True)


def person(role: Role, *, teams: frozenset[TeamId] = HERE, department: str | None = None) -> Person:
    return Person(
        PersonId("p"),
        "P",
        role,
        teams if role >= Role.AGENT else frozenset(),
        department=department,
    )


def test_the_table_is_the_designs() -> None:
    assert LEAST_ROLE == TABLE
    assert set(TABLE) == set(Right)


SCOPES = {
    # who stands where: from which role on they answer for the team, and for an open team
    "in the team": (HERE, None, Role.AGENT, Role.AGENT),
    "in another team": (ELSEWHERE, None, Role.ADMIN, Role.AGENT),
    "over the department": (ELSEWHERE, "it", Role.LEAD, Role.AGENT),
    "over another department": (ELSEWHERE, "hr", Role.ADMIN, Role.AGENT),
    "nowhere": (frozenset[TeamId](), None, Role.ADMIN, Role.AGENT),
}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", list(Right))
def test_every_right_every_role_every_scope(right: Right, role: Role, scope: str) -> None:
    teams, department, answers_from, works_from = SCOPES[scope]
    who = person(role, teams=teams, department=department)
    if right is Right.OPEN:  # anybody, at any team
        assert access.may(who, right, about_team(TEAM))
        return
    ranked = role >= TABLE[right]
    of_others = right not in OWN
    answers, works = role >= answers_from, role >= works_from
    assert access.may(who, right, about_ticket(ticket(), TEAM)) == (
        ranked and answers and of_others
    )
    assert access.may(who, right, about_ticket(ticket(), OPEN_TEAM)) == (
        ranked and works and of_others
    )
    assert access.may(who, right, about_team(TEAM)) == (ranked and answers and of_others)
    assert access.may(who, right, about_team(OPEN_TEAM)) == (ranked and answers and of_others)
    everywhere = right in PERSONAL or role is Role.ADMIN
    assert access.may(who, right, WORKSPACE) == (ranked and everywhere and of_others)


def test_a_private_ticket_is_its_requesters_its_assignees_and_the_leads() -> None:
    private = about_ticket(replace(ticket(), private=True, assignee=ANA.id), TEAM)
    theirs = {role for role in Role if access.may(person(role, teams=HERE), Right.READ, private)}
    assert theirs == {Role.LEAD, Role.MANAGER, Role.ADMIN}
    assert access.may(ANA, Right.RESOLVE, private)
    assert not access.sees(BEN, private)
    assert access.may(BOB, Right.READ_OWN, private)


def test_a_private_ticket_can_be_given_to_an_agent_of_its_team_and_to_no_outsider() -> None:
    private = about_ticket(replace(ticket(), private=True), TEAM)
    assert not access.may(BEN, Right.CLAIM, private), "they may not even see it before"
    assert access.could_have(BEN, private)
    assert not access.could_have(person(Role.SENIOR, teams=ELSEWHERE), private)
    assert not access.could_have(person(Role.REQUESTER), private)
    assert not access.could_have(replace(BEN, status="suspended"), private)


@pytest.mark.parametrize("right", list(Right))
def test_a_requester_has_the_own_rights_on_their_own_ticket_only(right: Right) -> None:
    assert access.may(BOB, right, about_ticket(ticket(), TEAM)) == (right in OWN | {Right.OPEN})
    stranger = replace(BOB, id=PersonId("eve"))
    assert access.may(stranger, right, about_ticket(ticket(), TEAM)) == (right is Right.OPEN)


def test_what_somebody_did_they_may_take_back_and_a_lead_may() -> None:
    said = replace(about_ticket(ticket(), TEAM), author=ANA.id)
    assert access.may(ANA, Right.TAKE_BACK, said)
    assert not access.may(BEN, Right.TAKE_BACK, said)
    assert access.may(person(Role.LEAD), Right.TAKE_BACK, said)


def test_absent_and_forbidden_sound_alike_to_outsiders() -> None:
    stranger = Person(PersonId("eve"), "Eve")
    with pytest.raises(Refused) as refused:
        access.authorize(stranger, Right.NOTE, about_ticket(ticket(), TEAM), [BEN])
    assert (refused.value.code, dict(refused.value.facts)) == ("absent", {"ticket": "T-1"})


def test_a_refusal_says_which_right_is_missing_and_who_can_nearest_first() -> None:
    people = [
        Person(PersonId(name), name, role, HERE)
        for name, role in [
            ("Zoe", Role.SENIOR),
            ("Max", Role.ADMIN),
            ("Mia", Role.LEAD),
            ("Lea", Role.LEAD),
        ]
    ]
    gone = replace(people[0], id=PersonId("Al"), name="Al", status="suspended")
    away = Person(PersonId("Hans"), "Hans", Role.MANAGER, ELSEWHERE, department="hr")
    with pytest.raises(Refused) as refused:
        access.authorize(
            ANA, Right.UNMERGE, about_ticket(ticket(), TEAM), [ANA, gone, away, *people]
        )
    assert refused.value.code == "forbidden"
    facts = {"right": "unmerge", "role": "lead", "holders": ["Lea", "Mia", "Max"]}
    assert dict(refused.value.facts) == facts


def test_a_suspended_agent_may_nothing() -> None:
    gone = Person(ANA.id, "Ana", Role.ADMIN, ANA.teams, status="suspended")
    for about in (about_ticket(ticket(), TEAM, called=True), about_team(TEAM), WORKSPACE):
        assert not any(access.may(gone, right, about) for right in Right)


def test_membership_of_a_private_channel_makes_an_agent_of_that_team() -> None:
    vouched = Person(PersonId("v"), "V", teams=HERE)
    assert vouched.rank is Role.AGENT
    assert access.may(vouched, Right.CLAIM, about_ticket(ticket(), TEAM))


# Whoever was paged

NAMES = [f"P{number}" for number in range(6)]
PEOPLE = st.builds(
    Person,
    id=st.sampled_from([PersonId(name) for name in NAMES]),
    name=st.sampled_from(NAMES),
    role=st.sampled_from([role for role in Role if role >= Role.AGENT]),
    teams=st.sampled_from([HERE, ELSEWHERE, frozenset[TeamId]()]),
    identities=st.just((Identity("slack", "T1", "U1"),)),
    department=st.sampled_from([None, "it", "hr"]),
)
TARGETS = st.one_of(
    st.builds(Target, st.just("role"), st.sampled_from([role.name.lower() for role in Role])),
    st.builds(Target, st.just("person"), st.sampled_from(NAMES)),
    st.builds(Target, st.just("rotation"), st.sampled_from(["nights", "days"])),
)


@given(
    people=st.lists(PEOPLE, max_size=6, unique_by=lambda one: one.id),
    targets=st.lists(TARGETS, min_size=1, max_size=4),
    turn=st.sampled_from(NAMES),
    state=st.sampled_from([state for state in State if state is not State.MERGED]),
)
def test_everybody_whom_any_level_reaches_may_read_claim_and_acknowledge(
    people: list[Person], targets: list[Target], turn: str, state: State
) -> None:
    level = Level(tuple(targets))
    reached = reach(level, people, TEAM, is_there=lambda _: True, on_duty=lambda _: [turn])
    subject = ticket(state)
    for one in people:
        if one.id in reached.people:
            about = about_ticket(subject, TEAM, called=True)
            assert all(access.may(one, right, about) for right in CALLED)


def test_whoever_was_called_in_may_claim_and_then_work_and_nothing_before() -> None:
    outsider = person(Role.SENIOR, teams=ELSEWHERE)
    called = about_ticket(ticket(), TEAM, called=True)
    assert {right for right in Right if access.may(outsider, right, called)} == {
        *CALLED,
        Right.OPEN,
    }
    theirs = about_ticket(ticket(State.IN_PROGRESS, assignee=outsider.id), TEAM, called=True)
    assert access.may(outsider, Right.RESOLVE, theirs)
    assert not access.may(outsider, Right.UNMERGE, theirs)
    not_called = about_ticket(ticket(State.IN_PROGRESS, assignee=outsider.id), TEAM)
    assert not access.may(outsider, Right.RESOLVE, not_called)


def test_they_may_while_it_is_open_and_a_week_more() -> None:
    assert all(access.is_called(ticket(state), START + timedelta(days=90)) for state in STATES[:4])
    resolved = ticket(State.RESOLVED)
    assert resolved.resolved_at is not None
    assert access.is_called(resolved, resolved.resolved_at + CALLED_FOR)
    assert not access.is_called(resolved, resolved.resolved_at + CALLED_FOR + timedelta(seconds=1))
    closed = ticket(State.CLOSED)
    assert closed.resolved_at is not None
    assert not access.is_called(closed, closed.resolved_at + CALLED_FOR + timedelta(seconds=1))


# Actions


def test_an_agent_frees_a_colleagues_ticket_since_they_may_assign_it() -> None:
    held = ticket(State.IN_PROGRESS, assignee=ANA.id)
    third = Person(PersonId("t"), "T", Role.AGENT, HERE)
    for who in (ANA, BEN, third):
        able = actions.allowed(who, about_ticket(held, TEAM))
        assert {Action.RELEASE, Action.ASSIGN, Action.MERGE, Action.SPLIT} <= able


def test_requesters_may_speak_cancel_and_reopen_on_their_own() -> None:
    def able(state: State) -> frozenset[Action]:
        return actions.allowed(BOB, about_ticket(ticket(state), TEAM))

    assert able(State.NEW) == {Action.REPLY, Action.CLOSE}
    assert able(State.RESOLVED) == {Action.REPLY, Action.CLOSE, Action.REOPEN}


def test_a_card_that_many_see_offers_what_any_agent_may() -> None:
    for state in State:
        subject = ticket(state) if state is not State.MERGED else replace(ticket(), state=state)
        able = actions.allowed(person(Role.AGENT), about_ticket(subject, TEAM))
        assert actions.for_any_agent(subject) == able


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", sorted(BUTTONS))
@pytest.mark.parametrize("state", [state for state in State if state is not State.MERGED])
def test_each_cell_of_state_action_and_role(state: State, action: Action, role: Role) -> None:
    """Somebody may press a button exactly when the state has the move and their rank has the right."""
    assignee = ANA.id if state is State.IN_PROGRESS else None
    subject = ticket(state, assignee=assignee)
    has_move = EXPECTED[action][STATES.index(state)] is not None
    if action is Action.RELEASE:
        has_move = assignee is not None  # nobody to free otherwise
    if action in (Action.END_ESCALATION, Action.WAIVE, Action.UNSNOOZE):
        has_move = False  # nothing was escalated, nothing is broken
    right = actions.ACTIONS[action].right
    assert right is not None
    ranked = role >= max(TABLE[right], Role.AGENT)
    able = actions.allowed(person(role), about_ticket(subject, TEAM))
    assert (action in able) == (has_move and ranked)


def test_the_teams_head_is_a_lead_listed_with_its_department() -> None:
    head = person(Role.LEAD, teams=ELSEWHERE, department=TEAM.department)
    assert access.answers_for(head, TEAM.id, TEAM.department)
    assert not access.answers_for(replace(head, role=Role.SENIOR), TEAM.id, TEAM.department)
    assert not access.answers_for(head, TeamId("x"), "sales")
