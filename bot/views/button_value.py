"""What a button or a form remembers: which ticket, at which version. Compact JSON that Slack carries back."""

import json
from dataclasses import dataclass

from engine.tickets.people import DEFAULT, WorkspaceId


@dataclass(frozen=True, slots=True)
class ButtonValue:
    ticket: int
    version: int
    workspace: WorkspaceId = DEFAULT
    channel: str = ""
    """Where the button was pressed: a form's submission does not say."""
    action: str = ""
    """In an overflow's options, which have no id of their own."""
    other: int = 0
    """Another ticket that a form has named already; 0: none."""

    def __str__(self) -> str:
        value: dict[str, object] = {"t": self.ticket, "v": self.version}
        if self.workspace != DEFAULT:
            value["w"] = self.workspace
        if self.channel:
            value["c"] = self.channel
        if self.action:
            value["a"] = self.action
        if self.other:
            value["o"] = self.other
        return json.dumps(value, separators=(",", ":"))


def read(value: str) -> ButtonValue | None:
    """None for what is not ours, or from before this format: never an error."""
    try:
        held = json.loads(value)
        return ButtonValue(
            ticket=int(held["t"]),
            version=int(held["v"]),
            workspace=WorkspaceId(str(held.get("w", DEFAULT))),
            channel=str(held.get("c", "")),
            action=str(held.get("a", "")),
            other=int(held.get("o", 0)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
