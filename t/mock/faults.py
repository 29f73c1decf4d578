"""Faults on demand: what they are called, when they strike, what they answer.

A fault is a list of options, "status=503;retry-after=1".  Some replace the
answer, some spoil its delivery (see delivery.py), some say when the fault
strikes.  They may be combined as far as that makes sense.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from fnmatch import fnmatchcase
from typing import Any, Callable, Iterator, Mapping
from urllib.parse import unquote

import wild
from errors import INVALID_REQUEST, ApiError, bad_request
from http1 import Answer, Body, Target, error_answer, json_answer, typed

# What a server answers that does not speak HTTP.
GARBAGE = b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(range(256))

_HUGE_PIECE = b"a" * (1 << 20)
_PAGE = (b"<!DOCTYPE html>\n<html><head><title>%s</title></head>\n"
         b"<body><h1>%s</h1><p>A proxy on the way answers.</p></body></html>\n")

# What an error looks like when only its status is asked for.
_KNOWN = {
    400: (INVALID_REQUEST, "invalid_value", "The request is not valid."),
    401: (INVALID_REQUEST, "invalid_api_key", "The API key is not valid."),
    403: (INVALID_REQUEST, "unsupported_country_region_territory",
          "This is not permitted."),
    404: (INVALID_REQUEST, None, "There is no such thing."),
    408: ("server_error", "timeout", "The request took too long."),
    409: (INVALID_REQUEST, "conflict", "The resource is locked."),
    413: (INVALID_REQUEST, "request_too_large", "The request is too large."),
    429: ("rate_limit_error", "rate_limit_exceeded", "Too many requests."),
    503: ("server_error", "server_is_overloaded", "The server is overloaded."),
}
_SERVER_ERROR = ("server_error", "server_error", "Something went wrong.")
_QUOTA = ("insufficient_quota", "insufficient_quota",
          "The quota of this account is used up.")


# --- options

def _nothing(text: str) -> bool:
    if text:
        raise ValueError("it takes no value")
    return True


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError("it must not be negative")
    return value


def _count_or_half(text: str) -> int | None:
    return _count(text) if text else None


def _status(text: str) -> int:
    value = int(text)
    if not 200 <= value <= 599:
        raise ValueError("a status is 200 to 599")
    return value


def _signed(text: str) -> int:
    if not re.fullmatch(r"[+-][0-9]+", text):
        raise ValueError("it needs a sign and a number")
    return int(text)


def _drip(text: str) -> tuple[int, float]:
    size, _, milliseconds = text.partition(":")
    if _count(size) == 0:
        raise ValueError("it needs at least one byte")
    return int(size), _count(milliseconds or "100") / 1000


def _retry_after(text: str) -> str:
    """Anything passes, also what is no number; a date is given in seconds."""
    if text.startswith("date:"):
        _count(text.removeprefix("date:"))
    return text


def _boolean(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueError("it must be true or false")
    return text


_OPTIONS: dict[str, Callable[[str], Any]] = {
    # the answer
    "status": _status, "code": str, "type": str, "message": str,
    "retry-after": _retry_after, "retry-after-ms": str, "should-retry": _boolean,
    "quota": _nothing, "error-top-level": _nothing,
    "html": _nothing, "html-error": _nothing, "malformed": _nothing,
    "garbage": _nothing, "deep-json": lambda text: _count(text or "100000"),
    "huge": _count, "big-header": _count,
    "redirect": str, "redirect-same": _nothing, "wild": wild.kind,
    # its delivery
    "early-close": _nothing, "unread": _nothing, "slow-headers": _count,
    "reset-before": _nothing, "reset-mid": _count_or_half,
    "stall": _count_or_half, "short": _count_or_half,
    "chunked-cut": _count_or_half, "drip": _drip, "length": _signed,
    "no-length": _nothing, "chunked": _nothing, "silent-close": _nothing,
    # when it strikes
    "times": _count, "skip": _count, "on": str, "method": str,
}


@dataclass(frozen=True)
class Fault:
    text: str
    options: Mapping[str, Any]

    def __contains__(self, name: str) -> bool:
        return name in self.options

    def get(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)


def parse(text: str) -> Fault:
    """Reads "name=value;name:value;name"; commas divide, too."""
    options = {}
    for item in filter(None, (piece.strip() for piece in re.split("[;,]", text))):
        name, value = re.fullmatch(r"([^=:]*)[=:]?(.*)", item, re.DOTALL).groups()
        options[name] = _convert(name, value)
    if not options:
        raise _invalid(text, "it is empty")
    return Fault(text, options)


def from_json(value: Any) -> Fault:
    """A specification as text, or an object {name: value}; true: no value."""
    if isinstance(value, str):
        return parse(value)
    if not isinstance(value, dict) or not value:
        raise _invalid(str(value), "it is neither text nor an object")
    texts = {name: "" if item is True else str(item)
             for name, item in value.items() if item is not False}
    return Fault(";".join(f"{name}={item}" if item else name
                          for name, item in texts.items()),
                 {name: _convert(name, item) for name, item in texts.items()})


def _convert(name: str, text: str) -> Any:
    if name not in _OPTIONS:
        raise _invalid(name, "there is no such fault")
    try:
        return _OPTIONS[name](text)
    except ValueError as reason:
        raise _invalid(name, str(reason)) from None


def _invalid(text: str, reason: str) -> ApiError:
    return bad_request(f"Invalid fault '{text}': {reason}.", "fault",
                       "invalid_fault")


# --- when a fault strikes

@dataclass
class Planned:
    """A fault that waits for calls, from the control endpoint."""

    fault: Fault
    method: str
    path: str
    skip: int
    count: int

    def takes(self, method: str, path: str) -> bool:
        if not _fits(method, path, self.method, self.path) or self.count == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count > 0:
            self.count -= 1
        return True

    def as_json(self) -> dict[str, Any]:
        return {"method": self.method, "path": self.path, "skip": self.skip,
                "count": self.count, "fault": self.fault.text}


@dataclass
class Plan:
    """The planned faults, and how often those in a request have struck."""

    planned: list[Planned] = field(default_factory=list)
    struck: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, planned: Planned) -> None:
        with self.lock:
            self.planned.append(planned)

    def clear(self) -> None:
        with self.lock:
            self.planned.clear()
            self.struck.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The first planned fault for this call; it is used up by that."""
        with self.lock:
            for planned in self.planned:
                if planned.takes(method, path):
                    return planned.fault
        return None

    def strikes(self, fault: Fault, method: str, path: str) -> bool:
        """Whether a fault that came with the call strikes this time."""
        if not _fits(method, path, fault.get("method", "*"), fault.get("on", "*")):
            return False
        with self.lock:
            key = (fault.text, method, path)
            number = self.struck[key] - fault.get("skip", 0)
            self.struck[key] += 1
        return 0 <= number < fault.get("times", number + 1)


