"""Who stands on a level: by role, by name, by whose turn it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from engine.duty.schedules import schedule_of
from engine.promises.level_members import reach
from engine.promises.rules import Level, Rules, Target
from engine.tickets.people import DEFAULT, Identity, Person, PersonId, Role, Team, TeamId
from engine.tickets.workspace import Workspace

TEAM: Final = Team(TeamId("net"), "Network", "IT")
ANA: Final = Person(
    PersonId("ana"),
    "Ana",
    Role.AGENT,
    frozenset({TEAM.id}),
    identities=(Identity("mail", "", "ana@example.com"),),
)
BEN: Final = Person(
    PersonId("ben"),
    "Ben",
    Role.SENIOR,
    frozenset({TEAM.id}),
    identities=(Identity("slack", "T1", "U_BEN"),),
)
MIA: Final = Person(
    PersonId("mia"),
    "Mia",
    Role.AGENT,
    frozenset({TeamId("db")}),
    identities=(Identity("slack", "T1", "U_MIA"),),
)
PLAN: Final = schedule_of(
    {"kind": "daily", "start": "2026-03-02T00:00", "people": ["ana@example.com", "U_MIA"]}
)
RULES: Final = Rules(Workspace(DEFAULT), rotations={"net-days": ("net", PLAN)})
MONDAY: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
TUESDAY: Final = datetime(2026, 3, 3, 12, tzinfo=UTC)


def reached(target: str, at: datetime = MONDAY, *, away: Sequence[Person] = ()) -> list[str]:
    kind, _, name = target.partition(":")
    found = reach(
        Level((Target(kind, name),)),
        (ANA, BEN, MIA, replace(ANA, id=PersonId("old"), status="suspended")),
        TEAM,
        is_there=lambda person: person not in away,
        on_duty=lambda rotation: RULES.on_duty(rotation, at),
    )
    return [*found.people, *found.groups]


def test_a_rotation_pages_whose_turn_it_is() -> None:
    assert reached("rotation:net-days", MONDAY) == ["ana"]
    assert reached("rotation:net-days", TUESDAY) == ["mia"]


def test_whoever_is_on_duty_by_plan_and_away_by_their_own_word_is_not_paged() -> None:
    assert reached("rotation:net-days", MONDAY, away=[ANA]) == []


def test_a_rotation_that_is_not_there_any_more_pages_nobody() -> None:
    assert reached("rotation:net-nights") == []


def test_a_person_is_meant_by_address_slack_id_or_name_in_any_case() -> None:
    for name in ("Ana@Example.com", "ana"):
        assert reached(f"person:{name}") == ["ana"]
    assert reached("person:U_BEN") == ["ben"]


def test_a_role_is_that_of_the_teams_own_people() -> None:
    assert reached("role:agent") == ["ana"]
    assert reached("group:S0123") == ["S0123"]


def test_a_team_is_covered_by_its_own_rotations_alone() -> None:
    assert RULES.covering("net", MONDAY) == {"ana@example.com"}
    assert RULES.covering("db", MONDAY) == frozenset()
