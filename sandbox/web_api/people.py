"""Web API: auth, api, apps, team, bots and users."""

from dataclasses import replace

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Json, User
from sandbox.web_api.calls import Call, Method, method
from sandbox.workplace.shapes import bot_profile, team_object, user_object


def auth_test(call: Call) -> Json:
    workspace = call.slack.workspace
    app = workspace.app
    return {
        "url": f"https://{workspace.team.domain}.slack.invalid/",
        "team": workspace.team.name,
        "user": workspace.users[app.bot_user_id].name,
        "team_id": workspace.team.id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    error = call.text("error")
    if error:
        raise SlackError(error, args=call.args)
    return {"args": call.args} if call.args else {}


def connections_open(call: Call) -> Json:
    slack = call.slack
    ticket = slack.sockets.issue_ticket()
    origin = slack.origin.replace("http", "ws", 1)
    return {"url": f"{origin}/link/?ticket={ticket}&app_id={slack.workspace.app.id}"}


def team_info(call: Call) -> Json:
    wanted = call.text("team")
    if wanted not in (None, call.slack.workspace.team.id):
        raise SlackError("team_not_found")
    return {"team": team_object(call.slack.workspace)}


def bots_info(call: Call) -> Json:
    workspace = call.slack.workspace
    wanted = call.text("bot")
    if wanted not in (None, workspace.app.bot_id):
        raise SlackError("bot_not_found")
    shape = bot_profile(workspace)
    del shape["team_id"]
    return {"bot": shape | {"user_id": workspace.app.bot_user_id}}


def _shape(call: Call, user: User, *, with_locale: bool = False) -> Json:
    with_email = "users:read.email" in call.slack.scopes
    now = call.slack.clock.now()
    return user_object(user, now, with_email=with_email, with_locale=with_locale)


def users_info(call: Call) -> Json:
    return {"user": _shape(call, call.user(), with_locale=bool(call.flag("include_locale")))}


def users_list(call: Call) -> Json:
    # Slack gives all at once when no limit is asked for.
    users = list(call.slack.workspace.users.values())
    page, cursor = call.page(users, default=max(1, len(users)))
    with_locale = bool(call.flag("include_locale"))
    members = [_shape(call, user, with_locale=with_locale) for user in page]
    return {
        "members": members,
        "cache_ts": int(call.slack.clock.now().timestamp()),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: Call) -> Json:
    wanted = call.required("email").lower()
    for user in call.slack.workspace.users.values():
        if user.email is not None and user.email.lower() == wanted and not user.deleted:
            return {"user": _shape(call, user)}
    raise SlackError("users_not_found")


METHODS: tuple[Method, ...] = (
    replace(method("auth.test", auth_test, "", tier="hundreds"), caller="any"),
    # api.test hands back whatever it was given.
    replace(method("api.test", api_test, "error foo", tier="4"), caller="any"),
    replace(method("apps.connections.open", connections_open, ""), caller="app"),
    method("team.info", team_info, "team domain", "team:read"),
    method("bots.info", bots_info, "bot", "users:read"),
    method("users.info", users_info, "user include_locale", "users:read", "4"),
    method("users.list", users_list, "cursor limit include_locale", "users:read", "2"),
    method("users.lookupByEmail", lookup_by_email, "email", "users:read.email"),
)
