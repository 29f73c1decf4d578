"""What a request to the Responses API may hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import errors
import files
from checks import Flag, Items, Number, Record, Rule, Text, Whole, exactly_one
from drawing import OPTIONS, Order, take_order
from errors import ApiError, bad_request
from models import check_exists
from probe import Picture
from references import from_url, load, mask_of, picture_of
from router import Call

_DEFAULT_IMAGE_MODEL = "gpt-image-2"
_DETAILS = Text(("low", "high", "auto", "original"))
_PART_TYPES = ("input_text", "input_image", "input_file", "output_text", "refusal")
_USER_PART_TYPES = _PART_TYPES[:3]
_CHOICES = ("none", "auto", "required")

_REFERENCE = Record({"image_url": Text(longest=20971520), "file_id": Text()})

_IMAGE_TOOL = Record({
    **OPTIONS,
    "type": Text(("image_generation",)),
    "action": Text(("generate", "edit", "auto")),
    "input_image_mask": _REFERENCE,
}, required=("type",))

_PARTS: dict[str, Record] = {
    "input_text": Record({"type": Text(), "text": Text()}, ("text",)),
    "input_image": Record({"type": Text(), "image_url": Text(longest=20971520),
                           "file_id": Text(), "detail": _DETAILS}),
    "input_file": Record({"type": Text(), "file_id": Text(), "file_url": Text(),
                          "file_data": Text(), "filename": Text(),
                          "detail": _DETAILS}),
    "output_text": Record({"type": Text(), "text": Text(), "annotations": Rule(),
                           "logprobs": Rule()}, ("text",)),
    "refusal": Record({"type": Text(), "refusal": Text()}, ("refusal",)),
}

_MESSAGE = Record({
    "type": Text(("message",)), "id": Text(), "status": Text(),
    "role": Text(("user", "assistant", "system", "developer")),
    "content": Rule(), "phase": Text(),
}, required=("role", "content"))


class _Metadata(Rule):
    """At most 16 pairs of short texts."""

    def check(self, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise errors.wrong_type(where, "an object", value)
        if len(value) > 16:
            raise bad_request(f"Invalid '{where}': too many properties.", where,
                              "object_above_max_properties")
        for name, item in value.items():
            Text(longest=64).check(name, where)
            Text(longest=512).check(item, f"{where}.{name}")
        return value


_CREATE = Record({
    "model": Text(), "input": Rule(), "instructions": Text(),
    "background": Flag(), "store": Flag(), "stream": Flag(),
    "stream_options": Record({"include_obfuscation": Flag()}),
    "previous_response_id": Text(), "conversation": Rule(),
    "tools": Items(Rule(), 0, 128), "tool_choice": Rule(),
    "parallel_tool_calls": Flag(), "max_tool_calls": Whole(1),
    "max_output_tokens": Whole(16), "metadata": _Metadata(),
    "reasoning": Rule(), "text": Rule(), "include": Items(Text()),
    "temperature": Number(0, 2), "top_p": Number(0, 1),
    "top_logprobs": Whole(0, 20), "truncation": Text(("auto", "disabled")),
    "service_tier": Text(), "safety_identifier": Text(), "user": Text(),
    "prompt_cache_key": Text(), "prompt_cache_retention": Text(),
}, required=("model", "input"))


@dataclass
class Question:
    """A checked request; `order` is None when nothing is to be drawn."""

    fields: dict[str, Any]
    prompt: str = ""
    order: Order | None = None
    action: str = "generate"
    partials: int = 0
    images: int = 0
    first_image: Picture | None = field(default=None, repr=False)

    @property
    def background(self) -> bool:
        return self.fields.get("background", False)

    @property
    def store(self) -> bool:
        return self.fields.get("store", True)

    @property
    def stream(self) -> bool:
        return self.fields.get("stream", False)

    def echo(self) -> dict[str, Any]:
        """The fields of the request that the response repeats."""
        defaults = {
            "background": False, "instructions": None, "max_output_tokens": None,
            "metadata": {}, "model": None, "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default", "store": True, "temperature": 1.0,
            "text": {"format": {"type": "text"}}, "tool_choice": "auto",
            "tools": [], "top_p": 1.0, "truncation": "disabled"}
        return {name: self.fields.get(name, default)
                for name, default in defaults.items()}


def read_question(call: Call) -> Question:
    wanted = call.fields(json=_CREATE)
    question = Question(wanted)
    check_exists(wanted["model"])
    if question.background and not question.store:
        raise bad_request("Background mode needs store=true.", "background")
    _check_previous(call, wanted)
    _read_input(call, question, wanted["input"])
    tools = _image_tools(wanted.get("tools", []))
    drawing = _wants_tool(wanted.get("tool_choice", "auto"), tools)
    for where, tool in tools:
        _read_tool(call, question, tool, where, drawing)
    return question


def _check_previous(call: Call, wanted: dict[str, Any]) -> None:
    previous = wanted.get("previous_response_id")
    if previous is None:
        return
    if "conversation" in wanted:
        raise bad_request("previous_response_id and conversation exclude each"
                          " other.", "previous_response_id")
    if previous not in call.account.responses:
        raise bad_request(f"Previous response with id '{previous}' not found.",
                          "previous_response_id", "previous_response_not_found")


# --- input

def _read_input(call: Call, question: Question, given: Any) -> None:
    if isinstance(given, str):
        question.prompt = given
        return
    if not isinstance(given, list):
        raise errors.wrong_type("input", "a string or an array", given)
    if not given:
        raise bad_request("Invalid 'input': it is empty.", "input")
    for index, item in enumerate(given):
        _read_item(call, question, item, f"input[{index}]")


def _read_item(call: Call, question: Question, item: Any, where: str) -> None:
    if not isinstance(item, dict):
        raise errors.wrong_type(where, "an object", item)
    kind = item.get("type", "message" if "role" in item else None)
    if kind == "message":
        _read_message(call, question, _MESSAGE.check(item, where), where)
    elif kind == "image_generation_call":
        call_id = Text().check(item.get("id"), f"{where}.id")
        if call_id not in call.account.image_calls:
            raise ApiError(404, f"Item with id '{call_id}' not found.", param=where)
        question.images += 1
    elif kind not in ("reasoning", "item_reference"):
        raise errors.wrong_value(f"{where}.type", kind,
                                 ("message", "image_generation_call", "reasoning",
                                  "item_reference"))


def _read_message(call: Call, question: Question, message: dict[str, Any],
                  where: str) -> None:
    content = message["content"]
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    if not isinstance(content, list):
        raise errors.wrong_type(f"{where}.content", "a string or an array", content)
    for index, part in enumerate(content):
        here = f"{where}.content[{index}]"
        part = _check_part(part, here)
        if part["type"] == "input_text" and message["role"] == "user":
            question.prompt += part["text"]
        elif part["type"] == "input_image":
            _read_image(call, question, part, here)
        elif part["type"] == "input_file":
            _check_file(call, part, here)


def _check_part(part: Any, where: str) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise errors.wrong_type(where, "an object", part)
    if "type" not in part:
        raise errors.missing(f"{where}.type")
    if part["type"] not in _PART_TYPES:
        raise errors.wrong_value(f"{where}.type", part["type"], _USER_PART_TYPES)
    return _PARTS[part["type"]].check(part, where)


def _read_image(call: Call, question: Question, part: dict[str, Any],
                where: str) -> None:
    field_name = exactly_one(part, ("image_url", "file_id"), where)
    source = (from_url(part["image_url"], f"{where}.image_url")
              if field_name == "image_url"
              else load(call.account, {"file_id": part["file_id"]}, where))
    picture = picture_of(source, f"{where}.{field_name}") if source else None
    if question.images == 0:
        question.first_image = picture
    question.images += 1


def _check_file(call: Call, part: dict[str, Any], where: str) -> None:
    field_name = exactly_one(part, ("file_id", "file_url", "file_data"), where)
    if field_name == "file_id" and files.find(call.account, part["file_id"]) is None:
        raise ApiError(404, f"File '{part['file_id']}' was not found.", param=where)


# --- tools

def _image_tools(tools: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    """The image tools, checked, with their places; others are let through."""
    found = []
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise errors.wrong_type(where, "an object", tool)
        if not isinstance(tool.get("type"), str):
            raise errors.missing(f"{where}.type")
        if tool["type"] == "image_generation":
            found.append((where, _IMAGE_TOOL.check(tool, where)))
    if len(found) > 1:
        raise bad_request("There can be only one image_generation tool.",
                          f"{found[1][0]}.type")
    return found


def _wants_tool(choice: Any, tools: list[Any]) -> bool:
    """Whether to draw: the stand-in does whenever it may."""
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise errors.wrong_value("tool_choice", choice, _CHOICES)
        return choice != "none"
    if not isinstance(choice, dict) or "type" not in choice:
        raise errors.wrong_type("tool_choice", "a string or an object", choice)
    if choice["type"] == "image_generation" and not tools:
        raise bad_request("Tool choice 'image_generation' not found in 'tools'.",
                          "tool_choice")
    return choice["type"] in ("image_generation", "allowed_tools")


def _read_tool(call: Call, question: Question, tool: dict[str, Any], where: str,
               drawing: bool) -> None:
    model = tool.get("model", _DEFAULT_IMAGE_MODEL)
    check_exists(model)
    order = take_order(question.prompt, tool, model, f"{where}.")
    if "input_image_mask" in tool:
        source = load(call.account, tool["input_image_mask"],
                      f"{where}.input_image_mask")
        if source is not None:
            mask_of(source, f"{where}.input_image_mask", question.first_image)
    if drawing:
        question.order = order
        question.partials = tool.get("partial_images", 0)
        action = tool.get("action", "auto")
        question.action = (action if action != "auto"
                           else "edit" if question.images else "generate")
