"""Views: the stack of modals and the home tab of each person. Validation happens before."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from engine.ports.clock import Clock
from sandbox.base.errors import SlackError
from sandbox.base.log import EventLog
from sandbox.base.workspace import Json, SlackWorkspace, View

# A root and two pushed on it.
MAX_STACK = 3


@dataclass(frozen=True)
class Modals:
    workspace: SlackWorkspace
    clock: Clock
    log: EventLog

    def open(self, user: str, wanted: Json) -> View:
        """A new root; whatever was open gives way."""
        self._drop_stack(user)
        view = self._new(user, wanted)
        self.workspace.modals[user] = [view.id]
        return self._keep(view, "view_opened")

    def push(self, user: str, wanted: Json) -> View:
        stack = self.workspace.modals.get(user, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MAX_STACK:
            raise SlackError("push_limit_reached")
        view = self._new(user, wanted)
        view = replace(view, root_view_id=stack[0], previous_view_id=stack[-1])
        stack.append(view.id)
        return self._keep(view, "view_pushed")

    def publish(self, user: str, wanted: Json, hash_: str | None) -> View:
        home = self.workspace.home(user)
        if home is None:
            view = self._new(user, wanted)
            self.workspace.homes[user] = view.id
            return self._keep(view, "home_published")
        return self._replace(home, wanted, hash_, "home_published")

    def update(self, view: View, wanted: Json, hash_: str | None = None) -> View:
        return self._replace(view, wanted, hash_, "view_updated")

    def find(self, *, view_id: str | None, external_id: str | None) -> View:
        for view in self.workspace.views.values():
            if view.id == view_id or (external_id and view.external_id == external_id):
                return view
        raise SlackError("not_found")

    def pop(self, user: str) -> None:
        """The top one closes; the one below shows again."""
        stack = self.workspace.modals.get(user, [])
        if stack:
            self._forget(stack.pop())

    def clear(self, user: str) -> None:
        self._drop_stack(user)
        self.log.add("views_cleared", f"all modals of {user} close", user=user)

    def enter(self, view: View, values: dict[str, dict[str, Json]]) -> View:
        """The person fills something in; the hash stays, as it is the app's version."""
        merged = {block: dict(actions) for block, actions in view.values.items()}
        for block, actions in values.items():
            merged.setdefault(block, {}).update(actions)
        filled = replace(view, values=merged)
        self.workspace.views[view.id] = filled
        return filled

    def show_errors(self, view: View, errors: dict[str, str]) -> View:
        shown = replace(view, errors=errors)
        self.workspace.views[view.id] = shown
        self.log.add("view_errors", f"the modal says: {errors}", view_id=view.id, user=view.user)
        return shown

    def _replace(self, view: View, wanted: Json, hash_: str | None, kind: str) -> View:
        current = self.workspace.views[view.id]
        if hash_ and hash_ != current.hash:
            raise SlackError("hash_conflict")
        fields = _fields(wanted)
        self._check_external_id(fields["external_id"], but=view.id)
        kept = _still_there(current, fields["blocks"])
        updated = replace(current, **fields, hash=self._hash(), values=kept, errors={})
        return self._keep(updated, kind)

    def _new(self, user: str, wanted: Json) -> View:
        fields = _fields(wanted)
        self._check_external_id(fields["external_id"], but=None)
        view_id = self.workspace.next_id("V")
        return View(
            id=view_id,
            type=wanted["type"],
            user=user,
            hash=self._hash(),
            root_view_id=view_id,
            **fields,
        )

    def _check_external_id(self, external_id: str, *, but: str | None) -> None:
        for view in self.workspace.views.values():
            if external_id and view.external_id == external_id and view.id != but:
                raise SlackError("duplicate_external_id")

    def _keep(self, view: View, kind: str) -> View:
        self.workspace.views[view.id] = view
        self.log.add(kind, f"{kind} for {view.user}", view_id=view.id, user=view.user)
        return view

    def _hash(self) -> str:
        return f"{int(self.clock.now().timestamp())}.{secrets.token_hex(4)}"

    def _drop_stack(self, user: str) -> None:
        for view_id in self.workspace.modals.pop(user, []):
            self._forget(view_id)

    def _forget(self, view_id: str) -> None:
        self.workspace.views.pop(view_id, None)


def _fields(wanted: Json) -> dict[str, Any]:
    return {
        "blocks": tuple(wanted["blocks"]),
        "title": wanted.get("title"),
        "submit": wanted.get("submit"),
        "close": wanted.get("close"),
        "private_metadata": wanted.get("private_metadata") or "",
        "callback_id": wanted.get("callback_id") or "",
        "external_id": wanted.get("external_id") or "",
        "clear_on_close": bool(wanted.get("clear_on_close")),
        "notify_on_close": bool(wanted.get("notify_on_close")),
        "submit_disabled": bool(wanted.get("submit_disabled")),
    }


def _still_there(view: View, blocks: tuple[Json, ...]) -> dict[str, dict[str, Json]]:
    """What was entered survives an update where block_id and action_id stay the same."""
    kept: dict[str, dict[str, Json]] = {}
    for block in blocks:
        element = block.get("element") or block.get("accessory") or {}
        elements = block.get("elements") or [element]
        names = {one.get("action_id") for one in elements if isinstance(one, dict)}
        entered = view.values.get(block.get("block_id", ""), {})
        same = {action: value for action, value in entered.items() if action in names}
        if same:
            kept[block["block_id"]] = same
    return kept
