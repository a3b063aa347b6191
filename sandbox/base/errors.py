"""What the stand-in raises: Slack's refusals to an app, and the impossible to a person."""

from typing import Any


class SlackError(Exception):
    """Becomes `{"ok": false, "error": code, **fields}`."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


class ImpossibleError(AssertionError):
    """A person cannot do this in Slack's client: the button is not there, the field is empty."""
