"""Which function answers which path, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import errors
import multipart
from checks import Record, parse_json
from errors import ApiError, bad_request
from http1 import Answer, Head, Target
from state import Account, Settings, State


@dataclass
class Call:
    """A request on its way to the function that answers it."""

    head: Head
    target: Target
    body: bytes
    state: State
    account: Account
    origin: str
    pause: Callable[[float], None]
    params: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        return self.account.settings

    def query(self, record: Record) -> dict[str, Any]:
        """The checked query parameters."""
        value: dict[str, Any] = {}
        for name, text in self.target.parameters:
            if name not in record.fields:
                raise errors.unknown(name)
            if name in value:
                raise errors.repeated(name)
            value[name] = record.fields[name].from_text(text, name)
        return record.check(value)

    def fields(self, json: Record | None = None,
               form: Record | None = None) -> dict[str, Any]:
        """The checked fields of the body, in a form that is allowed here."""
        content_type = self.head.headers.get("content-type", "")
        kind = multipart.split_header(content_type)[0]
        if json is not None and kind == "application/json":
            return json.check(parse_json(self.body))
        if form is not None and kind == "multipart/form-data":
            return form.from_form(multipart.parse(self.body, content_type))
        allowed = [name for name, record in
                   (("application/json", json), ("multipart/form-data", form))
                   if record is not None]
        raise ApiError(415, f"Unsupported content type: '{kind}'. This method"
                       f" accepts {' and '.join(allowed)}.",
                       code="unsupported_content_type")

    def nothing_else(self) -> None:
        """Refuses a query and a body where neither is expected."""
        self.query(Record({}))
        if self.body.strip() not in (b"", b"{}"):
            raise bad_request("This method takes no body.")


Handler = Callable[[Call], Answer]


class Router:
    """Finds the handler for a method and a path such as /v1/videos/{}."""

    def __init__(self, routes: list[tuple[str, str, Handler]]) -> None:
        self._routes: dict[tuple[str, ...], dict[str, Handler]] = {}
        for method, pattern, handler in routes:
            key = tuple(pattern.split("/")[1:])
            self._routes.setdefault(key, {})[method] = handler

    def find(self, method: str, target: Target) \
            -> tuple[Handler, str, tuple[str, ...]]:
        """The handler, the name of its route and the values of its {}."""
        segments = target.segments
        for pattern, methods in self._routes.items():
            if not _match(pattern, segments):
                continue
            route = f"{method} /{'/'.join(pattern)}"
            if method not in methods:
                raise ApiError(
                    405, f"Not allowed to {method} on {target.path}.",
                    code="method_not_supported",
                    headers=[("Allow", ", ".join(sorted(methods)))])
            params = tuple(segment for piece, segment in zip(pattern, segments)
                           if piece == "{}")
            return methods[method], route, params
        raise ApiError(404, f"Invalid URL ({method} {target.path})",
                       code="unknown_url")


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return len(pattern) == len(segments) and all(
        piece == segment or (piece == "{}" and segment != "")
        for piece, segment in zip(pattern, segments))
