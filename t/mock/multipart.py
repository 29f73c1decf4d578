"""Reading multipart/form-data, strictly.

A body that a lenient parser would forgive (LF instead of CRLF, no closing
boundary, a part without a name) is refused: the client under test must not
get away with it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from errors import ApiError, bad_request

_PARAMETER = re.compile(r';\s*([a-zA-Z*]+)=(?:"([^"]*)"|([^;"\s]+))')
_BOUNDARY = re.compile(r"[0-9a-zA-Z'()+_,./:=? -]{1,70}")


@dataclass(frozen=True)
class Part:
    """One part of a form; a file when it came with a filename."""

    name: str
    filename: str | None
    content_type: str | None
    data: bytes

    @property
    def is_file(self) -> bool:
        return self.filename is not None

    def summary(self) -> dict[str, Any]:
        """What the log keeps of it: short values whole, files as a digest."""
        seen: dict[str, Any] = {
            "name": self.name, "filename": self.filename,
            "type": self.content_type, "size": len(self.data),
            "sha256": hashlib.sha256(self.data).hexdigest()}
        if not self.is_file and len(self.data) <= 65536:
            seen["value"] = self.data.decode("utf-8", "replace")
        return seen


def split_header(value: str) -> tuple[str, dict[str, str]]:
    """A header such as Content-Type: its value and its parameters."""
    main = value.split(";", 1)[0].strip().lower()
    parameters = {}
    for name, quoted, plain in _PARAMETER.findall(value):
        parameters.setdefault(name.lower(), quoted or plain)
    return main, parameters


def parse(body: bytes, content_type: str) -> list[Part]:
    boundary = split_header(content_type)[1].get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise _broken("the Content-Type has no usable boundary")

    delimiter = b"\r\n--" + boundary.encode()
    pieces = (b"\r\n" + body).split(delimiter)
    if len(pieces) < 2:
        raise _broken("the boundary does not occur in the body")
    if not pieces[-1].startswith(b"--"):
        raise _broken("the closing boundary is missing")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    padding, line, rest = piece.partition(b"\r\n")
    if not line or padding.strip(b" \t"):
        raise _broken("a boundary is not followed by CRLF")
    if rest.startswith(b"\r\n"):
        raise _broken("a part has no headers")
    head, blank, data = rest.partition(b"\r\n\r\n")
    if not blank:
        raise _broken("a part has no empty line after its headers")

    headers = _headers(head)
    kind, parameters = split_header(headers.get("content-disposition", ""))
    if kind != "form-data" or "name" not in parameters:
        raise _broken("a part has no name")
    filename = parameters.get("filename")
    return Part(unquote(parameters["name"]),
                None if filename is None else unquote(filename),
                headers.get("content-type"), data)


def _headers(head: bytes) -> dict[str, str]:
    headers = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise _broken("a part has a header without a colon")
        headers[name.lower()] = value.strip()
    return headers


def _broken(reason: str) -> ApiError:
    return bad_request(f"The multipart body could not be read: {reason}.",
                       code="invalid_multipart")
