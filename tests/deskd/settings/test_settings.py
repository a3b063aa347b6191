"""Settings: every mistake has its place and the name that was meant; where a value came from is always known."""

from pathlib import Path

import pytest

from deskd.base.errors import BadSettings
from deskd.config.docs import document
from deskd.config.load import Loaded, load
from deskd.config.show import shown
from deskd.declared.declared_workspace import roster
from engine.tickets.people import Address, Identity, Role

KEY = "k" * 32
ROOT = Path(__file__).parents[3]


def read(
    folder: Path,
    text: str = "",
    *,
    env: dict[str, str] | None = None,
    flags: dict[str, str] | None = None,
) -> Loaded:
    file = folder / "deskd.toml"
    file.write_text(text, encoding="utf-8")
    return load(config=file, environment=env or {}, flags=flags or {}, cwd=folder)


def problems(
    folder: Path,
    text: str = "",
    *,
    env: dict[str, str] | None = None,
    flags: dict[str, str] | None = None,
) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        read(folder, text, env=env, flags=flags)
    assert bad.value.code == 2
    return bad.value.problems


def test_the_names_of_the_contract_have_its_defaults(tmp_path: Path) -> None:
    s = load(config=None, environment={}, flags={}, cwd=tmp_path).settings
    assert s.database.url.get_secret_value() == f"sqlite+aiosqlite:///{tmp_path.resolve()}/deskd.db"
    assert s.storage.attachments == tmp_path.resolve() / "attachments"
    assert (s.mail.smtp_in.listen, s.mail.smtp_in.protocol) == (None, "smtp")
    assert (s.mail.smtp_out.url, s.mail.mailboxes) == (None, ())
    assert s.mail.address == "support@localhost"
    assert (s.slack.bot_token, s.slack.app_token, s.slack.channel) == (None, None, None)
    assert (s.triage.base_url, s.triage.api_key, s.triage.model) == (None, None, None)
    assert s.http.listen == "127.0.0.1:8080"
    assert s.limits.attachment_bytes == 10485760
    assert (s.secret_key, s.drain_seconds) == (None, 8)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[mail]\nadress = "a@b.c"',
            'deskd.toml:2: there is no setting "mail.adress"; did you mean "mail.address"?',
        ),
        (
            '[mial]\naddress = "a@b.c"',
            'deskd.toml:2: there is no setting "mial"; did you mean "mail"?',
        ),
        (
            '\n[slack]\nchanel = "C1"',
            'deskd.toml:3: there is no setting "slack.chanel"; did you mean "slack.channel"?',
        ),
        ('[[teams]]\nid = "a"\n[[teams]]\nid = "b"\naddreses = []', "deskd.toml:5: "),
        ('mail.smtp_in.listen = "25"', 'deskd.toml:1: mail.smtp_in.listen must be "host:port"'),
        ("[limits]\nattachment_bytes = -1", "deskd.toml:2: limits.attachment_bytes "),
        (
            'secret_key = "short"',
            "deskd.toml:1: secret_key must be at least 32 characters long; make one with",
        ),
        (
            '[desk]\ntimezone = "Europe/Berlyn"',
            'desk.timezone "Europe/Berlyn" is no time zone; did you mean "Europe/Berlin"?',
        ),
        (
            '[database]\nurl = "mysql://x"',
            "deskd.toml:2: database.url must start with sqlite+aiosqlite://",
        ),
        (
            '[mail.smtp_out]\nurl = "http://x"',
            "deskd.toml:2: mail.smtp_out.url must start with smtp://",
        ),
        (
            '[mail]\naddress = "Support <a@b.c>"',
            "deskd.toml:2: mail.address must be a bare address",
        ),
        (
            '[[people]]\nname = "Ann"\nmail = "a@b.c"\nrole = "agnet"',
            'deskd.toml:4: people[0].role "agnet" is no role; did you mean "agent"?',
        ),
        (
            '[[people]]\nname = "Ann"\nmail = "a@b.c"\nteams = ["x"]',
            'deskd.toml:4: people[0].teams "x" is no team; known: support',
        ),
        ('[[people]]\nname = "Ann"', 'people[0].name "Ann" needs a mail address or a Slack id'),
        (
            '[[teams]]\nid = "a"\n\n[[teams]]\nid = "a"',
            'deskd.toml:5: teams[1].id "a" is used twice (teams[0].id, deskd.toml:2)',
        ),
        (
            '[[teams]]\nid = "a"\naddresses = ["x@b.c"]\n[[teams]]\nid = "b"\naddresses = ["X@b.c"]',
            (
                'deskd.toml:6: teams[1].addresses "x@b.c" leads to another team already'
                " (teams[0].addresses, deskd.toml:3)"
            ),
        ),
        (
            '[[people]]\nname = "A"\nmail = "a@b.c"\n[[people]]\nname = "B"\nmail = "A@b.c"',
            (
                'deskd.toml:6: people[1].mail "a@b.c" belongs to another person already'
                " (people[0].mail, deskd.toml:3)"
            ),
        ),
        (
            '[[people]]\nname = "A"\nslack = "U1"\n\n[[people]]\nname = "B"\nslack = "U1"',
            (
                'deskd.toml:7: people[1].slack "U1" belongs to another person already'
                " (people[0].slack, deskd.toml:3)"
            ),
        ),
        (
            'drain_seconds = "abc"',
            "deskd.toml:1: drain_seconds must be a whole number, such as 8; it is 'abc'",
        ),
        (
            "[limits]\nattachment_bytes = 1.5",
            "deskd.toml:2: limits.attachment_bytes must be a whole number, such as 10485760; it is 1.5",
        ),
        ("drain_seconds = 301", "deskd.toml:1: drain_seconds must be 300 or less; it is 301"),
        (
            '[mail]\nplus_addresses = "maybe"',
            "deskd.toml:2: mail.plus_addresses must be true or false; it is 'maybe'",
        ),
        (
            '[desk]\ndefault_priority = "P9"',
            "deskd.toml:2: desk.default_priority must be one of: 'P1', 'P2', 'P3' or 'P4'; it is 'P9'",
        ),
        ("[desk]\nname = 3", 'deskd.toml:2: desk.name must be text in quotes, such as "text"'),
        (
            "[desk]\ndomains = 3",
            'deskd.toml:2: desk.domains must be a list, such as ["one", "two"]',
        ),
        ("[desk]\ncategories = []", "deskd.toml:2: desk.categories must not be empty"),
        ("teams = 3", "deskd.toml:1: teams must be sections, each written [[teams]]"),
        ("mail = 3", "deskd.toml:1: mail must be a section, written [mail]"),
        ('[[people]]\nmail = "a@b.c"', "deskd.toml:2: people[0].name is missing"),
        ("[mail\n", "deskd.toml:1: "),
        ('[log]\nlevel = "LOUD"', "deskd.toml:2: log.level "),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, problem: str
) -> None:
    found = problems(tmp_path, text)
    assert any(problem in one for one in found), found


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, 'secret_key = "x"\n[mail]\nadress = "x"\naddress = "y"')) == 3


