"""Pictures that come with a request: as a file part, a data URL or a file id."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

import files
import probe
from checks import exactly_one
from errors import ApiError, bad_request
from multipart import Part
from state import Account

_MEDIA_TYPES = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}
_DATA_URL = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """The bytes, and the media type that somebody claims for them."""

    data: bytes
    media_type: str | None


def load(account: Account, reference: Any, where: str) -> Source | None:
    """The bytes behind a reference; None for a URL that we do not fetch."""
    if isinstance(reference, Part):
        return Source(reference.data, reference.content_type or "")
    if exactly_one(reference, ("image_url", "file_id"), where) == "file_id":
        return Source(_stored(account, reference["file_id"], where), None)
    return from_url(reference["image_url"], where)


def from_url(url: str, where: str) -> Source | None:
    if re.match(r"https?://[^/]", url):
        return None
    match = _DATA_URL.fullmatch(url)
    if not match:
        raise bad_request(f"Invalid '{where}': expected a valid URL or a data URL"
                          " with base64.", where, "invalid_image_url")
    try:
        return Source(base64.b64decode(match[2], validate=True), match[1].lower())
    except ValueError:
        raise bad_request(f"Invalid '{where}': the base64 of the data URL is not"
                          " valid.", where, "invalid_base64_image") from None


def _stored(account: Account, file_id: str, where: str) -> bytes:
    stored = files.find(account, file_id)
    if stored is None:
        raise ApiError(404, f"File '{file_id}' was not found.", param=where,
                       code="image_file_not_found")
    return stored.content


def picture_of(source: Source, where: str,
               kinds: tuple[str, ...] = ("jpeg", "png", "webp")) -> probe.Picture:
    """Looks at the bytes; refuses what is no picture, or another than it says."""
    claimed = source.media_type
    if claimed is not None and _MEDIA_TYPES.get(claimed) not in kinds:
        raise bad_request(f"Invalid file '{where}': unsupported mimetype"
                          f" ('{claimed}'). Supported file formats are"
                          f" {_listed(kinds)}.", where, "unsupported_file_mimetype")
    if not source.data:
        raise bad_request(f"Invalid file '{where}': the file is empty.", where,
                          "empty_image_file")
    try:
        picture = probe.look(source.data)
    except probe.NotAPicture as reason:
        raise bad_request(f"Invalid image file '{where}': {reason}.", where,
                          "invalid_image_format") from None
    if picture.kind not in kinds:
        raise bad_request(f"Invalid image file '{where}': expected"
                          f" {_listed(kinds)}.", where, "invalid_image_format")
    if claimed is not None and _MEDIA_TYPES[claimed] != picture.kind:
        raise bad_request(f"Invalid image file '{where}': it is said to be"
                          f" {claimed}, but it is {picture.kind}.", where,
                          "invalid_image_format")
    return picture


def mask_of(source: Source, where: str,
            image: probe.Picture | None) -> probe.Picture:
    """A mask: PNG with alpha, of the same size as the image it is for."""
    mask = picture_of(source, where, ("png",))
    if not mask.alpha:
        raise bad_request(f"Invalid '{where}': the mask has no alpha channel.",
                          where, "invalid_image_mode")
    if image is not None and image.size != mask.size:
        raise bad_request(f"Invalid '{where}': the mask is {mask.size}, but the"
                          f" image is {image.size}.", where, "invalid_mask_size")
    return mask


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'image/{kind}'" for kind in kinds)
