"""All the state there is: settings, and an account for every API key.

Tests run side by side against one stand-in; each takes a key of its own and
so has its own videos, files, log and faults.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, fields, replace
from typing import Any

import faults
from errors import bad_request
from journal import Journal
from pictures import Recipe

_MOST_LINKS = 1000
_LARGEST_SETTING = 1 << 31


@dataclass(frozen=True)
class Settings:
    """What may be changed while the server runs."""

    render_seconds: float = 8.0
    image_seconds: float = 0.0
    video_bytes: int = 0
    idle_seconds: float = 75.0
    expire_seconds: float = 3600.0

    def changed(self, changes: Any) -> Settings:
        if not isinstance(changes, dict):
            raise bad_request("Settings are a JSON object.")
        types = {item.name: item.type for item in fields(self)}
        for name, value in changes.items():
            if name not in types:
                raise bad_request(f"There is no setting '{name}'.", name)
            whole = types[name] == "int"
            if isinstance(value, bool) or not isinstance(
                    value, int if whole else (int, float)) or not (
                    0 <= value <= _LARGEST_SETTING):
                raise bad_request(f"The setting '{name}' is a"
                                  f" {'whole ' if whole else ''}number from 0 to"
                                  f" {_LARGEST_SETTING}.", name)
        return replace(self, **changes)


@dataclass
class Account:
    """What belongs to one API key."""

    settings: Settings
    lock: threading.RLock = field(default_factory=threading.RLock)
    videos: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, Any] = field(default_factory=dict)
    image_calls: dict[str, Recipe] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)
    plan: faults.Plan = field(default_factory=faults.Plan)
    journal: Journal = field(default_factory=Journal)
    calls: Counter[str] = field(default_factory=Counter)

    def count(self, route: str) -> None:
        with self.lock:
            self.calls[route] += 1


class State:
    """Everything behind one server."""

    def __init__(self, settings: Settings) -> None:
        self._initial = settings
        self._lock = threading.Lock()
        self._links: OrderedDict[str, Recipe] = OrderedDict()
        self.settings = settings
        self.plan = faults.Plan()
        self.accounts: dict[str, Account] = {}

    def account(self, key: str) -> Account:
        with self._lock:
            if key not in self.accounts:
                self.accounts[key] = Account(self.settings)
            return self.accounts[key]

    def chosen(self, key: str | None) -> list[Account]:
        """The account of a key, or all of them."""
        if key is not None:
            return [self.account(key)]
        with self._lock:
            return list(self.accounts.values())

    def change(self, key: str | None, changes: Any) -> Settings:
        """New settings for a key, or for all keys, those to come included."""
        if key is None:
            self.settings = self.settings.changed(changes)
        for account in self.chosen(key):
            account.settings = account.settings.changed(changes)
        return self.settings if key is None else self.account(key).settings

    def reset(self, key: str | None) -> None:
        with self._lock:
            if key is not None:
                self.accounts.pop(key, None)
                return
            self.accounts.clear()
            self._links.clear()
            self.plan = faults.Plan()
            self.settings = self._initial

    def link(self, recipe: Recipe) -> str:
        """A path under which a picture can be fetched, without a key."""
        name = f"/pictures/{secrets.token_hex(12)}.{recipe.kind}"
        with self._lock:
            self._links[name] = recipe
            while len(self._links) > _MOST_LINKS:
                self._links.popitem(last=False)
        return name

    def linked(self, path: str) -> Recipe | None:
        with self._lock:
            return self._links.get(path)


def new_id(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(16)}"
