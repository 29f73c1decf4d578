"""The Videos API: jobs that render by the clock, and the files they made.

All videos have the same content, a test pattern, whatever their prompt.  It
can be blown up to any size, still a valid MP4, for tests of large downloads.
"""

from __future__ import annotations

import random
import struct
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import errors
from checks import Either, Record, Text, Whole
from errors import ApiError, bad_request
from http1 import Answer, FileBody, json_answer
from jobs import Clock, wished
from models import check_exists
from paging import page
from references import load, picture_of
from router import Call
from state import new_id

_FIXTURES = Path(__file__).resolve().parent / "fixtures"
_BOX_HEADER = 8
_FILLER_PIECE = 1 << 20

_SECONDS = ("4", "8", "12", "16", "20")
_SIZES = ("720x1280", "1280x720")
_PRO_SIZES = ("1024x1792", "1792x1024", "1080x1920", "1920x1080")
_ENDED = ("completed", "failed")
_VARIANTS = {"video": "video/mp4", "thumbnail": "image/webp",
             "spritesheet": "image/jpeg"}

_REFUSAL = {"code": "moderation_blocked",
            "message": "The request was refused by the moderation system."}

_PROMPT = Text(longest=32000, shortest=1)

_CREATE = Record({
    "prompt": _PROMPT,
    "model": Text(),
    "seconds": Text(_SECONDS),
    "size": Text(_SIZES + _PRO_SIZES),
    "input_reference": Either(Record({"image_url": Text(longest=20971520),
                                      "file_id": Text()})),
}, required=("prompt",))

_REMIX = Record({"prompt": _PROMPT}, required=("prompt",))

_LIST = Record({"limit": Whole(0, 100), "order": Text(("asc", "desc")),
                "after": Text()})

_CONTENT = Record({"variant": Text(tuple(_VARIANTS))})


@dataclass(frozen=True)
class Video:
    id: str
    clock: Clock
    model: str
    prompt: str
    seconds: str
    size: str
    remixed_from: str | None = None

    @property
    def status(self) -> str:
        if self.clock.done:
            return "failed" if wished(self.prompt, "fail") else "completed"
        return "queued" if self.clock.queued else "in_progress"

    def as_json(self, expire_seconds: float) -> dict[str, Any]:
        status = self.status
        ended_at = self.clock.ended_at if status == "completed" else None
        value = {
            "id": self.id, "object": "video",
            "created_at": self.clock.created_at, "status": status,
            "completed_at": ended_at,
            "error": dict(_REFUSAL) if status == "failed" else None,
            "expires_at": int(ended_at + expire_seconds) if ended_at else None,
            "model": self.model,
            "progress": 100 if status == "completed"
                        else min(self.clock.progress, 99),
            "prompt": self.prompt, "remixed_from_video_id": self.remixed_from,
            "seconds": self.seconds, "size": self.size,
        }
        if wished(self.prompt, "sparse"):
            value = {name: item for name, item in value.items()
                     if item is not None} | {"quality": "standard"}
        return value


# --- methods

def _create(call: Call) -> Answer:
    call.query(Record({}))
    wanted = call.fields(json=_CREATE, form=_CREATE)
    model = wanted.get("model", "sora-2")
    size = wanted.get("size", "720x1280")
    check_exists(model)
    if size in _PRO_SIZES and model.startswith("sora-2") and "pro" not in model:
        raise errors.wrong_value("size", size, _SIZES)
    if "input_reference" in wanted:
        _check_reference(call, wanted["input_reference"], size)
    _check_moderation(wanted["prompt"])
    return _begin(call, wanted["prompt"], model, wanted.get("seconds", "4"), size)


def _remix(call: Call) -> Answer:
    call.query(Record({}))
    source = _named(call)
    prompt = call.fields(json=_REMIX, form=_REMIX)["prompt"]
    if source.status != "completed":
        raise bad_request(f"Video with id '{source.id}' is not completed and"
                          " cannot be remixed.", "video_id", "video_not_ready")
    _check_moderation(prompt)
    return _begin(call, prompt, source.model, source.seconds, source.size, source.id)


def _begin(call: Call, prompt: str, model: str, seconds: str, size: str,
           remixed_from: str | None = None) -> Answer:
    clock = Clock.for_prompt(prompt, call.settings.render_seconds)
    video = Video(new_id("video_"), clock, model, prompt, seconds, size,
                  remixed_from)
    value = video.as_json(call.settings.expire_seconds)
    call.account.videos[video.id] = video
    return json_answer(value)