def test_a_line_inside_many_lines_of_text_is_not_taken_for_a_setting(tmp_path: Path) -> None:
    text = '[desk]\nname = """\nadress = 1\n[slack]\n"""\nnmae = "x"'
    assert problems(tmp_path, text) == [
        'deskd.toml:6: there is no setting "desk.nmae"; did you mean "desk.name"?'
    ]


def test_environment_wins_over_the_file_and_flags_over_both(tmp_path: Path) -> None:
    text = '[mail]\naddress = "file@x.y"\n[desk]\nname = "File"\n[slack]\nchannel = "C1"'
    env = {"DESKD_MAIL__ADDRESS": "env@x.y", "DESKD_DESK__NAME": "Env"}
    loaded = read(tmp_path, text, env=env, flags={"mail.address": "flag@x.y"})
    s = loaded.settings
    assert (s.mail.address, s.desk.name, s.slack.channel) == ("flag@x.y", "Env", "C1")
    origins = {row.name: row.origin for row in shown(loaded)}
    assert origins["mail.address"] == "--set mail.address"
    assert origins["desk.name"] == "DESKD_DESK__NAME"
    assert origins["slack.channel"] == "deskd.toml:6"
    assert origins["http.listen"] == "default"


def test_the_environment_names_a_file_for_a_secret(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n", encoding="utf-8")
    loaded = read(tmp_path, env={"DESKD_SECRET_KEY_FILE": str(secret)})
    assert loaded.settings.secret_key is not None
    assert loaded.settings.secret_key.get_secret_value() == KEY


def test_a_value_and_a_file_for_the_same_setting_is_an_error(tmp_path: Path) -> None:
    env = {"DESKD_SECRET_KEY": KEY, "DESKD_SECRET_KEY_FILE": "/somewhere"}
    assert problems(tmp_path, env=env) == [
        "DESKD_SECRET_KEY_FILE: DESKD_SECRET_KEY is set as well; keep one of them"
    ]


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, env={"DESKD_SECRET_KEY_FILE": str(tmp_path / "none")})
    assert problem.startswith("DESKD_SECRET_KEY_FILE: cannot read ")


