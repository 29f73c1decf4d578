"""How busy the server is, and has been."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Stats:
    """Connections and answers under way, with their peaks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = {"connections": 0, "streaming": 0}
        self._peak = dict(self._now)
        self._accepted = 0

    @contextmanager
    def connection(self) -> Iterator[None]:
        with self._lock:
            self._accepted += 1
        with self._one_more("connections"):
            yield

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Around the sending of an answer."""
        with self._one_more("streaming"):
            yield

    def reset(self) -> None:
        with self._lock:
            self._peak = dict(self._now)
            self._accepted = 0

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {"connections": self._now["connections"],
                    "peak_connections": self._peak["connections"],
                    "accepted": self._accepted,
                    "streaming": self._now["streaming"],
                    "peak_streaming": self._peak["streaming"]}

    @contextmanager
    def _one_more(self, what: str) -> Iterator[None]:
        with self._lock:
            self._now[what] += 1
            self._peak[what] = max(self._peak[what], self._now[what])
        try:
            yield
        finally:
            with self._lock:
                self._now[what] -= 1
