"""The Models API, with the dates on which models are switched off."""

from __future__ import annotations

from typing import Any

import errors
from checks import Record
from http1 import Answer, json_answer
from router import Call

_CREATED = 1760000000

# None: no date is known.
_SHUTDOWN = {
    "sora-2": "2026-09-24",
    "sora-2-pro": "2026-09-24",
    "gpt-image-1": "2026-10-23",
    "gpt-image-1.5": "2026-12-01",
    "gpt-image-1-mini": "2026-12-01",
    "chatgpt-image-latest": "2026-12-01",
    "gpt-image-2": None,
    "gpt-image-2-2026-04-21": None,
    "gpt-image-2.5-sunburst": None,
    "gpt-image-2.5-flare": None,
    "gpt-image-2.6-sunburst": None,
    "gpt-image-2.6-flare": None,
    "gpt-6-sol": None,
    "gpt-6-luna": None,
    "gpt-5.6-sol": None,
    "gpt-5.6-terra": None,
    "gpt-5.6-luna": None,
    "gpt-5.5": None,
    "gpt-5.2": None,
    "tts-1": "2027-01-06",
    "gpt-4o-mini-tts": "2027-01-06",
    "whisper-1": "2027-02-26",
    "gpt-4o-mini-transcribe": "2027-02-26",
    "gpt-transcribe": None,
}


def check_exists(model: str) -> None:
    """Every id passes but one, so that tests can have one that fails."""
    if model == "no-such-model":
        raise errors.no_such_model(model)


def _as_json(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": _CREATED,
            "owned_by": "openai", "shutdown_date": _SHUTDOWN[model]}


def _list(call: Call) -> Answer:
    call.query(Record({}))
    return json_answer({"object": "list",
                        "data": [_as_json(model) for model in _SHUTDOWN]})


def _retrieve(call: Call) -> Answer:
    model = call.params[0]
    if model not in _SHUTDOWN:
        raise errors.no_such_model(model)
    return json_answer(_as_json(model))


ROUTES = [
    ("GET", "/v1/models", _list),
    ("GET", "/v1/models/{}", _retrieve),
]
