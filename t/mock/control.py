"""The endpoints below /__mock__: tests set the stage here, and look at it.

Each takes ?key=K, and is then about that API key alone; without it, about
everything.
"""

from __future__ import annotations

from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any, Callable

import faults
import journal
import videos
from checks import Record, Rule, Text, Whole, parse_json
from errors import ApiError, bad_request
from faults import Planned
from http1 import Answer, Target, json_answer
from state import Account, State
from stats import Stats

_SETTLE_SECONDS = 0.05

_FAULT = Record({"method": Text(), "path": Text(), "count": Whole(-1),
                 "skip": Whole(0), "fault": Rule()}, required=("fault",))


class _Scene:
    """A control request: its parts, and the methods it may call."""

    def __init__(self, target: Target, body: bytes, state: State,
                 stats: Stats) -> None:
        self.parameters = dict(target.parameters)
        self.key = self.parameters.get("key")
        self.state = state
        self.stats = stats
        self._body = body

    @property
    def accounts(self) -> list[Account]:
        return self.state.chosen(self.key)

    def json(self) -> Any:
        return parse_json(self._body)

    # --- log

    def log(self) -> Any:
        entries = sorted((entry for account in self.accounts
                          for entry in account.journal.entries()),
                         key=lambda entry: entry.number)
        journal.settled(entries, _SETTLE_SECONDS)
        pattern = self.parameters.get("path", "*")
        method = self.parameters.get("method", "*")
        return [entry.as_json() for entry in entries
                if fnmatchcase(entry.target.path, pattern)
                and fnmatchcase(entry.head.method, method)]

    def clear_log(self) -> Any:
        for account in self.accounts:
            account.journal.clear()
        return {"ok": True}

    # --- faults

    def add_fault(self) -> Any:
        given = self.json()
        for item in given if isinstance(given, list) else [given]:
            wanted = _FAULT.check(item)
            self._plan().add(Planned(
                faults.from_json(wanted["fault"]), wanted.get("method", "*"),
                wanted.get("path", "*"), wanted.get("skip", 0),
                wanted.get("count", 1)))
        return self.list_faults()

    def list_faults(self) -> Any:
        return [planned.as_json() for plan in self._plans()
                for planned in plan.planned]

    def clear_faults(self) -> Any:
        for plan in self._plans():
            plan.clear()
        return {"ok": True}

    def _plan(self) -> faults.Plan:
        if self.key is None:
            return self.state.plan
        return self.state.account(self.key).plan

    def _plans(self) -> list[faults.Plan]:
        plans = [account.plan for account in self.accounts]
        return plans if self.key is not None else [self.state.plan] + plans

    # --- the rest

    def statistics(self) -> Any:
        calls: dict[str, int] = {}
        for account in self.accounts:
            for route, count in account.calls.copy().items():
                calls[route] = calls.get(route, 0) + count
        return self.stats.as_json() | {"calls": calls}

    def reset(self) -> Any:
        self.state.reset(self.key)
        if self.key is None:
            self.stats.reset()
        return {"ok": True}

    def set(self) -> Any:
        changes = self.json()
        if isinstance(changes, dict) and isinstance(changes.get("video_bytes"), int):
            videos.check_video_bytes(changes["video_bytes"])
        return asdict(self.state.change(self.key, changes))

    def settings(self) -> Any:
        if self.key is None:
            return asdict(self.state.settings)
        return asdict(self.state.account(self.key).settings)


_METHODS: dict[str, dict[str, Callable[[_Scene], Any]]] = {
    "/__mock__/log": {"GET": _Scene.log, "DELETE": _Scene.clear_log},
    "/__mock__/faults": {"GET": _Scene.list_faults, "POST": _Scene.add_fault,
                         "DELETE": _Scene.clear_faults},
    "/__mock__/stats": {"GET": _Scene.statistics},
    "/__mock__/reset": {"POST": _Scene.reset},
    "/__mock__/set": {"GET": _Scene.settings, "POST": _Scene.set},
}


def answer(method: str, target: Target, body: bytes, state: State,
           stats: Stats) -> Answer:
    methods = _METHODS.get(target.path)
    if methods is None:
        raise ApiError(404, f"There is no control endpoint {target.path}.")
    if method not in methods:
        raise ApiError(405, f"{target.path} takes {' and '.join(methods)}.")
    scene = _Scene(target, body, state, stats)
    unknown = scene.parameters.keys() - {"key", "path", "method"}
    if unknown:
        raise bad_request(f"Unknown parameters: {', '.join(sorted(unknown))}.")
    return json_answer(methods[method](scene))
