"""Rules for request fields, the same for JSON bodies, forms and queries.

A Record names the fields of an object, and each field has a rule.  A rule
checks a value that came as JSON (`check`), or reads one that came as a part
of a form and so has no type of its own (`from_part`).  What no rule names is
refused, as the real API does: a misspelled field must not pass in a test.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Mapping

import errors
from errors import bad_request
from multipart import Part

_BRACKETS = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


class Rule:
    """What a field may hold; the base lets everything pass."""

    def check(self, value: Any, where: str) -> Any:
        return value

    def from_part(self, part: Part, where: str) -> Any:
        return self.check(self.from_text(_text(part, where), where), where)

    def from_text(self, text: str, where: str) -> Any:
        return text


@dataclass(frozen=True)
class Text(Rule):
    """A string, of limited length or out of a closed list."""

    among: tuple[str, ...] = ()
    longest: int | None = None
    shortest: int = 0

    def check(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise errors.wrong_type(where, self._expected(), value)
        if self.among and value not in self.among:
            raise errors.wrong_value(where, value, self.among)
        if self.longest is not None and len(value) > self.longest:
            raise bad_request(
                f"Invalid '{where}': string too long. Expected a string with"
                f" maximum length {self.longest}, but got a string with length"
                f" {len(value)} instead.", where, "string_above_max_length")
        if len(value) < self.shortest:
            raise bad_request(
                f"Invalid '{where}': string too short. Expected a string with"
                f" minimum length {self.shortest}.", where,
                "string_below_min_length")
        return value

    def _expected(self) -> str:
        if not self.among:
            return "a string"
        return "one of " + ", ".join(f"'{value}'" for value in self.among)


@dataclass(frozen=True)
class Whole(Rule):
    """An integer within bounds."""

    low: int | None = None
    high: int | None = None

    def check(self, value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise errors.wrong_type(where, "an integer", value)
        if self.low is not None and value < self.low:
            raise bad_request(
                f"Invalid '{where}': integer below minimum value. Expected a"
                f" value >= {self.low}, but got {value} instead.", where,
                "integer_below_min_value")
        if self.high is not None and value > self.high:
            raise bad_request(
                f"Invalid '{where}': integer above maximum value. Expected a"
                f" value <= {self.high}, but got {value} instead.", where,
                "integer_above_max_value")
        return value

    def from_text(self, text: str, where: str) -> Any:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise errors.wrong_type(where, "an integer", text)
        return int(text)


@dataclass(frozen=True)
class Number(Rule):
    """Any number within bounds."""

    low: float
    high: float

    def check(self, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise errors.wrong_type(where, "a number", value)
        if not self.low <= value <= self.high:
            raise bad_request(f"Invalid '{where}': expected a value between"
                              f" {self.low} and {self.high}.", where,
                              "invalid_value")
        return value


@dataclass(frozen=True)
class Flag(Rule):
    """true or false."""

    def check(self, value: Any, where: str) -> bool:
        if not isinstance(value, bool):
            raise errors.wrong_type(where, "a boolean", value)
        return value

    def from_text(self, text: str, where: str) -> Any:
        if text not in ("true", "false"):
            raise errors.wrong_type(where, "a boolean", text)
        return text == "true"


@dataclass(frozen=True)
class Upload(Rule):
    """A part of a form with a file name."""

    def check(self, value: Any, where: str) -> Part:
        if not isinstance(value, Part):
            raise errors.wrong_type(where, "a file", value)
        return value

    def from_part(self, part: Part, where: str) -> Part:
        if not part.is_file:
            raise errors.wrong_type(where, "a file", "")
        return part


@dataclass(frozen=True)
class Items(Rule):
    """A list; in a form, a name with empty brackets that may repeat."""

    rule: Rule
    fewest: int = 0
    most: int | None = None

    def check(self, value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise errors.wrong_type(where, "an array", value)
        if len(value) < self.fewest:
            raise bad_request(f"Invalid '{where}': array too short. Expected at"
                              f" least {self.fewest} items.", where,
                              "array_below_min_length")
        if self.most is not None and len(value) > self.most:
            raise bad_request(f"Invalid '{where}': array too long. Expected at"
                              f" most {self.most} items, but got {len(value)}"
                              " instead.", where, "array_above_max_length")
        base = where.removesuffix("[]")
        return [self.rule.check(item, f"{base}[{index}]")
                for index, item in enumerate(value)]


@dataclass(frozen=True)
class Record(Rule):
    """An object: its fields, and which of them must be there."""

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = ()

    def check(self, value: Any, where: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise errors.wrong_type(where or "body", "an object", value)
        for name in value:
            if name not in self.fields:
                raise errors.unknown(_join(where, name))
        present = {name: self.fields[name].check(item, _join(where, name))
                   for name, item in value.items() if item is not None}
        for name in self.required:
            if name not in present:
                raise errors.missing(_join(where, name))
        return present

    def from_form(self, parts: list[Part]) -> dict[str, Any]:
        """The object that the parts of a form spell out."""
        value: dict[str, Any] = {}
        for part in parts:
            self._add_part(value, part)
        return self.check(value)

    def _add_part(self, value: dict[str, Any], part: Part) -> None:
        name, rule = part.name, self.fields.get(part.name)
        nested = _BRACKETS.fullmatch(name)

        if isinstance(rule, Items) and name.endswith("[]"):
            value.setdefault(name, []).append(rule.rule.from_part(part, name))
        elif rule is not None and not name.endswith("[]"):
            if name in value:
                raise errors.repeated(name)
            value[name] = rule.from_part(part, name)
        elif nested and (inner := self._inner(nested)) is not None:
            base, key = nested.groups()
            holder = value.setdefault(base, {})
            if not isinstance(holder, dict) or key in holder:
                raise errors.repeated(name)
            holder[key] = inner.from_part(part, name)
        else:
            raise errors.unknown(name)

    def _inner(self, nested: re.Match[str]) -> Rule | None:
        outer = self.fields.get(nested[1])
        if isinstance(outer, Either):
            outer = outer.record
        if not isinstance(outer, Record):
            return None
        return outer.fields.get(nested[2])


@dataclass(frozen=True)
class Either(Rule):
    """A file of a form, or an object that says where the file is."""

    record: Record
    upload: Upload = field(default_factory=Upload)

    def check(self, value: Any, where: str) -> Any:
        if isinstance(value, Part):
            return value
        return self.record.check(value, where)

    def from_part(self, part: Part, where: str) -> Any:
        return self.upload.from_part(part, where)


def parse_json(body: bytes) -> Any:
    """JSON as RFC 8259 has it: UTF-8, no NaN, no name twice in an object."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant,
                          object_pairs_hook=_unique)
    except (ValueError, RecursionError) as reason:
        raise bad_request("The JSON body of the request could not be parsed:"
                          f" {reason}", code="invalid_json") from None


def exactly_one(value: Mapping[str, Any], names: tuple[str, ...],
                where: str) -> str:
    """The one of the names that is there."""
    present = [name for name in names if name in value]
    if len(present) != 1:
        listed = " and ".join(f"'{name}'" for name in names)
        raise bad_request(f"Invalid '{where}': exactly one of {listed} is"
                          " needed.", where, "invalid_value")
    return present[0]


def _text(part: Part, where: str) -> str:
    if part.is_file:
        raise errors.wrong_type(where, "a string", part)
    try:
        return part.data.decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request(f"Invalid '{where}': not UTF-8.", where,
                          "invalid_value") from None


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return value
