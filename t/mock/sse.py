"""Server-sent events, as the Images and the Responses API write them."""

from __future__ import annotations

from typing import Any, Iterator

from http1 import Answer, Body, to_json


def event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), to_json(data))


def stream(events: Iterator[bytes]) -> Answer:
    return Answer(200, [("Content-Type", "text/event-stream; charset=utf-8"),
                        ("Cache-Control", "no-cache")], Body(events, None))
