"""The Files API: masks and input images are kept here until they are deleted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from checks import Record, Text, Upload, Whole
from errors import ApiError
from http1 import Answer, json_answer, typed
from paging import page
from router import Call
from state import Account, new_id

_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")

_UPLOAD = Record({
    "file": Upload(),
    "purpose": Text(_PURPOSES),
    "expires_after": Record({"anchor": Text(("created_at",)),
                             "seconds": Whole(3600, 2592000)},
                            required=("anchor", "seconds")),
}, required=("file", "purpose"))

_LIST = Record({"purpose": Text(), "limit": Whole(1, 10000),
                "order": Text(("asc", "desc")), "after": Text()})


@dataclass(frozen=True)
class StoredFile:
    id: str
    created_at: int
    expires_at: int | None
    filename: str
    purpose: str
    content: bytes

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "object": "file", "bytes": len(self.content),
                "created_at": self.created_at, "expires_at": self.expires_at,
                "filename": self.filename, "purpose": self.purpose,
                "status": "processed", "status_details": None}


def find(account: Account, file_id: str) -> StoredFile | None:
    return account.files.get(file_id)


def _named(call: Call) -> StoredFile:
    file_id = call.params[0]
    stored = find(call.account, file_id)
    if stored is None:
        raise ApiError(404, f"No such File object: {file_id}", param="id")
    return stored


def _create(call: Call) -> Answer:
    call.query(Record({}))
    wanted = call.fields(form=_UPLOAD)
    now = int(time.time())
    expiry = wanted.get("expires_after")
    stored = StoredFile(new_id("file-"), now,
                        now + expiry["seconds"] if expiry else None,
                        wanted["file"].filename, wanted["purpose"],
                        wanted["file"].data)
    call.account.files[stored.id] = stored
    return json_answer(stored.as_json())


def _list(call: Call) -> Answer:
    query = call.query(_LIST)
    stored = [item for item in list(call.account.files.values())
              if query.get("purpose") in (None, item.purpose)]
    return json_answer(page(stored, query, 10000, lambda item: item.as_json()))


def _retrieve(call: Call) -> Answer:
    return json_answer(_named(call).as_json())


def _delete(call: Call) -> Answer:
    stored = _named(call)
    call.account.files.pop(stored.id, None)
    return json_answer({"id": stored.id, "object": "file", "deleted": True})


def _content(call: Call) -> Answer:
    return typed("application/octet-stream", _named(call).content)


ROUTES = [
    ("POST", "/v1/files", _create),
    ("GET", "/v1/files", _list),
    ("GET", "/v1/files/{}", _retrieve),
    ("DELETE", "/v1/files/{}", _delete),
    ("GET", "/v1/files/{}/content", _content),
]