def _retrieve(call: Call) -> Answer:
    call.query(Record({}))
    return json_answer(_named(call).as_json(call.settings.expire_seconds))


def _list(call: Call) -> Answer:
    query = call.query(_LIST)
    expiry = call.settings.expire_seconds
    return json_answer(page(list(call.account.videos.values()), query, 20,
                            lambda video: video.as_json(expiry)))


def _delete(call: Call) -> Answer:
    call.nothing_else()
    video = _named(call)
    if video.status not in _ENDED:
        raise bad_request(f"Video with id '{video.id}' is {video.status}; only"
                          " completed and failed videos can be deleted.",
                          "video_id", "video_not_deletable")
    call.account.videos.pop(video.id, None)
    return json_answer({"id": video.id, "object": "video.deleted", "deleted": True})


def _content(call: Call) -> Answer:
    variant = call.query(_CONTENT).get("variant", "video")
    video = _named(call)
    if video.status != "completed":
        raise ApiError(404, f"Video with id '{video.id}' is not ready: its status"
                       f" is {video.status}.", param="video_id",
                       code="video_not_ready")
    if video.clock.ended_ago() > call.settings.expire_seconds:
        raise ApiError(404, f"The assets of video '{video.id}' have expired.",
                       param="video_id", code="video_expired")
    size = call.settings.video_bytes if variant == "video" else 0
    return Answer(200, [("Content-Type", _VARIANTS[variant])],
                  _assets.body(variant, size))


def _named(call: Call) -> Video:
    video_id = call.params[0]
    video = call.account.videos.get(video_id)
    if video is None:
        raise ApiError(404, f"Video with id '{video_id}' not found.",
                       param="video_id")
    return video


# --- checks

def _check_reference(call: Call, reference: Any, size: str) -> None:
    source = load(call.account, reference, "input_reference")
    if source is None:
        return
    if picture_of(source, "input_reference").size != size:
        raise bad_request("Inpaint image must match the requested width and height")


def _check_moderation(prompt: str) -> None:
    if wished(prompt, "moderation"):
        raise bad_request(_REFUSAL["message"], "prompt", _REFUSAL["code"])


# --- content

class _Assets:
    """The files behind the content method, opened once and never closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], tuple[BinaryIO, int]] = {}

    def body(self, variant: str, size: int) -> FileBody:
        with self._lock:
            if (variant, size) not in self._open:
                self._open[variant, size] = _make_asset(variant, size)
            file, length = self._open[variant, size]
        return FileBody(file.fileno(), length)


def _make_asset(variant: str, size: int) -> tuple[BinaryIO, int]:
    name = {"video": "video.mp4", "thumbnail": "thumbnail.webp",
            "spritesheet": "spritesheet.jpg"}[variant]
    content = (_FIXTURES / name).read_bytes()
    if not size:
        return open(_FIXTURES / name, "rb"), len(content)
    file = tempfile.TemporaryFile()
    file.write(content)
    _write_padding(file, size - len(content))
    file.flush()
    return file, size


def _write_padding(file: BinaryIO, size: int) -> None:
    """A "free" box of that size, full of bytes that never repeat.

    Were it zeros, a download that mixes up its pieces would go unnoticed.
    """
    if size == 0:
        return
    file.write(struct.pack(">I4s", size, b"free"))
    left = size - _BOX_HEADER
    dice = random.Random(size)
    while left:
        piece = min(left, _FILLER_PIECE)
        file.write(dice.randbytes(piece))
        left -= piece


def check_video_bytes(size: int) -> None:
    """Whether content of that size can be made; 0 means unpadded."""
    shortest = (_FIXTURES / "video.mp4").stat().st_size
    if size not in (0, shortest) and not shortest + _BOX_HEADER <= size < 1 << 31:
        raise bad_request(f"video_bytes is 0, {shortest}, or {shortest + _BOX_HEADER}"
                          f" to {(1 << 31) - 1}.", "video_bytes")


_assets = _Assets()

ROUTES = [
    ("POST", "/v1/videos", _create),
    ("GET", "/v1/videos", _list),
    ("GET", "/v1/videos/{}", _retrieve),
    ("DELETE", "/v1/videos/{}", _delete),
    ("GET", "/v1/videos/{}/content", _content),
    ("POST", "/v1/videos/{}/remix", _remix),
]
