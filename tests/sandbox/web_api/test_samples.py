"""What the stand-in says has the keys that Slack's own recorded answers and payloads have.

A sample is the union of everything one method or event was ever seen to say, errors included. So the union of what
the stand-in says on a tour is compared with it, object by object: it may leave out only the keys named in ABSENT and
say more only what is named in INVENTED, each with its reason. What an app itself put in (blocks, metadata) is not
looked into.
"""

import json
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

import pytest

from sandbox.web_api.methods import METHODS
from tests import fixtures
from tests.sandbox.slack_stage import Json, Stage
from tests.sandbox.slack_tour import whole_tour

DATA = fixtures.DATA / "slack/samples"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="Slack's samples are not beside the tree")

Excuses = dict[str, tuple[str, ...]]
# reason -> keys of samples (`*` for any part, `Sample:` in front for one sample) that the stand-in never says
ABSENT: Excuses = {
    "Enterprise Grid only": (
        "*enterprise_*",
        "enterprise.id",
        "enterprise.name",
        "*.enterprise",
        "user.teams",
        "*.is_org_default",
        "*.is_org_mandatory",
        "*.is_moved",
    ),
    "Slack Connect only": (
        "*.connected_*",
        "*.conversation_host_id",
        "*.internal_team_ids",
        "*.is_global_shared",
        "event.user_profile",
    ),
    "files, canvases, calls and huddles are not here": (
        "*.files",
        "*.file",
        "*.x_files",
        "*.upload",
        "*.display_as_bot",
        "*.room",
        "*.properties",
        "message.comment",
        "message.item*",
    ),
    "assistants, workflows, unfurls and work objects are not here": (
        "*.assistant_app_thread",
        "bot_access_token",
        "function_data",
        "interactivity",
        "app_unfurl",
        "container.app_unfurl_url",
        "container.attachment_id",
        "container.is_app_unfurl",
        "container.text",
        "view.app_unfurl_url",
        "view.channel",
        "view.entity_url",
        "view.external_ref",
        "view.message_ts",
        "view.thread_ts",
        "*.is_workflow_bot",
        "*.is_connector_bot",
    ),
    "said only to people's own tokens or by their clients": (
        "*.last_read",
        "*.is_starred",
        "*.hidden",
        "conversations.open:channel.latest",
        "conversations.join:channel.priority",
        "message.is_intro",
        "message.pinned_to",
        "message.no_notifications",
        "message.unfurl_*",
        "message.is_thread_broadcast",
        "message.channel",
        "message.wibblr",
        "message.bot_link",
        "message.reactions",
        "message.root",
    ),
    "no longer sent": ("authed_teams", "authed_users", "users.list:offset", "deprecated_argument"),
    "a message of the kind that does not occur here: joins, topics, other bots, resent": (
        "*.inviter",
        "*.purpose",
        "*.topic",
        "MessagePayload:event.edited",
        "AppMentionPayload:event.app_id",
        "AppMentionPayload:event.bot_*",
        "AppMentionPayload:event.edited",
        "AppMentionPayload:event.subtype",
        "AppMentionPayload:event.username",
        "MessageThreadBroadcastPayload:event.attachments",
        "BlockActionPayload:message.attachments",
        "BlockActionPayload:message.client_msg_id",
        "BlockActionPayload:message.edited",
        "BlockActionPayload:message.icons",
        "BlockActionPayload:message.parent_user_id",
        "BlockActionPayload:message.subtype",
        "BlockActionPayload:message.username",
        "BlockActionPayload:actions.rich_text_value",
        "BlockActionPayload:actions.confirm.style",
        "BlockActionPayload:actions.initial_option.*",
    ),
    "a bot's picture comes in one size": (
        "*.icons.image_36",
        "*.icons.image_48",
        "*.icons.image_72",
    ),
    "settings of a workspace, a channel or a profile that nobody here sets": (
        "team.info:team.discoverable",
        "team.info:team.icon.image_original",
        "team.info:team.is_sfdc_auto_slack",
        "team.info:team.lob_sales_home_enabled",
        "team.info:team.locale",
        "team.info:team.pay_prod_cur",
        "team.info:team.sso_provider",
        "channel.is_non_threadable",
        "channel.is_read_only",
        "channel.is_thread_only",
        "*.profile.fields",
        "*.profile.guest_invited_by",
        "*.profile.pronouns",
        "*.profile.start_date",
        "*.profile.status_emoji_url",
        "*.profile.status_emoji_display_info.*",
        "*.is_invited_user",
        "*.two_factor_type",
    ),
    "a home tab has no buttons": ("*view.close.*", "*view.submit.*"),
    "errors and warnings this method does not have here": (
        "warning",
        "needed",
        "provided",
        "response_metadata",
        "response_metadata.warnings",
        "conversations.list:arg",
        "conversations.list:callstack",
    ),
    "said of rotating tokens, or of an app's own": (
        "auth.test:app_id",
        "auth.test:app_name",
        "auth.test:expires_in",
    ),
    "one class of the sample's library holds the keys of both view payloads": (
        "ViewSubmissionPayload:is_cleared",
    ),
    "the bot's own user stands beside it": ("message.bot_profile.user_id",),
}
# reason -> keys that are said though this sample lacks them
INVENTED: Excuses = {
    "any method may refuse its arguments this way": (
        "response_metadata",
        "response_metadata.messages",
    ),
    "newer recordings have them (MemberJoinedChannelPayload)": ("context_*",),
    "the recorded thread held a bot's plain replies only": (
        "conversations.replies:messages.client_msg_id",
        "conversations.replies:messages.icons*",
        "conversations.replies:messages.root",
        "conversations.replies:messages.subtype",
        "conversations.replies:messages.username",
        "MessageThreadBroadcastPayload:event.bot_*",
        "MessageBotPayload:event.parent_user_id",
        "chat.update:message.attachments",
    ),
    "as chat.postMessage refuses blocks": ("chat.update:errors",),
    "people of other workspaces are told by them": ("event.source_team", "event.user_team"),
    "the recorded payload of metadata was empty": ("event.metadata.event_payload",),
    "recorded views were cut before their blocks": ("*view.blocks",),
    "Slack's page on view_submission names it": ("ViewSubmissionPayload:response_urls",),
}
# Parts that hold what apps or people put in.
OPAQUE = {"blocks", "attachments", "event_payload", "state", "args", "files", "elements", "root"}


