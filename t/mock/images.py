"""The Images API: pictures in the answer itself, all at once or as a stream."""

from __future__ import annotations

import time
from typing import Any, Iterator

import errors
import sse
from checks import Flag, Items, Record, Text, Upload, Whole
from drawing import OPTIONS, Order, take_order
from errors import ApiError, bad_request
from http1 import Answer, json_answer, typed
from jobs import wished, wished_number
from models import check_exists
from pictures import make
from references import load, mask_of, picture_of
from router import Call

_MOST_IMAGES = 16
_LARGEST_IMAGE = 50 << 20
_LARGEST_MASK = 4 << 20

_COMMON = {
    **OPTIONS,
    "prompt": Text(longest=32000, shortest=1),
    "n": Whole(1, 10),
    "stream": Flag(),
    "safety_identifier": Text(),
    "user": Text(),
}
_REQUIRED = ("prompt", "model")

_GENERATE = Record({name: rule for name, rule in _COMMON.items()
                    if name != "input_fidelity"}, _REQUIRED)

_EDIT_FORM = Record({**_COMMON, "image": Upload(), "mask": Upload(),
                     "image[]": Items(Upload(), 1, _MOST_IMAGES)}, _REQUIRED)

_REFERENCE = Record({"image_url": Text(longest=20971520), "file_id": Text()})
_EDIT_JSON = Record({**_COMMON, "mask": _REFERENCE,
                     "images": Items(_REFERENCE, 1, _MOST_IMAGES)},
                    _REQUIRED + ("images",))


def _generate(call: Call) -> Answer:
    call.query(Record({}))
    wanted = call.fields(json=_GENERATE)
    return _draw(call, wanted, "image_generation", 0)


def _edit(call: Call) -> Answer:
    call.query(Record({}))
    wanted = call.fields(json=_EDIT_JSON, form=_EDIT_FORM)
    images = _input_images(wanted)
    first = None
    for index, (where, reference) in enumerate(images):
        picture = _look(call, reference, where)
        first = picture if index == 0 else first
    if "mask" in wanted:
        source = load(call.account, wanted["mask"], "mask")
        if source is not None:
            _check_weight(len(source.data), _LARGEST_MASK, "mask")
            mask_of(source, "mask", first)
    return _draw(call, wanted, "image_edit", len(images))


def _input_images(wanted: dict[str, Any]) -> list[tuple[str, Any]]:
    """The images to edit, each with the name it goes by in errors."""
    if "image" in wanted and "image[]" in wanted:
        raise errors.repeated("image")
    if "image" in wanted:
        return [("image", wanted["image"])]
    for field in ("image[]", "images"):
        if field in wanted:
            base = field.removesuffix("[]")
            return [(f"{base}[{index}]", reference)
                    for index, reference in enumerate(wanted[field])]
    raise errors.missing("image")


def _look(call: Call, reference: Any, where: str) -> Any:
    source = load(call.account, reference, where)
    if source is None:
        return None
    _check_weight(len(source.data), _LARGEST_IMAGE, where)
    return picture_of(source, where)


def _check_weight(size: int, most: int, where: str) -> None:
    if size >= most:
        raise bad_request(f"Invalid '{where}': the file has {size} bytes, the"
                          f" maximum is {most}.", where, "image_file_too_large")


def _draw(call: Call, wanted: dict[str, Any], kind: str, inputs: int) -> Answer:
    model, prompt = wanted["model"], wanted["prompt"]
    check_exists(model)
    order = take_order(prompt, wanted, model)
    if wished(prompt, "moderation"):
        raise ApiError(400, "The request was refused by the moderation system.",
                       code="moderation_blocked",
                       kind="image_generation_user_error")
    count = wanted.get("n", 1)
    seconds = wished_number(prompt, "render", call.settings.image_seconds)
    if wanted.get("stream"):
        return sse.stream(_events(call, order, kind, count, inputs, seconds,
                                  wanted.get("partial_images", 0)))
    call.pause(seconds)
    return json_answer(_result(call, order, count, inputs))


def _result(call: Call, order: Order, count: int, inputs: int) -> dict[str, Any]:
    data: list[dict[str, str]] = []
    if wished(order.prompt, "url"):
        data = [{"url": call.origin + call.state.link(order.recipe(index))}
                for index in range(count)]
    elif not wished(order.prompt, "noimage"):
        data = [{"b64_json": order.base64(index)} for index in range(count)]
    result: dict[str, Any] = {"created": int(time.time()), "data": data}
    if not wished(order.prompt, "sparse"):
        result |= order.facts() | {"usage": order.usage(count, inputs)}
    return result


def _events(call: Call, order: Order, kind: str, count: int, inputs: int,
            seconds: float, partials: int) -> Iterator[bytes]:
    """Partial pictures in equal steps of time, then the whole ones."""
    about = order.facts() | {"created_at": int(time.time())}
    if wished(order.prompt, "fewer"):
        partials = max(0, partials - 1)
    for index in range(partials):
        call.pause(seconds / (partials + 1))
        name = f"{kind}.partial_image"
        yield sse.event(name, {
            "type": name, "b64_json": order.base64(0, f"partial {index}"),
            "partial_image_index": index, **about})
    call.pause(seconds / (partials + 1))

    if wished(order.prompt, "stream-error"):
        error = ApiError(500, "The picture could not be finished.",
                         kind="server_error", code="server_error")
        yield sse.event("error", {"type": "error", **error.body()})
        return
    if wished(order.prompt, "noimage"):
        return
    for index in range(count):
        name = f"{kind}.completed"
        yield sse.event(name, {
            "type": name, "b64_json": order.base64(index), **about,
            "usage": order.usage(count, inputs)})


def linked_picture(call: Call) -> Answer:
    """A picture behind a URL that an earlier answer gave."""
    recipe = call.state.linked(call.target.path)
    if recipe is None:
        raise ApiError(404, "There is no such picture.")
    return typed(recipe.media_type, make(recipe))


ROUTES = [
    ("POST", "/v1/images/generations", _generate),
    ("POST", "/v1/images/edits", _edit),
]
PUBLIC_ROUTES = [
    ("GET", "/pictures/{}", linked_picture),
]
