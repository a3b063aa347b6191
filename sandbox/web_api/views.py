"""Web API: views.*"""

from typing import Any

from sandbox.base.errors import SlackError
from sandbox.base.workspace import Json, View
from sandbox.blockkit.blocks import check_view, normal, with_ids
from sandbox.web_api.calls import Call, Method, bad_argument, method
from sandbox.workplace.shapes import view_object
from sandbox.workplace.triggers import Trigger


def _wanted(call: Call) -> Json:
    view: Any = call.structure("view")
    if not isinstance(view, dict):
        raise bad_argument("missing required field: view")
    return checked_view(view)


def checked_view(view: Json) -> Json:
    check_view(view)
    named = {key: normal(value) for key, value in view.items() if key != "blocks"}
    return named | {"blocks": list(with_ids(view["blocks"]))}


def _modal(call: Call) -> Json:
    wanted = _wanted(call)
    if wanted["type"] != "modal":
        raise bad_argument("must be a modal [json-pointer:/view/type]")
    return wanted


def _trigger(call: Call) -> Trigger:
    trigger_id = call.text("trigger_id") or call.text("interactivity_pointer")
    if not trigger_id:
        raise bad_argument("missing required field: trigger_id")
    return call.slack.triggers.look(trigger_id)


def _shown(call: Call, view: View) -> Json:
    return {"view": view_object(view, call.slack.workspace)}


def open_view(call: Call) -> Json:
    trigger, wanted = _trigger(call), _modal(call)
    trigger.spent = True
    return _shown(call, call.slack.modals.open(trigger.user, wanted))


def push(call: Call) -> Json:
    trigger, wanted = _trigger(call), _modal(call)
    if trigger.view_id is None:
        raise SlackError("invalid_trigger_id")
    trigger.spent = True
    return _shown(call, call.slack.modals.push(trigger.user, wanted))


def update(call: Call) -> Json:
    wanted = _wanted(call)
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise bad_argument("missing required field: view_id")
    view = call.slack.modals.find(view_id=view_id, external_id=external_id)
    if wanted["type"] != view.type:
        raise bad_argument("view type can not change [json-pointer:/view/type]")
    return _shown(call, call.slack.modals.update(view, wanted, call.text("hash")))


def publish(call: Call) -> Json:
    wanted = _wanted(call)
    if wanted["type"] != "home":
        raise bad_argument("must be a home tab [json-pointer:/view/type]")
    user = call.user("user_id")
    return _shown(call, call.slack.modals.publish(user.id, wanted, call.text("hash")))


METHODS: tuple[Method, ...] = (
    method("views.open", open_view, "trigger_id interactivity_pointer view", tier="4"),
    method("views.push", push, "trigger_id interactivity_pointer view", tier="4"),
    method("views.update", update, "view view_id external_id hash", tier="4"),
    method("views.publish", publish, "user_id view hash", tier="4"),
)