def paths(part: Any, at: str = "") -> set[str]:
    """Every key as a path; the items of a list share one."""
    found: set[str] = set()
    if isinstance(part, list):
        for item in part:
            found |= paths(item, at)
    elif isinstance(part, dict):
        for key, value in part.items():
            here = f"{at}.{key}" if at else key
            found.add(here)
            if key not in OPAQUE:
                found |= paths(value, here)
    return found


def sample(name: str) -> set[str]:
    return paths(json.loads((DATA / name).read_text("utf-8")))


@dataclass
class Comparison:
    """Held against every sample in turn; what no excuse covers is a complaint."""

    complaints: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def compare(self, name: str, ours: list[Json]) -> None:
        said, known = paths(ours), sample(name)
        shown = said | {""}
        missing = {path for path in known - said if path.rpartition(".")[0] in shown}
        stem = name.rpartition("/")[2].removesuffix(".json")
        for path in sorted(missing):
            if not self._excused(stem, path, ABSENT):
                self.complaints.append(f"{stem} lacks {path}")
        for path in sorted(said - known):
            if not self._excused(stem, path, INVENTED):
                self.complaints.append(f"{stem} invents {path}")

    def _excused(self, stem: str, path: str, excuses: Excuses) -> bool:
        patterns = [one for group in excuses.values() for one in group]
        fitting = [one for one in patterns if fnmatch(path, one) or fnmatch(f"{stem}:{path}", one)]
        self.used.update(fitting)
        return bool(fitting)


EVENTS = {
    ("message", None): "MessagePayload",
    ("message", "bot_message"): "MessageBotPayload",
    ("message", "message_changed"): "MessageChangedPayload",
    ("message", "message_deleted"): "MessageDeletedPayload",
    ("message", "thread_broadcast"): "MessageThreadBroadcastPayload",
    ("app_mention", None): "AppMentionPayload",
    ("app_home_opened", None): "AppHomeOpenedPayload",
    ("reaction_added", None): "ReactionAddedPayload",
    ("reaction_removed", None): "ReactionRemovedPayload",
    ("member_joined_channel", None): "MemberJoinedChannelPayload",
    ("member_left_channel", None): "MemberLeftChannelPayload",
}
INTERACTIONS = {
    "block_actions": "interactive-components/BlockActionPayload",
    "message_action": "interactive-components/MessageShortcutPayload",
    "view_submission": "views/ViewSubmissionPayload",
    "view_closed": "views/ViewClosedPayload",
    "command": "slash-commands/SlashCommandPayload",
}


def sample_of(payload: Json) -> str | None:
    if "event" in payload:
        event = payload["event"]
        return f"events/{EVENTS[event['type'], event.get('subtype')]}.json"
    # No global shortcut was recorded.
    if payload.get("type") == "shortcut":
        return None
    return f"app-backend/{INTERACTIONS[payload.get('type', 'command')]}.json"


async def test_everything_said_has_the_keys_of_its_sample(slack_stage: Stage) -> None:
    answers, payloads = await whole_tour(slack_stage)
    recorded: dict[str, list[Json]] = {}
    for method, said in answers.items():
        recorded[f"api/{method}.json"] = said
    for _, payload in payloads:
        name = sample_of(payload)
        if name is not None:
            recorded.setdefault(name, []).append(payload)
    comparison = Comparison()
    for name, said in recorded.items():
        if (DATA / name).exists():
            comparison.compare(name, said)
    assert comparison.complaints == []
    every = {one for table in (ABSENT, INVENTED) for group in table.values() for one in group}
    assert every - comparison.used == set(), "excuses that nothing needs"


async def test_the_tour_leaves_out_no_method_and_no_event(slack_stage: Stage) -> None:
    answers, payloads = await whole_tour(slack_stage)
    assert {
        method for method, said in answers.items() if any(one.get("ok") for one in said)
    } == set(METHODS) | {"response_url"}
    assert {sample_of(payload) for _, payload in payloads} - {None} == {
        f"events/{name}.json" for name in EVENTS.values()
    } | {f"app-backend/{name}.json" for name in INTERACTIONS.values()}
