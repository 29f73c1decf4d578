#!/usr/bin/env python3
"""Makes a description that Prism can check our requests against.

    describe.py openai-openapi.json checked.json

OpenAI's own description is not fit for that as it is: its paths lack /v1, some
schemas make the validator give up in silence, unions are ambiguous, and forms
have other names on the wire ("image[]", "expires_after[seconds]") than in the
schema.  What is written has the calls that our tools make, and nothing else.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Iterator

Json = dict[str, Any]

PATHS = [
    "/videos", "/videos/{video_id}", "/videos/{video_id}/content",
    "/videos/{video_id}/remix", "/images/generations", "/images/edits",
    "/responses", "/responses/{response_id}", "/files",
]
METHODS = ("get", "post", "delete")
FORM = "multipart/form-data"


class Description:
    """The source, and how to find what its references point to."""

    def __init__(self, source: Json) -> None:
        self.source = source
        self.schemas: Json = source["components"]["schemas"]

    def resolve(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def variants(self, schema: Json) -> Iterator[Json]:
        """The schema behind its references, and what it may be instead."""
        schema = self.resolve(schema)
        yield schema
        for choice in schema.get("anyOf", []):
            yield from self.variants(choice)

    def members(self, schema: Json) -> tuple[Json, list[str]]:
        """Properties and required names, those of allOf included."""
        schema = self.resolve(schema)
        properties = dict(schema.get("properties", {}))
        required = list(schema.get("required", []))
        for part in schema.get("allOf", []):
            more, names = self.members(part)
            properties |= more
            required += names
        return properties, required


def mend(node: Any) -> None:
    """Puts in JSON Schema's own words what is said in OpenAPI 3.0's."""
    if isinstance(node, list):
        for item in node:
            mend(item)
    if not isinstance(node, dict):
        return
    for item in node.values():
        mend(item)
    if isinstance(node.get("nullable"), bool):
        allow_null(node, node.pop("nullable"))
    if isinstance(node.get("oneOf"), list) and "anyOf" not in node:
        node["anyOf"] = node.pop("oneOf")
        node.pop("discriminator", None)


def allow_null(schema: Json, nullable: bool) -> None:
    if not nullable:
        return
    if "anyOf" in schema or "oneOf" in schema:
        schema.setdefault("anyOf", schema.pop("oneOf", None))
        schema["anyOf"].append({"type": "null"})
    elif isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"].append(None)


def closed(description: Description, schema: Json) -> Json:
    """A JSON body in which a misspelled member is a mistake."""
    properties, required = description.members(schema)
    return {"type": "object", "properties": properties, "required": required,
            "additionalProperties": False}


def on_the_wire(description: Description, schema: Json) -> Json:
    """A form: lists and objects are parts with brackets in their names."""
    properties, required = description.members(schema)
    parts: Json = {}
    spelled: dict[str, list[str]] = {}
    for name, rule in properties.items():
        parts[name] = rule
        for variant in description.variants(rule):
            if variant.get("type") == "array":
                parts[f"{name}[]"] = variant["items"]
                spelled.setdefault(name, [name]).append(f"{name}[]")
            for inner, inner_rule in variant.get("properties", {}).items():
                parts[f"{name}[{inner}]"] = inner_rule
                spelled.setdefault(name, [name]).append(f"{name}[{inner}]")
    return {"type": "object", "properties": parts,
            "required": [name for name in required if name not in spelled],
            "allOf": [{"anyOf": [{"required": [one]} for one in spelled[name]]}
                      for name in required if name in spelled] or [{}]}


def request(description: Description, body: Json) -> None:
    body["required"] = True
    for media_type, content in body["content"].items():
        form = media_type == FORM
        content["schema"] = (on_the_wire if form else closed)(
            description, content["schema"])


def responses(answers: Json) -> None:
    """No headers, which are wrong in places, and a stream that is one."""
    for status in [status for status in answers if "$ref" in answers[status]]:
        del answers[status]
    for answer in answers.values():
        answer.pop("headers", None)
        if "text/event-stream" in answer.get("content", {}):
            answer["content"]["text/event-stream"] = {
                "schema": {"type": "string"}, "example": "data: {}\n\n"}


def needed(description: Description, paths: Json) -> Json:
    """The schemas that the paths refer to, and those refer to in turn."""
    found: Json = {}
    waiting: list[Any] = [paths]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            name = str(node.get("$ref", "")).rsplit("/", 1)[-1]
            if name in description.schemas and name not in found:
                found[name] = description.schemas[name]
                waiting.append(found[name])
    return found


def main() -> None:
    source_name, target_name = sys.argv[1:]
    with open(source_name, encoding="utf-8") as source_file:
        source = json.load(source_file)
    description = Description(source)
    mend(source["paths"])
    mend(description.schemas)
    paths: Json = {}
    for path in PATHS:
        item = {name: rule for name, rule in source["paths"][path].items()
                if name in METHODS}
        for operation in item.values():
            if "requestBody" in operation:
                request(description, operation["requestBody"])
            responses(operation["responses"])
        paths["/v1" + path] = item
    result = {
        "openapi": source["openapi"], "info": source["info"],
        "servers": [{"url": "/"}], "security": source["security"],
        "paths": paths,
        "components": {
            "schemas": needed(description, paths),
            "securitySchemes": source["components"]["securitySchemes"]}}
    with open(target_name, "w", encoding="utf-8") as target:
        json.dump(result, target)


main()
