"""The Responses API, as far as it makes pictures: methods and states.

What a request may hold is in asking.py, what a stream of events looks like in
reciting.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asking import Question, read_question
from checks import Flag, Items, Record, Text, Whole
from errors import ApiError, bad_request
from http1 import Answer, json_answer
from jobs import Clock, wished
from reciting import recite
from router import Call
from state import new_id

_ACTIVE = ("queued", "in_progress")

_RETRIEVE = Record({"include[]": Items(Text()), "include": Text(),
                    "stream": Flag(), "starting_after": Whole(0),
                    "include_obfuscation": Flag()})

_FAILURES = {
    "fail": ("server_error", "The model could not finish the request."),
    "moderation": ("image_content_policy_violation",
                   "The request was refused by the moderation system."),
}


@dataclass
class Response:
    """A response that is being made, or has been."""

    id: str
    question: Question
    clock: Clock
    cancelled: bool = False

    @property
    def status(self) -> str:
        if self.cancelled:
            return "cancelled"
        if not self.clock.done:
            return "queued" if self.clock.queued else "in_progress"
        prompt = self.question.prompt
        if any(wished(prompt, name) for name in _FAILURES):
            return "failed"
        return "incomplete" if wished(prompt, "incomplete") else "completed"

    def item_id(self, kind: str, index: int = 0) -> str:
        """Ids of output items, the same whenever somebody asks."""
        return f"{kind}_{self.id.removeprefix('resp_')}{index:02d}"

    @property
    def pictures(self) -> int:
        """How many pictures the finished response has."""
        prompt = self.question.prompt
        if self.question.order is None or any(
                wished(prompt, name) for name in ("noimage", "refusal")):
            return 0
        return 2 if wished(prompt, "two") else 1

    # --- output items

    def output(self, status: str) -> list[dict[str, Any]]:
        if status == "completed":
            return [self.reasoning(),
                    *(self.picture(index) for index in range(self.pictures)),
                    self.message()]
        if status == "in_progress" and self.pictures:
            return [self.reasoning(), self.unfinished(0, "generating")]
        return [self.reasoning()] if status != "queued" else []

    def reasoning(self) -> dict[str, Any]:
        return {"type": "reasoning", "id": self.item_id("rs"), "summary": []}

    def unfinished(self, index: int, status: str) -> dict[str, Any]:
        return {"type": "image_generation_call", "id": self.item_id("ig", index),
                "status": status, "result": None}

    def picture(self, index: int) -> dict[str, Any]:
        question = self.question
        item = self.unfinished(index, "completed")
        if wished(question.prompt, "failed-call"):
            return item | {"status": "failed", "error": {
                "code": "moderation_blocked", "type": "image_generation_user_error",
                "message": "The request was refused by the moderation system.",
                "param": None, "moderation_details": {
                    "categories": ["violence"], "moderation_stage": "output"}}}
        return item | {"result": question.order.base64(index),
                       "revised_prompt": question.prompt,
                       "action": question.action, **question.order.facts()}

    def message(self) -> dict[str, Any]:
        if wished(self.question.prompt, "refusal"):
            part = {"type": "refusal", "refusal": "I cannot help with that."}
        else:
            text = "Here it is." if self.pictures else "There is nothing to draw."
            part = {"type": "output_text", "text": text, "annotations": [],
                    "logprobs": []}
        return {"type": "message", "id": self.item_id("msg"),
                "role": "assistant", "status": "completed", "content": [part]}

    # --- the object

    def as_json(self, status: str | None = None,
                with_output: bool = True) -> dict[str, Any]:
        status = status or self.status
        error = next((pair for name, pair in _FAILURES.items()
                      if wished(self.question.prompt, name)), None)
        value = {
            "id": self.id, "object": "response",
            "created_at": self.clock.created_at, "status": status,
            "error": {"code": error[0], "message": error[1]}
                     if status == "failed" else None,
            "incomplete_details": {"reason": "content_filter"}
                                  if status == "incomplete" else None,
            **self.question.echo(),
            "output": self.output(status) if with_output else [],
            "usage": None,
        }
        if status in ("completed", "incomplete"):
            value |= self._usage()
        return value

    def _usage(self) -> dict[str, Any]:
        size = max(1, len(self.question.prompt) // 4)
        usage: dict[str, Any] = {"usage": {
            "input_tokens": size, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": size + 20}}
        if self.pictures and not wished(self.question.prompt, "sparse"):
            usage["tool_usage"] = {"image_gen": self.question.order.usage(
                self.pictures, self.question.images)}
        return usage


# --- methods

def _create(call: Call) -> Answer:
    call.query(Record({}))
    question = read_question(call)
    seconds = (call.settings.render_seconds if question.background
               else call.settings.image_seconds)
    response = Response(new_id("resp_"), question,
                        Clock.for_prompt(question.prompt, seconds))
    if question.store:
        _keep(call, response)
    if question.stream:
        return recite(response, call, 0)
    if question.background:
        return json_answer(response.as_json("queued"))
    call.pause(response.clock.left_until(1.0))
    return json_answer(response.as_json())


def _keep(call: Call, response: Response) -> None:
    call.account.responses[response.id] = response
    for index in range(response.pictures):
        call.account.image_calls[response.item_id("ig", index)] = \
            response.question.order.recipe(index)


def _retrieve(call: Call) -> Answer:
    query = call.query(_RETRIEVE)
    response = _named(call)
    if not query.get("stream"):
        return json_answer(response.as_json())
    if not (response.question.stream and response.question.background):
        raise bad_request("Only background responses that were created with"
                          " stream=true can be streamed.", "stream")
    return recite(response, call, query.get("starting_after", -1) + 1)


def _cancel(call: Call) -> Answer:
    call.nothing_else()
    response = _named(call)
    if not response.question.background:
        raise bad_request("Only background responses can be cancelled.",
                          "response_id")
    if response.status in _ACTIVE:
        response.cancelled = True
    return json_answer(response.as_json())


def _delete(call: Call) -> Answer:
    call.nothing_else()
    response = _named(call)
    call.account.responses.pop(response.id, None)
    for index in range(response.pictures):
        call.account.image_calls.pop(response.item_id("ig", index), None)
    return json_answer({"id": response.id, "object": "response", "deleted": True})


def _named(call: Call) -> Response:
    response_id = call.params[0]
    response = call.account.responses.get(response_id)
    if response is None:
        raise ApiError(404, f"Response with id '{response_id}' not found.",
                       param="response_id")
    return response


ROUTES = [
    ("POST", "/v1/responses", _create),
    ("GET", "/v1/responses/{}", _retrieve),
    ("DELETE", "/v1/responses/{}", _delete),
    ("POST", "/v1/responses/{}/cancel", _cancel),
]
