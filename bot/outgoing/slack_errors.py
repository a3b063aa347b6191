"""What went wrong with a call to Slack, and whether trying again can help. One table, one rule each.

Slack asks to wait, or does not answer as it should: the whole channel waits, for that is the far side as such and
the pause is short. Our own login is bad: the whole channel waits too, so that rows do not die one by one. The place
is wrong: this parcel never. Anything else Slack says no to: later, with the usual back-off, until it is too old.
"""

from datetime import timedelta
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.views.words import plain_sentence
from engine.ports.outbox import Later, Never

CALL_ERRORS: Final = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError)
"""Everything a call to Slack can raise when the network or Slack is the cause."""

LOGGED_OUT: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
FOR_GOOD: Final = frozenset(
    {
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "messages_tab_disabled",
        "msg_too_long",
        "not_in_channel",
        "posting_to_general_channel_denied",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    }
)
UNREADABLE: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
"""Blocks that Slack will not take: the words alone still go."""
MESSAGE_GONE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
)
# With status 200 and a JSON body: Slack failed half-way, and may have done it.
_HALF_WAY: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500
# When Slack asks to wait and does not say how long.
_USUAL_WAIT: Final = timedelta(seconds=30)


def code_of(error: BaseException) -> str:
    """Slack's own word, or "" when it said none (a dropped connection, HTML, an empty body)."""
    data = getattr(getattr(error, "response", None), "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def status_of(error: BaseException) -> int:
    response = getattr(error, "response", None)
    found = getattr(response, "status_code", None) or getattr(response, "status", None)
    return int(found or 0)


def in_words(error: BaseException) -> str:
    """One line for logs and listings: no address, no content."""
    return f"slack: {code_of(error) or _status_words(status_of(error)) or type(error).__name__}"


def _status_words(status: int) -> str:
    return f"HTTP {status}" if status else ""


def verdict(error: Exception, place: str, *, posting: bool) -> Later | Never:
    """What the outbox is told. `posting`: doing it twice would show."""
    code, status = code_of(error), status_of(error)
    if status == _TOO_MANY_REQUESTS or code in ("ratelimited", "rate_limited"):
        return Later(in_words(error), after=_asked_wait(error), whole_channel=True)
    if code in LOGGED_OUT:
        return Later(in_words(error), whole_channel=True)
    if code in FOR_GOOD:
        return Never(plain_sentence("trouble", {"error": code, "place": place}))
    if code in _HALF_WAY:
        return Later(in_words(error), uncertain=posting)
    if code and status < _SERVER_ERROR:
        return Later(in_words(error))
    reached = not isinstance(error, aiohttp.ClientConnectorError)
    return Later(in_words(error), whole_channel=True, uncertain=posting and reached)


def _asked_wait(error: BaseException) -> timedelta:
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    given = next((headers[key] for key in headers if key.lower() == "retry-after"), "")
    return timedelta(seconds=int(given)) if str(given).isdigit() else _USUAL_WAIT
