"""A response as a stream of events, in the order the real API sends them.

A stream can be taken up again later, so events are made anew for each
listener: each knows at which share of the rendering it is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

import sse
from http1 import Answer
from jobs import wished
from router import Call

if TYPE_CHECKING:
    from responses import Response

# When it is due (a share of the rendering), its name, its fields.
Event = tuple[float, str, dict[str, Any]]

_STARTED = 0.15
_TEXT_PIECES = 3
_SLICE_SECONDS = 0.1


def recite(response: Response, call: Call, first: int) -> Answer:
    """The events from that sequence number on."""
    return sse.stream(_timed(response, call, first))


def _timed(response: Response, call: Call, first: int) -> Iterator[bytes]:
    for number, (share, name, fields) in enumerate(_events(response)):
        if not _wait(response, call, share):
            return
        if number >= first:
            yield sse.event(name, {"type": name, "sequence_number": number,
                                   **fields})


def _wait(response: Response, call: Call, share: float) -> bool:
    """Waits until the response is that far; false when it is cancelled first."""
    while not response.cancelled and (left := response.clock.left_until(share)):
        call.pause(min(left, _SLICE_SECONDS))
    return not response.cancelled


def _events(response: Response) -> Iterator[Event]:
    prompt = response.question.prompt
    background = response.question.background

    def state(name: str, status: str, share: float) -> Event:
        return share, f"response.{name}", {
            "response": response.as_json(status, status == "completed")}

    first = "queued" if background else "in_progress"
    yield state("created", first, 0)
    if background:
        yield state("queued", first, 0)
    yield state("in_progress", "in_progress", _STARTED if background else 0)
    yield from _item(0, response.reasoning(), response.reasoning())
    for index in range(response.pictures):
        yield from _picture(response, index)

    if wished(prompt, "stream-error"):
        yield 1.0, "error", {"code": "server_error", "param": None,
                             "message": "The response could not be finished."}
    elif wished(prompt, "fail") or wished(prompt, "moderation"):
        yield state("failed", "failed", 1.0)
    elif wished(prompt, "incomplete"):
        yield state("incomplete", "incomplete", 1.0)
    else:
        yield from _message(response)
        yield state("completed", "completed", 1.0)


def _item(index: int, begun: dict[str, Any], finished: dict[str, Any],
          share: float = 0.0) -> Iterator[Event]:
    yield share, "response.output_item.added", {"output_index": index,
                                                "item": begun}
    yield share, "response.output_item.done", {"output_index": index,
                                               "item": finished}


def _picture(response: Response, index: int) -> Iterator[Event]:
    question = response.question
    order = question.order
    place = {"item_id": response.item_id("ig", index), "output_index": index + 1}
    yield _STARTED, "response.output_item.added", {
        "output_index": index + 1,
        "item": response.unfinished(index, "in_progress")}
    for step in ("in_progress", "generating"):
        yield _STARTED, f"response.image_generation_call.{step}", dict(place)

    partials = max(0, question.partials - wished(question.prompt, "fewer"))
    for number in range(partials):
        share = _STARTED + (1 - _STARTED) * (number + 1) / (partials + 1)
        yield share, "response.image_generation_call.partial_image", {
            **place, "partial_image_index": number,
            "partial_image_b64": order.base64(index, f"partial {number}"),
            **order.facts()}

    if any(wished(question.prompt, name) for name in
           ("stream-error", "fail", "moderation", "incomplete")):
        return
    yield 1.0, "response.image_generation_call.completed", dict(place)
    yield 1.0, "response.output_item.done", {"output_index": index + 1,
                                             "item": response.picture(index)}


def _message(response: Response) -> Iterator[Event]:
    message = response.message()
    part = message["content"][0]
    kind = part["type"]
    field = "refusal" if kind == "refusal" else "text"
    place = {"item_id": message["id"], "output_index": response.pictures + 1,
             "content_index": 0}
    index = {"output_index": place["output_index"]}

    yield 1.0, "response.output_item.added", {
        **index, "item": message | {"status": "in_progress", "content": []}}
    yield 1.0, "response.content_part.added", {**place, "part": part | {field: ""}}
    text = part[field]
    length = -(-len(text) // _TEXT_PIECES)
    for offset in range(0, len(text), length):
        yield 1.0, f"response.{kind}.delta", {
            **place, "delta": text[offset:offset + length]}
    yield 1.0, f"response.{kind}.done", {**place, field: text}
    yield 1.0, "response.content_part.done", {**place, "part": part}
    yield 1.0, "response.output_item.done", {**index, "item": message}
