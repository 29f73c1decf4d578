"""Looking at pictures that clients send: what they are, and if they are whole.

PNG is inflated and its checksums are verified.  JPEG and WebP are followed
through their segments and chunks only, for there is no decoder at hand.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import png

_MOST_BYTES = 512 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Interlaced PNG: first column, first row, column step, row step of each pass.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
           (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class NotAPicture(Exception):
    """Says why the bytes are no picture."""


@dataclass(frozen=True)
class Picture:
    kind: str
    width: int
    height: int
    alpha: bool = False

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"


def look(data: bytes) -> Picture:
    try:
        if data.startswith(png.SIGNATURE):
            return _png(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        raise NotAPicture("it ends too early") from None
    raise NotAPicture("it is neither PNG nor JPEG nor WebP")


# --- PNG

def _png(data: bytes) -> Picture:
    header, pixels, transparent, offset = None, [], False, 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, offset)
        body = data[offset + 8:offset + 8 + length]
        checksum, = struct.unpack_from(">I", data, offset + 8 + length)
        if checksum != zlib.crc32(body, zlib.crc32(kind)):
            raise NotAPicture("a checksum of the PNG is wrong")
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            pixels.append(body)
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"IEND":
            break
        offset += 12 + length

    if header is None:
        raise NotAPicture("the PNG has no header")
    width, height, depth, colour, _, _, interlaced = header
    if colour not in _CHANNELS or not width or not height:
        raise NotAPicture("the header of the PNG makes no sense")
    _inflate(pixels, _raw_size(width, height, depth * _CHANNELS[colour],
                               bool(interlaced)))
    return Picture("png", width, height, transparent or colour in (4, 6))


def _raw_size(width: int, height: int, bits: int, interlaced: bool) -> int:
    """The bytes of a PNG before compression, filter bytes included."""
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    total = 0
    for x, y, dx, dy in passes:
        columns, rows = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    if total > _MOST_BYTES:
        raise NotAPicture("it has too many pixels")
    return total


def _inflate(pieces: list[bytes], expected: int) -> None:
    inflater = zlib.decompressobj()
    try:
        got = len(inflater.decompress(b"".join(pieces), expected + 1))
    except zlib.error:
        raise NotAPicture("the PNG does not inflate") from None
    if got != expected:
        raise NotAPicture("the PNG has too few or too many pixels")


# --- JPEG

def _jpeg(data: bytes) -> Picture:
    offset, size = 2, None
    while True:
        marker, kind, length = struct.unpack_from(">BBH", data, offset)
        if marker != 0xFF:
            raise NotAPicture("the segments of the JPEG are out of step")
        if kind == 0xFF:
            offset += 1
            continue
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, offset + 5)
            size = width, height
        if kind == 0xDA:
            break
        offset += 2 + length

    if size is None or not all(size):
        raise NotAPicture("the JPEG has no frame before its scan")
    if b"\xff\xd9" not in data[offset:]:
        raise NotAPicture("the JPEG is cut off")
    return Picture("jpeg", *size)


# --- WebP

def _webp(data: bytes) -> Picture:
    size, = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise NotAPicture("the WebP is cut off")
    kind, length = struct.unpack_from("<4sI", data, 12)
    if 20 + length > len(data):
        raise NotAPicture("a chunk of the WebP is cut off")
    body = data[20:20 + length]

    if kind == b"VP8 ":
        if body[3:6] != b"\x9d\x01\x2a":
            raise NotAPicture("the WebP has no key frame")
        width, height = struct.unpack_from("<HH", body, 6)
        return Picture("webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", body)
        if signature != 0x2F:
            raise NotAPicture("the lossless WebP has a wrong signature")
        return Picture("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1,
                       bool(bits >> 28 & 1))
    if kind == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
        return Picture("webp", width, height, bool(body[0] & 0x10))
    raise NotAPicture("the WebP begins with an unknown chunk")
