"""Every Web API method the stand-in knows, and the rules that hold for all of them."""

from collections.abc import Mapping
from types import MappingProxyType

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Json
from sandbox.web_api import chat, conversations, people, views
from sandbox.web_api.calls import Call, Method

METHODS: Mapping[str, Method] = MappingProxyType(
    {one.name: one for family in (chat, conversations, people, views) for one in family.METHODS}
)


# Every method takes it, for tokens of an organisation; slack_sdk sends it once it knows the team.
_ALWAYS = frozenset({"team_id"})


def answer(call: Call, token: str | None) -> Json:
    """Runs the method; every refusal is Slack's own JSON."""
    try:
        return {"ok": True} | _run(call, token)
    except SlackError as refusal:
        return {"ok": False, "error": refusal.code} | refusal.fields


def _run(call: Call, token: str | None) -> Json:
    known = METHODS.get(call.method)
    if known is None:
        raise SlackError("unknown_method", req_method=call.method)
    _check_token(call, known, token)
    call.need(*known.scopes)
    unknown = sorted(set(call.args) - known.args - _ALWAYS)
    if unknown:
        messages = [f"[ERROR] unexpected argument: {name}" for name in unknown]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    return known.run(call)


def _check_token(call: Call, known: Method, token: str | None) -> None:
    app = call.slack.workspace.app
    if not token:
        raise SlackError("not_authed")
    if token not in (app.bot_token, app.app_token):
        raise SlackError("invalid_auth")
    kinds = {app.bot_token: "bot", app.app_token: "app"}
    if known.caller not in ("any", kinds[token]):
        raise SlackError("not_allowed_token_type")
