"""Reading HTTP/1.1 requests, and the parts of an answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Iterator
from urllib.parse import parse_qsl, unquote

from errors import ApiError, bad_request
from wire import ClientGone, Link

_LONGEST_HEAD = 64 << 10
_LARGEST_BODY = 256 << 20
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})\s*(;.*)?")


# --- requests

@dataclass
class Head:
    """The request line and the headers; names are in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]

    @property
    def keep_alive(self) -> bool:
        wish = self.headers.get("connection", "").lower()
        return "close" not in wish and (self.version != "HTTP/1.0"
                                        or "keep-alive" in wish)

    @property
    def bearer(self) -> str:
        """The key, or nothing if there is none."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""


@dataclass
class Target:
    """A request target, taken apart.

    `path` begins at /v1; what stood before it (a fault, for example) is
    `prefix`.  Segments are decoded one by one, so a %2F does not divide.
    """

    path: str
    query: str
    prefix: str = ""

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(unquote(piece) for piece in self.path.split("/")[1:])

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


def split_target(target: str) -> Target:
    absolute = re.fullmatch(r"https?://[^/?]*(.*)", target)
    if absolute:
        target = absolute[1] if absolute[1].startswith("/") else f"/{absolute[1]}"
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        raise bad_request("The request target is not a path.")
    pieces = path.split("/")
    for word, count in (("fault", 3), ("direct", 2)):
        if len(pieces) > count and pieces[1] == word:
            return Target("/" + "/".join(pieces[count:]), query,
                          "/".join(pieces[:count]))
    return Target(path, query)


class Reader:
    """Takes requests out of a connection, one after the other."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._buffer = bytearray()

    def waiting(self, idle_seconds: float) -> bool:
        """Whether the next request begins before the time is up."""
        if self._buffer:
            return True
        if not self._link.readable_within(idle_seconds):
            return False
        self._buffer += self._link.receive(65536)
        return bool(self._buffer)

    def head(self) -> Head:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise ApiError(431, "The request headers are too large.")
            self._more()
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[:end + 4]
        return _head(lines)

    def body(self, head: Head) -> bytes:
        """The body; tells a client that asks that it may send it."""
        length = head.headers.get("content-length")
        coding = head.headers.get("transfer-encoding", "").lower()
        if coding and (coding != "chunked" or length is not None):
            raise bad_request("The framing of the request is ambiguous.")
        if not coding and length in (None, "0"):
            return b""
        if head.headers.get("expect", "").lower() == "100-continue":
            self._link.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if coding:
            return self._chunked()
        if not re.fullmatch("[0-9]{1,12}", length):
            raise bad_request("The Content-Length is not a number.")
        return self._exactly(int(length))

    def _chunked(self) -> bytes:
        body = bytearray()
        while True:
            match = _CHUNK_SIZE.fullmatch(self._line())
            if not match:
                raise bad_request("A chunk of the request has no size.")
            size = int(match[1], 16)
            if size == 0:
                break
            body += self._exactly(size, len(body))
            if self._line():
                raise bad_request("A chunk of the request is longer than it says.")
        while self._line():
            pass
        return bytes(body)

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise bad_request("A line of the request is too long.")
            self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[:end + 2]
        return line

    def _exactly(self, size: int, already: int = 0) -> bytes:
        if size + already > _LARGEST_BODY:
            raise ApiError(413, "The request body is too large.",
                           code="request_too_large")
        pieces = [bytes(self._buffer[:size])]
        del self._buffer[:size]
        left = size - len(pieces[0])
        while left:
            data = self._link.receive(min(left, 1 << 20))
            if not data:
                raise ClientGone
            pieces.append(data)
            left -= len(data)
        return b"".join(pieces)

    def _more(self) -> None:
        data = self._link.receive(65536)
        if not data:
            raise ClientGone
        self._buffer += data


def _head(lines: list[str]) -> Head:
    words = lines[0].split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.0", "HTTP/1.1"):
        raise bad_request("The request line could not be read.")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise bad_request("A request header could not be read.")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(words[0], words[1], words[2], headers)


# --- answers

@dataclass
class Body:
    """Bytes to send, in pieces; `length` is None when nobody knows it yet."""

    pieces: Iterator[bytes]
    length: int | None


@dataclass
class FileBody:
    """A whole file to send; the descriptor belongs to somebody else."""

    fd: int
    length: int


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Body | FileBody = field(default_factory=lambda: fixed(b""))

    def head(self, more: list[tuple[str, str]]) -> bytes:
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unassigned"
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers + more]
        return "\r\n".join(lines + ["", ""]).encode("latin-1", "replace")


def fixed(data: bytes) -> Body:
    return Body(iter([data] if data else []), len(data))


def typed(media_type: str, data: bytes, status: int = 200) -> Answer:
    return Answer(status, [("Content-Type", media_type)], fixed(data))


def json_answer(value: Any, status: int = 200) -> Answer:
    return typed("application/json", to_json(value), status)


def error_answer(error: ApiError) -> Answer:
    answer = json_answer(error.body(), error.status)
    answer.headers += error.headers
    return answer


def to_json(value: Any) -> bytes:
    """UTF-8, unescaped where that is possible."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value).encode("ascii")