def _fits(method: str, path: str, methods: str, paths: str) -> bool:
    return fnmatchcase(method, methods.upper()) and fnmatchcase(path, paths)


def in_request(headers: Mapping[str, str], prefix: str) -> Fault | None:
    """The fault that a call brings with it, in a header or before its path."""
    if "x-mock-fault" in headers:
        return parse(headers["x-mock-fault"])
    if prefix.startswith("/fault/"):
        return parse(unquote(prefix.removeprefix("/fault/")))
    return None


# --- what it answers

def replacement(fault: Fault, target: Target, origin: str) -> Answer | None:
    """The answer in place of the real one, if the fault has one."""
    answer = _replacement(fault, target, origin)
    if answer is not None:
        answer.headers += _extra_headers(fault)
        if "wild" in fault:
            wild.dress(answer, fault.get("wild"))
    return answer


def adjust(fault: Fault, answer: Answer) -> None:
    """What a fault changes about the real answer."""
    answer.status = fault.get("status", answer.status)
    answer.headers += _extra_headers(fault)
    if "wild" in fault:
        wild.dress(answer, fault.get("wild"))


def _replacement(fault: Fault, target: Target, origin: str) -> Answer | None:
    status = fault.get("status")
    if "quota" in fault:
        return error_answer(_error(fault, status or 429, _QUOTA))
    if "error-top-level" in fault:
        return json_answer(_error(fault, status or 400).fields(), status or 400)
    if "html" in fault or "html-error" in fault:
        return _page(status or (200 if "html" in fault else 502))
    if "malformed" in fault:
        return typed("application/json", b'{"id": "video_1", "status": que',
                     status or 200)
    if "deep-json" in fault:
        depth = fault.get("deep-json")
        return typed("application/json",
                     b'{"id":' + b"[" * depth + b"]" * depth + b"}", status or 200)
    if "huge" in fault:
        return Answer(status or 200, [("Content-Type", "application/json")],
                      _huge(fault.get("huge")))
    if "redirect" in fault:
        return Answer(status or 302, [("Location", fault.get("redirect"))])
    if "redirect-same" in fault:
        query = f"?{target.query}" if target.query else ""
        return Answer(status or 302,
                      [("Location", f"{origin}/direct{target.path}{query}")])
    if status is not None and status >= 400:
        return error_answer(_error(fault, status))
    if status in (204, 304):
        return Answer(status)
    return None


def _error(fault: Fault, status: int,
           known: tuple[str, str | None, str] | None = None) -> ApiError:
    kind, code, message = known or _KNOWN.get(status, _SERVER_ERROR)
    return ApiError(status, fault.get("message", message),
                    kind=fault.get("type", kind), code=fault.get("code", code))


def _page(status: int) -> Answer:
    title = b"OK" if status < 400 else b"Bad Gateway"
    return typed("text/html; charset=utf-8", _PAGE % (title, title), status)


def _huge(size: int) -> Body:
    """A JSON object of exactly that many bytes, made on the way."""
    start, end = b'{"id":"huge","padding":"', b'"}'
    size = max(size, len(start) + len(end))

    def pieces() -> Iterator[bytes]:
        yield start
        left = size - len(start) - len(end)
        while left:
            piece = _HUGE_PIECE[:left]
            yield piece
            left -= len(piece)
        yield end

    return Body(pieces(), size)


def _extra_headers(fault: Fault) -> list[tuple[str, str]]:
    headers = []
    if "retry-after" in fault:
        headers.append(("Retry-After", _dated(fault.get("retry-after"))))
    for option, name in (("retry-after-ms", "retry-after-ms"),
                         ("should-retry", "x-should-retry")):
        if option in fault:
            headers.append((name, fault.get(option)))
    if "big-header" in fault:
        headers.append(("X-Big", "b" * fault.get("big-header")))
    return headers


def _dated(text: str) -> str:
    """As it is; "date:SECONDS" becomes the HTTP date so far in the future."""
    if text.startswith("date:"):
        return formatdate(time.time() + float(text[5:]), usegmt=True)
    return text