def test_a_mistyped_variable_is_named_and_a_strangers_is_left_alone(tmp_path: Path) -> None:
    strangers = {"DESKD_SERVICE_HOST": "10.0.0.1", "DESKD_PORT": "tcp://10.0.0.1:80"}
    assert read(tmp_path, env=strangers)
    [problem] = problems(tmp_path, env={"DESKD_MAIL__ADRESS": "x"})
    assert (
        problem == "DESKD_MAIL__ADRESS: there is no such setting; did you mean DESKD_MAIL__ADDRESS?"
    )


def test_a_bad_value_names_the_variable_it_came_from(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, env={"DESKD_LIMITS__ATTACHMENT_BYTES": "many"})
    assert problem.startswith("DESKD_LIMITS__ATTACHMENT_BYTES: limits.attachment_bytes ")


def test_lists_in_the_environment_are_parted_by_commas(tmp_path: Path) -> None:
    loaded = read(tmp_path, env={"DESKD_DESK__DOMAINS": "a.example, b.example"})
    assert loaded.settings.desk.domains == ("a.example", "b.example")


def test_an_empty_value_switches_off(tmp_path: Path) -> None:
    assert read(tmp_path, '[http]\nlisten = ""').settings.http.listen is None
    assert read(tmp_path, env={"DESKD_HTTP__LISTEN": ""}).settings.http.listen is None


def test_paths_in_the_file_are_relative_to_the_file(tmp_path: Path) -> None:
    there = tmp_path / "etc"
    there.mkdir()
    file = there / "deskd.toml"
    file.write_text('[database]\nurl = "sqlite+aiosqlite:///data/d.db"', encoding="utf-8")
    s = load(config=file, environment={}, flags={}, cwd=tmp_path).settings
    assert s.database.url.get_secret_value().endswith(f"{there.resolve()}/data/d.db")
    assert s.storage.attachments == there.resolve() / "data" / "attachments"
    env = {"DESKD_STORAGE__ATTACHMENTS": "files"}
    s = load(config=file, environment=env, flags={}, cwd=tmp_path).settings
    assert s.storage.attachments == tmp_path.resolve() / "files"


def test_secrets_are_masked_and_never_in_a_repr(tmp_path: Path) -> None:
    text = (
        f'secret_key = "{KEY}"\n[slack]\nbot_token = "xoxb-very-secret"\n[mail.smtp_out]\n'
        'url = "smtp://joe:hunter2@relay:25"\n[database]\nurl = "postgresql+asyncpg://u:hunter2@h/d"'
    )
    loaded = read(tmp_path, text)
    everything = repr(shown(loaded)) + repr(loaded.settings) + str(loaded)
    for secret in (KEY, "very-secret", "hunter2"):
        assert secret not in everything
    values = {row.name: row.value for row in shown(loaded)}
    assert values["mail.smtp_out.url"] == "smtp://joe:********@relay:25"


def test_a_bad_secret_is_not_shown_in_the_complaint(tmp_path: Path) -> None:
    assert not any("hunter2" in one for one in problems(tmp_path, 'secret_key = "hunter2"'))


def test_no_secret_of_the_wrong_kind_is_shown(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, "[slack]\nbot_token = 73577357")
    assert problem == 'deskd.toml:2: slack.bot_token must be text in quotes, such as "text"'


POSTGRES = '[database]\nurl = "postgresql+asyncpg://u:hunter2@h/d"'


def test_postgres_without_its_extra_is_refused_with_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "deskd.toml"
    file.write_text(POSTGRES, encoding="utf-8")
    asked: list[str] = []

    def bare(package: str) -> bool:
        asked.append(package)
        return False

    with pytest.raises(BadSettings) as bad:
        load(config=file, environment={}, flags={}, cwd=tmp_path, installed=bare)
    assert bad.value.problems == [
        "deskd.toml:2: database.url: PostgreSQL needs the extra: pip install 'deskd[postgres]'"
    ]
    assert asked == ["asyncpg"]
    file.write_text("", encoding="utf-8")
    assert load(config=file, environment={}, flags={}, cwd=tmp_path, installed=bare)


