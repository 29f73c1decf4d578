"""Answers as vendors in the wild write them: good ones, in odd clothes.

Each kind takes the real answer and changes how it is written, labelled or
coded, never what it says.  A gateway that loses such an answer loses what was
paid for.
"""

from __future__ import annotations

import gzip
import json
from typing import Any, Callable

from http1 import Answer, FileBody, fixed

_BASE64 = ("b64_json", "result")


# --- how JSON is written

def _member(text: bytes, member: bytes) -> bytes:
    """One more member at the front of an object."""
    return text.replace(b"{", b"{" + member + b",", 1)


def _values(value: Any, change: Callable[[str], str]) -> Any:
    """The same tree with its pictures written in another way."""
    if isinstance(value, list):
        return [_values(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: change(item) if name in _BASE64 and isinstance(item, str)
            else _values(item, change) for name, item in value.items()}


def _pictures(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda text: json.dumps(_values(json.loads(text), change)).encode()


def _lines(text: str, end: str = "\n") -> str:
    return "".join(text[at:at + 76] + end for at in range(0, len(text), 76))


def _data_urls(text: bytes) -> bytes:
    answer = json.loads(text)
    for item in answer.get("data", []):
        item["url"] = "data:image/png;base64," + item["b64_json"]
        item["b64_json"] = None
    return json.dumps(answer).encode()


def _number_id(text: bytes) -> bytes:
    answer = json.loads(text)
    answer["id"] = 12345678901234567890
    return json.dumps(answer).encode()


_WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "surrogate": lambda text: _member(text, rb'"note":"cut \ud83d"'),
    "nul": lambda text: _member(text, rb'"note":"a\u0000b"'),
    "latin1": lambda text: _member(text, b'"note":"caf\xe9"'),
    "newline": lambda text: _member(text, b'"note":"a\nb"'),
    "nan": lambda text: _member(text, b'"score":NaN'),
    "double": lambda text: _member(text, b'"note":1,"note":2'),
    "bom": lambda text: b"\xef\xbb\xbf" + text,
    "wrapped": lambda text: b'{"code":0,"data":' + text + b"}",
    "number-id": _number_id,
    "lines": _pictures(_lines),
    "crlf": _pictures(lambda text: _lines(text, "\r\n")),
    "urlsafe": _pictures(lambda text: text.translate(
        str.maketrans("+/", "-_"))),
    "unpadded": _pictures(lambda text: text.rstrip("=")),
    "data-url": _data_urls,
    "unended": lambda text: text.rstrip(b"\n"),
}

# --- how it is labelled

_LABELS = {"text-plain": "text/plain; charset=utf-8", "text-json": "text/json",
           "unlabelled": None, "shouted": "Text/Event-Stream; Charset=UTF-8",
           "mislabelled": "application/json"}

KINDS = sorted([*_WRITTEN, *_LABELS, "gzip", "empty"])


def kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError("it is one of " + ", ".join(KINDS))
    return text


def dress(answer: Answer, name: str) -> None:
    """Changes the answer in place; errors and files keep their text."""
    if name in _LABELS:
        _label(answer, _LABELS[name])
    elif name == "empty":
        answer.body = fixed(b"")
    elif name == "gzip":
        answer.headers.append(("Content-Encoding", "gzip"))
        answer.body = fixed(gzip.compress(_bytes(answer)))
    elif answer.status < 300:
        answer.body = fixed(_WRITTEN[name](_bytes(answer)))


def _label(answer: Answer, label: str | None) -> None:
    answer.headers = [(name, value) for name, value in answer.headers
                      if name.lower() != "content-type"]
    if label is not None:
        answer.headers.append(("Content-Type", label))


def _bytes(answer: Answer) -> bytes:
    if isinstance(answer.body, FileBody):
        with open(answer.body.fd, "rb", closefd=False) as file:
            return file.read(answer.body.length)
    return b"".join(answer.body.pieces)
