"""`[[policies]]`, `[[ladders]]`, `[[mutes]]` and what names them: what they declare, and how a mistake is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskd.config.docs import EXAMPLE
from deskd.config.show import shown
from deskd.declared.declared_policies import ladders, mutes, policies
from deskd.declared.declared_workspace import roster
from engine.calendars.durations import Duration
from engine.promises.rules import DEVOPS, ITIL, Goals, Ladder, Level, Policy, Target
from engine.tickets.access import answers_for
from engine.tickets.people import Person, PersonId
from engine.tickets.ticket import Priority
from tests.deskd.settings.test_settings import problems, read

OFFICE = '[[calendars]]\nid = "office"\nhours = { mon-fri = ["09:00-17:00"] }\n'
POLICY = '[[policies]]\nid = "net"\nbase = "devops"\n'
PEOPLE = (
    '[[people]]\nname = "Ann"\nmail = "ann@example.com"\n'
    '[[people]]\nname = "Bob"\nslack = "U2"\nrole = "requester"\n'
)
ROTATION = '[[rotations]]\nid = "days"\nteam = "support"\nkind = "daily"\nstart = 2026-03-02\npeople = "Ann"\n'
LADDER = '[[ladders]]\nid = "net"\n[[ladders.levels]]\n'
MUTE = "[[mutes]]\nstart = 2026-03-29T01:00:00\nend = 2026-03-29T04:00:00\n"


def span(text: str) -> Duration:
    return Duration.read(text)


def test_a_policy_says_only_what_differs_from_its_base(tmp_path: Path) -> None:
    text = OFFICE + (
        '[[policies]]\nid = "net"\nbase = "own"\nwarn_at = [80, 50]\n'
        '[policies.goals.high]\nresolution = "5bd"\nack = ""\n'
        '[[policies]]\nid = "own"\nbase = "devops"\ncalendar = "office"\n'
        '[policies.goals.P1]\nfirst_response = "10m"\ncalendar = "team"\n'
    )
    net, own = policies(read(tmp_path, text).settings)
    two_hours = DEVOPS.goals[Priority.P3]
    assert (own.calendar, own.warn_at, own.goals[Priority.P3]) == ("office", (0.8,), two_hours)
    assert own.goals[Priority.P1] == Goals(span("10m"), span("4h"), span("15m"), calendar="team")
    assert (net.calendar, net.warn_at) == ("office", (0.5, 0.8))
    assert net.goals[Priority.P1] == own.goals[Priority.P1]
    assert net.goals[Priority.P2] == Goals(span("30m"), span("5bd"))


def test_a_policy_by_a_presets_name_takes_its_place_and_may_start_from_it(tmp_path: Path) -> None:
    text = (
        '[[policies]]\nid = "devops"\nbase = "devops"\n[policies.goals.urgent]\nresolution = "2h"'
    )
    [own] = policies(read(tmp_path, text).settings)
    assert own.goals[Priority.P1].resolution == span("2h")
    assert own.goals[Priority.P4] == DEVOPS.goals[Priority.P4]
    alone = '[[policies]]\nid = "itil"\n[policies.goals.medium]\nresolution = "2h"'
    assert policies(read(tmp_path, alone).settings) == (
        Policy("itil", {Priority.P3: Goals(resolution=span("2h"))}),
    )


def test_a_ladder_names_people_as_the_other_settings_do(tmp_path: Path) -> None:
    text = (
        PEOPLE
        + ROTATION
        + LADDER
        + (
            'notify = ["role:Team Lead", "person:Ann", "rotation:days", "group:S0123"]\n'
            'via = ["slack", "mail"]\nwait = "15m"\n'
            '[[ladders.levels]]\nnotify = "person:U777"\nack_required = false\n'
        )
    )
    [ladder] = ladders(read(tmp_path, text).settings)
    targets = (
        Target("role", "lead"),
        Target("person", "ann@example.com"),
        Target("rotation", "days"),
        Target("group", "S0123"),
    )
    assert ladder == Ladder(
        "net",
        (
            Level(targets, ("slack", "mail"), span("15m")),
            Level((Target("person", "U777"),), ("slack",), ack_required=False),
        ),
    )


def test_a_mute_window_is_local_to_its_zone_unless_it_says_an_offset(tmp_path: Path) -> None:
    text = '[desk]\ntimezone = "Europe/Berlin"\n' + MUTE + 'category = "network"\nreason = "move"\n'
    text += MUTE.replace("04:00:00", "09:00:00+05:00") + 'timezone = "UTC"\nteam = "support"\n'
    local, fixed = mutes(read(tmp_path, text).settings)
    # The night the clocks go forward: three hours on the wall, two of them real.
    assert local.ends_at - local.starts_at == timedelta(hours=2)
    assert (local.category, local.team, local.reason) == ("Network", None, "move")
    assert fixed.starts_at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert (fixed.ends_at, fixed.team) == (datetime(2026, 3, 29, 4, tzinfo=UTC), "support")


def test_the_roster_has_all_that_the_rules_go_by(tmp_path: Path) -> None:
    text = (
        '[desk]\npolicy = "itil"\ndepartment_policies = {HR = "devops"}\n'
        'category_policies = {security = "net"}\nskills = {network = ["Routing"]}\n'
        'pending_reminder = ""\npending_resolve = "3bd"\n'
        + OFFICE + POLICY + LADDER + 'notify = "role:agent"\n'
        + '[[teams]]\nid = "hr"\ndepartment = "HR"\npolicy = "net"\ncalendar = "office"\n'
        'ladder = "net"\nstrategy = "pull"\non_shift = "hours"\n[[teams]]\nid = "it"\n'
        '[[people]]\nname = "P"\nmail = "p@x.y"\nskills = "Routing, linux"\nlimit = 5\n'
    )  # fmt: skip
    made = roster(read(tmp_path, text).settings)
    own = made.settings
    assert (own.policy, own.remind_after, own.give_up_after) == ("itil", None, "3bd")
    assert own.department_policies == {"HR": "devops"}
    assert own.category_policies == {"Security": "net"}
    assert own.category_skills == {"Network": ("routing",)}
    hr, it = made.teams
    assert (hr.policy, hr.calendar, hr.ladder) == ("net", "office", "net")
    assert (hr.strategy, hr.on_shift) == ("pull", "hours")
    assert (it.policy, it.calendar, it.ladder) == (None, None, None)
    assert (made.people[0].skills, made.people[0].limit) == ({"routing", "linux"}, 5)
    assert [policy.id for policy in made.rules.policies] == ["net"]


def test_without_a_word_the_desk_lives_by_devops(tmp_path: Path) -> None:
    made = roster(read(tmp_path).settings)
    assert (made.settings.policy, made.teams[0].policy) == ("devops", None)
    assert (made.settings.remind_after, made.settings.give_up_after) == ("2bd", "5bd")


def test_what_policies_and_ladders_say_is_shown_with_its_line(tmp_path: Path) -> None:
    text = POLICY + '[policies.goals.P1]\nack = "5m"\n' + LADDER + 'notify = "role:agent"\n'
    rows = {row.name: (row.value, row.origin) for row in shown(read(tmp_path, text))}
    assert rows["policies[0].goals.P1.ack"] == ("5m", "deskd.toml:5")
    assert "policies[0].goals.P1.resolution" not in rows
    assert rows["policies[0].warn_at"] == (["80"], "default")
    assert rows["ladders[0].levels[0].notify"] == (["role:agent"], "deskd.toml:9")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[desk]\npolicy = "devop"', ':2: desk.policy "devop" is no policy; did you mean "devops"?'),
        ('[desk]\ncategory_policies = {Netwrk = "itil"}', '"Netwrk" is no category; did you mean "Network"?'),
        ('[desk]\ncategory_policies = {Network = "xyz"}', '"xyz" is no policy; known: devops, itil'),
        ('[desk.skills]\nNetwrk = "a"', ':2: desk.skills.Netwrk "Netwrk" is no category; did you mean "Network"?'),
        ('[desk.skills]\nNetwork = ["a,b"]', ':2: desk.skills.Network[0] must be a name such as "network"'),
        ('[desk]\ndepartment_policies = {HR = "itil"}', '"HR" is no department of a team; known: IT'),
        ('[desk]\npending_resolve = "5"', ':2: desk.pending_resolve "5" is no duration; write a number and a unit'),
        ('[[teams]]\nid = "a"\npolicy = "x"', ':3: teams[0].policy "x" is no policy; known: devops, itil'),
        ('[[teams]]\nid = "a"\ncalendar = "x"', ':3: teams[0].calendar "x" is no calendar; known: none'),
        (OFFICE + '[[teams]]\nid = "a"\ncalendar = "ofice"', '"ofice" is no calendar; did you mean "office"?'),
        ('[[teams]]\nid = "a"\nladder = "rols"', '"rols" is no ladder; did you mean "roles"?'),
        ('[[teams]]\nid = "a"\nstrategy = "pul"', ":3: teams[0].strategy must be one of: 'least_loaded', 'round_"),
        ('[[people]]\nname = "P"\nmail = "p@x.y"\nlimit = 0', ":4: people[0].limit must be 1 or more; it is 0"),
        (OFFICE.replace("office", "24x7"), ':2: calendars[0].id "24x7" has a meaning of its own'),
        (POLICY + POLICY, ':5: policies[1].id "net" is used twice (policies[0].id, deskd.toml:2)'),
        (POLICY.replace("devops", "devop"), ':3: policies[0].base "devop" is no policy; did you mean "devops"?'),
        (POLICY.replace("devops", "net"), ':3: policies[0].base "net" is this policy itself'),
        (
            POLICY.replace("devops", "b") + '[[policies]]\nid = "b"\nbase = "net"',
            ':3: policies[0].base "b" leads back to this policy',
        ),
        ('[[policies]]\nid = "a"', ":2: policies[0] promises nothing: it needs a base, or goals"),
        (POLICY + 'calendar = "ofice"\n' + OFFICE, ':4: policies[0].calendar "ofice" is no calendar; did you mean'),
        (POLICY + "warn_at = [0]", ":4: policies[0].warn_at[0] must be 1 or more; it is 0"),
        (POLICY + f"warn_at = {[*range(1, 12)]}", ":4: policies[0].warn_at must not have more than 10; it has 11"),
        (POLICY + 'response_stop = "claim"', ":4: policies[0].response_stop must be one of: 'reply' or 'ack'"),
        (POLICY + '[policies.goals.P5]\nack = "1h"', ':5: policies[0].goals.P5 "P5" is no priority; write P1, P2'),
        (
            POLICY + '[policies.goals.P1]\nack = "1h"\n[policies.goals.urgent]\nack = "1h"',
            ":7: policies[0].goals.urgent is P1 by another name",
        ),
        (POLICY + '[policies.goals.P1]\nack = "1 week"', ':5: policies[0].goals.P1.ack "1 week" is no duration;'),
        (
            POLICY + '[policies.goals.P1]\nfirst_reply = "1h"',
            ':5: there is no setting "policies.goals.P1.first_reply"; did you mean "policies.goals.P1.first_',
        ),
        (POLICY + '[policies.goals.P1]\ncalendar = "x"', ':5: policies[0].goals.P1.calendar "x" is no calendar;'),
        ('[[ladders]]\nid = "a"', ":2: ladders[0].levels is missing"),
        ('[[ladders]]\nid = "a"\nlevels = []', ":3: ladders[0].levels must not be empty"),
        (LADDER + "notify = []", ":4: ladders[0].levels[0].notify must not be empty"),
        (LADDER + 'notify = "senior"', ':4: ladders[0].levels[0].notify[0] "senior" names nobody; write '),
        (LADDER + 'notify = "role:senor"', '"role:senor" is no role of agents; did you mean "senior"?'),
        (LADDER + 'notify = "role:employee"', '"role:employee" is no role of agents; known: requester, agent,'),
        (PEOPLE + LADDER + 'notify = "person:Anne"', '"person:Anne" is nobody in [[people]]; did you mean "Ann"?'),
        (PEOPLE + LADDER + 'notify = "person:Bob"', '"person:Bob" is no agent: nobody pages a requester'),
        (PEOPLE + ROTATION + LADDER + 'notify = "rotation:day"', ' is no rotation; did you mean "days"?'),
        (LADDER + 'notify = "role:agent"\nvia = "sms"', "ladders[0].levels[0].via[0] must be one of: 'slack'"),
        (LADDER + 'notify = "role:agent"\nwait = "15"', ':5: ladders[0].levels[0].wait "15" is no duration'),
        (MUTE.replace("04:00", "00:00"), ":3: mutes[0].end 2026-03-29T00:00:00 must be after the start"),
        (MUTE + 'team = "suport"', ':4: mutes[0].team "suport" is no team; did you mean "support"?'),
        (MUTE + 'category = "Netwrk"', ':4: mutes[0].category "Netwrk" is no category; did you mean "Network"?'),
        (MUTE + 'timezone = "Berlin"', ':4: mutes[0].timezone "Berlin" is no time zone;'),
        ("[[mutes]]\nstart = 5\nend = 6", ":2: mutes[0].start must be text in quotes"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_rules_is_named_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, problem: str
) -> None:
    found = problems(tmp_path, text)
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            '[[policies]]\nid = "devops"\n[policies.goals.P1]\nresolution = "1h"',
            'desk.policy: "devops" promises nothing for P2, P3, P4',
        ),
        (
            OFFICE + '[[teams]]\nid = "a"\ncalendar = "office"',
            ':6: teams[0].calendar: nothing counts by it; a policy does with calendar = "team" (its own: devops)',
        ),
    ],
)
def test_rules_that_most_likely_do_not_do_what_was_meant_are_warned_of(
    tmp_path: Path, text: str, warning: str
) -> None:
    found = read(tmp_path, text).warnings
    assert any(warning in one for one in found), found


def test_a_team_whose_policy_counts_by_its_hours_is_warned_of_nothing(tmp_path: Path) -> None:
    text = '[mail.smtp_in]\nlisten = "127.0.0.1:25"\n[desk]\npolicy = "net"\n' + OFFICE + POLICY
    text += 'calendar = "team"\n[[teams]]\nid = "a"\ncalendar = "office"\n'
    assert read(tmp_path, text).warnings == ()


def test_the_documents_example_is_right_and_has_no_warnings(tmp_path: Path) -> None:
    door = '[mail.smtp_in]\nlisten = "127.0.0.1:25"\n'
    loaded = read(tmp_path, door + EXAMPLE)
    assert loaded.warnings == ()
    assert [ladder.id for ladder in roster(loaded.settings).rules.ladders] == ["network"]


def test_the_itil_preset_is_still_there(tmp_path: Path) -> None:
    [own] = policies(read(tmp_path, POLICY.replace("devops", "itil")).settings)
    assert own.goals == ITIL.goals


TWO_DEPARTMENTS = '[[teams]]\nid = "net"\n[[teams]]\nid = "pay"\ndepartment = "HR"\n'


def over(role: str, more: str = "") -> str:
    return f'[[people]]\nname = "Lea"\nmail = "lea@example.com"\nrole = "{role}"\n{more}\n'


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ('[[teams]]\nid = "net"\n[[teams]]\nid = "web"\n' + over("lead", 'teams = "net"'), ["net"]),
        (TWO_DEPARTMENTS + over("lead", 'department = "HR"'), ["pay"]),
        (TWO_DEPARTMENTS + over("manager", 'department = "IT"'), ["net"]),
        (TWO_DEPARTMENTS + over("manager"), []),
        (TWO_DEPARTMENTS + over("manager", 'teams = "pay"'), ["pay"]),
        (over("manager"), ["support"]),
        (over("lead"), []),
        ('[[teams]]\nid = "net"\n[[teams]]\nid = "web"\n' + over("manager"), ["net", "web"]),
    ],
)
def test_nobody_heads_a_department_unless_the_file_says_so_and_whoever_reaches_nothing_is_warned_of(
    tmp_path: Path, text: str, reached: list[str]
) -> None:
    """A manager is over the only department there is; of several the file names one."""
    loaded = read(tmp_path, '[mail.smtp_in]\nlisten = "127.0.0.1:25"\n' + text)
    made = roster(loaded.settings)
    [lea] = made.people
    who = Person(PersonId("lea"), lea.name, lea.role, lea.teams, department=lea.department)
    answers = [team.id for team in made.teams if answers_for(who, team.id, team.department)]
    assert sorted(answers) == reached
    assert bool(loaded.warnings) == (not reached), loaded.warnings
    assert all("reaches no tickets" in one for one in loaded.warnings)
