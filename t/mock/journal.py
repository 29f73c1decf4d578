"""What the stand-in saw: one entry per request, for tests to read.

Old entries fall out when there are too many of them, or when the bodies they
keep weigh too much.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import multipart
from errors import ApiError
from http1 import Head, Target

_MOST_ENTRIES = 10000
_MOST_TEXT = 64 << 20
_LONGEST_TEXT = 4 << 20

_numbers = itertools.count(1)


@dataclass
class Entry:
    """One request and what became of it."""

    head: Head
    target: Target
    connection: int
    number: int = field(default_factory=lambda: next(_numbers))
    at: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    fault: str | None = None
    body_size: int = 0
    body: str | None = None
    parts: list[dict[str, Any]] | None = None
    status: int | None = None
    sent: int = 0
    aborted: bool = False
    done: bool = False
    milliseconds: float | None = None

    def keep_body(self, body: bytes) -> None:
        content_type = self.head.headers.get("content-type", "")
        kind = multipart.split_header(content_type)[0]
        self.body_size = len(body)
        if kind.endswith("json"):
            self.body = body[:_LONGEST_TEXT].decode("utf-8", "replace")
        elif kind == "multipart/form-data":
            try:
                self.parts = [part.summary()
                              for part in multipart.parse(body, content_type)]
            except ApiError:
                self.parts = None

    def finish(self) -> None:
        self.milliseconds = round((time.monotonic() - self.began) * 1000, 1)
        self.done = True

    def weight(self) -> int:
        return len(self.body or "")

    def line(self) -> str:
        """For the log file: no key, no prompt."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(self.at))
        ending = "aborted" if self.aborted else "-"
        return (f"{stamp} {self.connection} {self.head.method}"
                f" {self.target.path} {self.status or '-'} {self.sent}"
                f" {self.milliseconds}ms {self.fault or '-'} {ending}\n")

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number, "time": self.at,
            "connection": self.connection, "method": self.head.method,
            "path": self.target.path, "query": self.target.query,
            "prefix": self.target.prefix, "version": self.head.version,
            "headers": self.head.headers,
            "content_type": self.head.headers.get("content-type"),
            "body_size": self.body_size, "body": self.body, "parts": self.parts,
            "fault": self.fault, "status": self.status, "sent": self.sent,
            "aborted": self.aborted, "done": self.done,
            "milliseconds": self.milliseconds,
        }


class Journal:
    """The entries of one key, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._weight = 0
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def keep_body(self, entry: Entry, body: bytes) -> None:
        """Gives the entry its body, and lets go of old ones for it."""
        entry.keep_body(body)
        with self._lock:
            self._weight += entry.weight()
            while len(self._entries) > 1 and (
                    self._weight > _MOST_TEXT or len(self._entries) > _MOST_ENTRIES):
                self._weight -= self._entries.popleft().weight()

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._weight = 0


def settled(entries: list[Entry], seconds: float) -> None:
    """Waits a moment for answers that are just being finished.

    A test that has its answer and asks for the log at once would otherwise
    race with the thread that notes the end of that answer.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until and not all(entry.done for entry in entries):
        time.sleep(0.002)
