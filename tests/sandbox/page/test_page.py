"""The workspace on the page works by plain forms, as whoever acts."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.sandbox.page_scene import DESK, Scene, plain, scene
from tests.sandbox.page_visitor import Visitor, field_of, visiting, words_of


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    async with scene() as made:
        yield made


@pytest.fixture
async def visitor(here: Scene) -> AsyncIterator[Visitor]:
    async with visiting(here.page) as visitor:
        yield visitor


async def test_the_first_screen_has_the_agents_channel_and_a_mail_ready_to_send(
    visitor: Visitor,
) -> None:
    shown = await visitor.get("/")
    assert 'aria-current="page"><span class="sign"><svg class="lock"' in shown
    assert "New mail from bob@example.com" in shown
    assert f'name="to" value="{DESK}"' in shown
    assert "VPN drops every few minutes" in shown
    assert "Event log" in shown


async def test_every_resource_of_the_page_is_served(visitor: Visitor) -> None:
    shown = await visitor.get("/")
    for path in re.findall(r'(?:href|src)="(/[\w.]+)"', shown):
        assert await visitor.get(path)


async def test_a_person_sees_only_what_their_client_lists(here: Scene, visitor: Visitor) -> None:
    bob = here.slack.workspace.user_named("bob")
    await here.slack.user("ana").say("desk", "for agents only")
    assert "for agents only" in await visitor.get("/")
    shown = await visitor.get(f"/?me={bob.id}&channel={here.channel.id}")
    assert "for agents only" not in words_of(shown).split("Event log")[0]


async def test_times_are_those_of_the_person_who_looks(here: Scene, visitor: Visitor) -> None:
    await here.slack.user("ana").say("general", "noon in UTC")
    general = here.slack.channel("general").id
    bob = here.slack.workspace.user_named("bob").id
    assert ">1:00 PM</time>" in await visitor.get(f"/?channel={general}")
    assert ">7:00 AM</time>" in await visitor.get(f"/?channel={general}&me={bob}")


# Acting in the workspace


async def test_a_card_button_is_pressed_as_the_person_named(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    shown = await visitor.press(await visitor.get("/"), "claim")
    await here.slack.message(containing="In progress", channel="desk")
    (press,) = [one for one in here.app.heard if "actions" in one]
    assert press["actions"][0]["action_id"] == "claim"
    assert press["user"]["username"] == "ana"
    shown = await visitor.get()
    assert "In progress" in shown
    assert "@Ana Ruiz" in shown


async def test_an_overflow_and_a_select_say_what_was_chosen(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    shown = await visitor.get("/")
    await visitor.press(shown, "more")
    assert here.app.heard[-1]["actions"][0]["selected_option"]["value"] == "ask"
    name = re.search(r'<select class="field"[^>]*name="(field-\w+)"', shown)
    assert name
    await visitor.press(shown, "priority", **{name[1]: "P1 Critical"})
    assert here.app.heard[-1]["actions"][0]["selected_option"]["value"] == "P1 Critical"


async def test_a_modal_is_filled_in_refused_and_sent(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    await visitor.press(await visitor.get("/"), "reply")
    await here.slack.wait_for(lambda: here.slack.user("ana").modal)
    shown = await visitor.get()
    assert "Reply to Bob Ray" in shown
    view = here.slack.user("ana").modal
    assert view is not None
    field, state = field_of(shown, "Your reply"), field_of(shown, "Afterwards")
    refused = await visitor.post("/slack/submit", view=view.id, **{field: "no", state: "wait"})
    assert "A little longer, please." in refused
    assert ">\nno</textarea>" in refused
    shown = await visitor.post("/slack/submit", view=view.id, **{field: "a\r\nlong one", state: ""})
    assert "Reply to Bob Ray" not in shown
    values = here.app.heard[-1]["view"]["state"]["values"]
    assert values["words"]["text"]["value"] == "a\nlong one"
    assert values["then"]["state"]["selected_option"] is None


async def test_a_modal_is_closed_by_its_cross(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    await visitor.press(await visitor.get("/"), "reply")
    view = await here.slack.wait_for(lambda: here.slack.user("ana").modal)
    assert view is not None
    assert 'role="dialog"' not in await visitor.post("/slack/close", view=view.id)


async def test_a_command_is_sent_as_one_and_its_answer_is_only_for_its_person(
    here: Scene, visitor: Visitor
) -> None:
    shown = await visitor.post("/slack/say", text="/ticket list mine")
    assert here.app.heard[-1]["command"] == "/ticket"
    assert here.app.heard[-1]["text"] == "list mine"
    assert here.app.heard[-1]["channel_id"] == here.channel.id
    assert "Only visible to you" in shown
    assert "You typed /ticket list mine" in shown
    ben = here.slack.workspace.user_named("ben").id
    assert "You typed" not in words_of(await visitor.get(f"/?me={ben}")).split("Event log")[0]


async def test_typed_words_are_escaped_and_mentions_resolved(here: Scene, visitor: Visitor) -> None:
    shown = await visitor.post("/slack/say", text="@ben look: 1 < 2 <script>alert(1)</script>")
    ben = here.slack.workspace.user_named("ben").id
    said = here.slack.messages("desk")[-1]
    assert said.text == f"<@{ben}> look: 1 &lt; 2 &lt;script&gt;alert(1)&lt;/script&gt;"
    assert "@Ben Okafor" in shown
    assert "<script>alert" not in shown


async def test_a_reply_stays_in_its_thread(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    root = here.slack.messages("desk")[-1]
    await visitor.get(f"/?thread={root.ts}")
    shown = await visitor.post("/slack/say", text="rebooted", thread=root.ts)
    assert [one.text for one in here.slack.thread(root)] == ["rebooted"]
    assert "1 reply" in words_of(shown)
    refused = await visitor.post("/slack/say", text="/ticket show", thread=root.ts)
    assert "commands do not work in threads" in refused


async def test_a_reaction_is_set_and_taken_back(here: Scene, visitor: Visitor) -> None:
    said = await here.slack.user("ben").say("desk", "look")
    fields = {"channel": said.channel, "ts": said.ts, "name": "eyes"}
    assert 'aria-pressed="true"' in await visitor.post("/slack/react", **fields)
    assert "aria-pressed" not in await visitor.post("/slack/react", **fields)


async def test_the_apps_home_is_opened_and_shown(here: Scene, visitor: Visitor) -> None:
    shown = await visitor.post("/slack/app", tab="home")
    assert "has published no home tab" in words_of(shown)
    assert here.slack.sockets.sent[-1].delivery.about
    ana = here.slack.workspace.user_named("ana").id
    view = {"type": "home", "blocks": [{"type": "header", "text": plain("My tickets")}]}
    await here.app.call(here.session, "views.publish", user_id=ana, view=view)
    assert "My tickets" in await visitor.get()
    shown = await visitor.post("/slack/app", tab="messages")
    assert "Message Desk" in shown


async def test_a_channel_is_joined_before_one_writes(here: Scene, visitor: Visitor) -> None:
    lobby = here.slack.add_channel("lobby", members=["ben"])
    assert "Ana Ruiz is not in #lobby" in await visitor.get(f"/?channel={lobby.id}")
    assert "Message #lobby" in await visitor.post("/slack/join", channel=lobby.id)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/slack/act", {"channel": "C1", "ts": "1.1", "press": '["a","b",null]'}),
        ("/slack/act", {"view": "V1", "press": "no json"}),
        ("/slack/act", {"press": '["a","b",null]'}),
        ("/slack/submit", {"view": "V404"}),
        ("/slack/close", {}),
        ("/slack/react", {"name": "eyes"}),
        ("/slack/join", {"channel": "nowhere"}),
    ],
)
async def test_a_form_of_something_gone_is_answered_with_a_sentence(
    visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    assert 'class="notice"' in await visitor.post(path, **fields)


async def test_an_app_that_is_not_connected_is_named(here: Scene, visitor: Visitor) -> None:
    await here.post_card()
    here.slack.sockets.reset()
    await here.slack.wait_for(lambda: not here.slack.sockets.connections)
    shown = await visitor.press(await visitor.get("/"), "claim")
    assert "The app is not connected" in shown