SLACK = '[slack]\nbot_token = "xoxb-1"\napp_token = "xapp-1"\n'
NAME = "should be the channel's id (C…), not its name: in Slack click the channel's name"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            '[slack]\nbot_token = "xoxb-1"',
            "deskd.toml:2: slack.bot_token is set and slack.app_token is not: Slack needs both",
        ),
        (
            '[slack]\napp_token = "xapp-1"',
            "deskd.toml:2: slack.app_token is set and slack.bot_token is not: Slack needs both",
        ),
        (
            '[slack]\nbot_token = "xapp-1"\napp_token = "xoxb-1"',
            "deskd.toml:2: slack.bot_token and slack.app_token: these two are swapped",
        ),
        (
            '[slack]\nbot_token = "bad-token"\napp_token = "xapp-1"',
            "deskd.toml:2: slack.bot_token should begin with xoxb-",
        ),
        (
            '[slack]\nbot_token = "xoxb-1"\napp_token = "bad-token"',
            "deskd.toml:3: slack.app_token should begin with xapp-",
        ),
        (SLACK + 'channel = "#it-desk"', f"deskd.toml:4: slack.channel {NAME}"),
        (
            SLACK + '[[teams]]\nid = "a"\nslack_channel = "it-desk"',
            f"deskd.toml:6: teams[0].slack_channel {NAME}",
        ),
        (SLACK, "slack.channel is off and no team has a channel: nobody will see the tickets"),
        ('[slack]\nchannel = "C1"', "deskd.toml:2: slack.channel is set but Slack is off"),
        ("", "mail.smtp_in.listen is off and so is Slack: no mail and no message"),
    ],
)
def test_what_is_most_likely_not_meant_is_warned_of_and_never_refused(
    tmp_path: Path, text: str, warning: str
) -> None:
    found = read(tmp_path, text).warnings
    assert any(warning in one for one in found), found
    assert not any(secret in one for one in found for secret in ("xoxb-1", "xapp-1", "bad-token"))


def test_a_whole_configuration_has_no_warnings(tmp_path: Path) -> None:
    door = '[mail.smtp_in]\nlisten = "127.0.0.1:25"\n'
    team = '[[teams]]\nid = "a"\nslack_channel = "G0123AB"\n'
    assert read(tmp_path, SLACK + 'channel = "C0123AB"').warnings == ()
    assert read(tmp_path, SLACK + team + door).warnings == ()
    assert read(tmp_path, door).warnings == ()


def test_the_channel_and_the_address_make_the_default_team(tmp_path: Path) -> None:
    loaded = read(tmp_path, '[slack]\nchannel = "C9"\n[mail]\naddress = "help@x.y"')
    made = roster(loaded.settings)
    [team] = made.teams
    assert (team.id, team.place) == ("support", Address("slack", "C9"))
    assert team.addresses == ("help@x.y",)
    assert made.settings.default_team == "support"


def test_teams_of_the_file_take_the_address_when_there_is_no_channel(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        '[[teams]]\nid = "net"\n[[teams]]\nid = "db"\naddresses = ["db@x.y"]\n[mail]\naddress = "help@x.y"',
    )
    made = roster(loaded.settings)
    assert [(t.id, t.addresses) for t in made.teams] == [
        ("net", ("help@x.y",)),
        ("db", ("db@x.y",)),
    ]
    assert made.settings.default_team == "net"


def test_roles_have_the_names_that_companies_use(tmp_path: Path) -> None:
    text = '[desk.roles]\nTechniker = "agent"\n' + "".join(
        f'[[people]]\nname = "P"\nmail = "p{n}@x.y"\nrole = "{role}"\n'
        for n, role in enumerate(
            ["Techniker", "TEAM_LEAD", "Department-Head", "IT staff", "manager"]
        )
    )
    people = roster(read(tmp_path, text).settings).people
    assert [p.role for p in people] == [Role.AGENT, Role.LEAD, Role.LEAD, Role.AGENT, Role.MANAGER]


def test_slack_ids_wait_until_slack_says_whose_they_are(tmp_path: Path) -> None:
    settings = read(tmp_path, '[[people]]\nname = "Ann"\nslack = "U1"').settings
    assert roster(settings).people[0].identities == ()
    [ann] = roster(settings, slack_team="T1").people
    assert ann.identities == (Identity("slack", "T1", "U1"),)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="DESKD_CONFIG: there is no file"):
        load(config=None, environment={"DESKD_CONFIG": "none.toml"}, flags={}, cwd=tmp_path)
    (tmp_path / "deskd.toml").write_text('[mail]\naddress = "here@x.y"', encoding="utf-8")
    assert (
        load(config=None, environment={}, flags={}, cwd=tmp_path).settings.mail.address
        == "here@x.y"
    )


def test_the_document_of_the_settings_is_the_settings() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == document(), "run: python -m deskd.settings_docs docs/settings.md"
