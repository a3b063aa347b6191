"""Who may do what: the rights table of DESIGN §3, every role against every right."""

import pytest

from engine.tickets import access
from engine.tickets.access import LEAST_ROLE, OWN, Right
from engine.tickets.errors import Refused
from engine.tickets.lifecycle import BUTTONS, Action
from engine.tickets.people import Person, PersonId, Role, Team, TeamId
from engine.tickets.ticket import State
from tests.engine.make import ANA, BEN, BOB, TEAM, ticket
from tests.engine.tickets.test_lifecycle import EXPECTED, STATES

DESIGN = {
    Role.AGENT: "read note reply claim release ask resolve reopen priority category team escalate acknowledge",
    Role.SENIOR: "reassign merge",
    Role.LEAD: "unmerge",
    Role.MANAGER: "close waive",
    Role.ADMIN: "configure",
}


def person(role: Role, *, teams: frozenset[TeamId] = frozenset({TEAM.id})) -> Person:
    agent_of = teams if role >= Role.AGENT else frozenset()
    return Person(PersonId("p"), "P", role, agent_of, department=TEAM.department)


def test_the_table_is_the_designs() -> None:
    for role, rights in DESIGN.items():
        for right in rights.split():
            if right != "read":
                assert LEAST_ROLE[Right(right)] is role, right


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", list(Right))
def test_a_role_has_exactly_the_rights_of_its_rank(role: Role, right: Right) -> None:
    allowed = access.allows(person(role), right, ticket(), TEAM)
    if right is Right.READ:
        assert allowed == (role >= Role.AGENT)
    elif right in OWN:
        assert not allowed  # those are the requester's alone
    else:
        assert allowed == (role >= max(LEAST_ROLE[right], Role.AGENT))


@pytest.mark.parametrize("right", list(Right))
def test_a_requester_has_the_own_rights_on_their_own_ticket_only(right: Right) -> None:
    assert access.allows(BOB, right, ticket(), TEAM) == (right in OWN)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SENIOR, Role.LEAD])
def test_another_teams_agent_sees_nothing_unless_that_team_is_open(role: Role) -> None:
    outsider = person(role, teams=frozenset({TeamId("hr")}))
    assert not access.allows(outsider, Right.READ, ticket(), TEAM)
    open_team = Team(TEAM.id, TEAM.name, TEAM.department, open_to_agents=True)
    assert access.allows(outsider, Right.CLAIM, ticket(), open_team)


def test_a_manager_reaches_the_department_and_an_admin_everything() -> None:
    manager = Person(PersonId("m"), "M", Role.MANAGER, department="it")
    other = Person(PersonId("m"), "M", Role.MANAGER, department="hr")
    admin = Person(PersonId("a"), "A", Role.ADMIN)
    assert access.allows(manager, Right.CLOSE, ticket(), TEAM)
    assert not access.allows(other, Right.READ, ticket(), TEAM)
    assert not access.allows(Person(PersonId("m"), "M", Role.MANAGER), Right.READ, ticket(), TEAM)
    assert access.allows(admin, Right.CONFIGURE, ticket(), TEAM)


def test_absent_and_forbidden_sound_alike_to_outsiders() -> None:
    stranger = Person(PersonId("eve"), "Eve")
    with pytest.raises(Refused) as refused:
        access.authorize(stranger, Right.NOTE, ticket(), TEAM)
    assert (refused.value.code, dict(refused.value.facts)) == ("absent", {"ticket": "T-1"})


def test_a_refusal_says_which_right_is_missing_and_who_holds_it() -> None:
    with pytest.raises(Refused) as refused:
        access.authorize(ANA, Right.REASSIGN, ticket(), TEAM)
    assert refused.value.code == "forbidden"
    assert dict(refused.value.facts) == {"right": "reassign", "holders": "senior"}


def test_a_suspended_agent_may_nothing() -> None:
    gone = Person(ANA.id, "Ana", Role.ADMIN, ANA.teams, status="suspended")
    assert not any(access.allows(gone, right, ticket(), TEAM) for right in Right)


def test_membership_of_a_private_channel_makes_an_agent_of_that_team() -> None:
    vouched = Person(PersonId("v"), "V", teams=frozenset({TEAM.id}))
    assert vouched.rank is Role.AGENT
    assert access.allows(vouched, Right.CLAIM, ticket(), TEAM)


def test_only_a_senior_frees_a_colleagues_ticket() -> None:
    held = ticket(State.IN_PROGRESS, assignee=ANA.id)
    third = Person(PersonId("t"), "T", Role.AGENT, frozenset({TEAM.id}))
    assert Action.RELEASE in access.allowed_actions(held, ANA, TEAM)
    assert Action.RELEASE in access.allowed_actions(held, BEN, TEAM)
    assert Action.RELEASE not in access.allowed_actions(held, third, TEAM)


def test_requesters_may_cancel_and_reopen_their_own() -> None:
    assert access.allowed_actions(ticket(), BOB, TEAM) == {Action.CLOSE}
    assert access.allowed_actions(ticket(State.RESOLVED), BOB, TEAM) == {
        Action.CLOSE,
        Action.REOPEN,
    }


RANKED = {action: LEAST_ROLE[access.right_for(action, ANA, ticket())] for action in BUTTONS}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", sorted(BUTTONS))
@pytest.mark.parametrize("state", [state for state in State if state is not State.MERGED])
def test_each_cell_of_state_action_and_role(state: State, action: Action, role: Role) -> None:
    """Somebody may press a button exactly when the state has the move and their rank has the right."""
    assignee = BOB.id if state is State.IN_PROGRESS else None
    subject = ticket(state, assignee=assignee)
    who = person(role)
    has_move = EXPECTED[action][STATES.index(state)] is not None
    if action is Action.RELEASE:
        has_move = assignee is not None  # nobody to free otherwise
    if action in (Action.END_ESCALATION, Action.WAIVE):
        has_move = False  # nothing was escalated, nothing is broken
    least = Role.SENIOR if action is Action.RELEASE else RANKED[action]  # it is a colleague's
    ranked = role >= max(least, Role.AGENT)
    assert (action in access.allowed_actions(subject, who, TEAM)) == (has_move and ranked)
