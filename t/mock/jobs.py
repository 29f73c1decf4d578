"""Work that takes time: how far it is by the clock, and wishes in its prompt.

Nothing runs in the background.  A job knows when it began and how long it
takes, and its state is computed when somebody asks.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

_QUEUED_SHARE = 0.15
_NEVER = 3600.0
_WISH = r"\[\[%s(?::([^\]]*))?\]\]"


def wished(prompt: str, name: str) -> bool:
    """Whether the prompt contains [[name]] or [[name:value]]."""
    return re.search(_WISH % re.escape(name), prompt) is not None


def wished_number(prompt: str, name: str, default: float) -> float:
    """The number of [[name:number]]."""
    match = re.search(_WISH % re.escape(name), prompt)
    if match and match[1] and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", match[1]):
        return float(match[1])
    return default


@dataclass
class Clock:
    """How far a job is."""

    seconds: float
    stuck: bool = False
    began: float = field(default_factory=time.monotonic)
    created_at: int = field(default_factory=lambda: int(time.time()))

    @classmethod
    def for_prompt(cls, prompt: str, seconds: float) -> Clock:
        return cls(wished_number(prompt, "render", seconds),
                   wished(prompt, "stuck"))

    @property
    def share(self) -> float:
        """0 to 1; a stuck job never quite gets there."""
        passed = time.monotonic() - self.began
        share = 1.0 if passed >= self.seconds else passed / self.seconds
        return min(share, 0.99) if self.stuck else share

    @property
    def queued(self) -> bool:
        return self.share < _QUEUED_SHARE

    @property
    def done(self) -> bool:
        return self.share >= 1.0

    @property
    def progress(self) -> int:
        """Percent of the work itself, after the queue."""
        return max(0, int(100 * (self.share - _QUEUED_SHARE) / (1 - _QUEUED_SHARE)))

    @property
    def ended_at(self) -> int:
        return int(self.created_at + self.seconds)

    def ended_ago(self) -> float:
        return time.monotonic() - self.began - self.seconds

    def left_until(self, share: float) -> float:
        """Seconds until the job is that far; an hour if it never will be."""
        if self.stuck and share >= 1.0:
            return _NEVER
        return max(0.0, self.began + share * self.seconds - time.monotonic())
