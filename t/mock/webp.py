"""Writing lossless WebP (VP8L) of a diagonal gradient.

The first row is written pixel by pixel.  Every later row is the one before,
moved by one pixel, and one new pixel: a back reference and a literal.  The
prefix codes have fixed lengths, so nothing has to be counted beforehand.

The stream is written as text of 0 and 1 in the order the decoder reads them,
and packed at the end; numbers go in with their lowest bit first.
"""

from __future__ import annotations

import struct

Pixel = tuple[int, ...]

_LITERALS = 256
_GREEN_SYMBOLS = _LITERALS + 24
# 280 symbols: 232 of 8 bits and 48 of 9 fill the code space exactly.
_EIGHT_BIT_SYMBOLS = 232
_LONGEST_COPY = 4096
# Distances below are for neighbours in two dimensions; ours are plain.
_DISTANCE_OFFSET = 120
# The order of code length codes up to 9, the last one we need.
_LENGTH_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9)


def encode(width: int, height: int, pixels: list[Pixel]) -> bytes:
    """Needs a pixel, RGB or RGBA, for each diagonal of the picture."""
    alpha = len(pixels[0]) == 4
    distance = max(width - 1, 1) + _DISTANCE_OFFSET
    bits = [_number(0x2F, 8), _number(width - 1, 14), _number(height - 1, 14),
            _number(alpha, 1), _number(0, 3),
            "0", "0", "0",              # no transform, no cache, one code group
            _green_code(), _byte_code(), _byte_code(),
            _byte_code() if alpha else _single_code(255),
            _single_code(_prefix(distance)[0])]

    literals = [_literal(pixel) for pixel in pixels]
    bits += literals[:width]
    again = _copies(width - 1, distance)
    for row in range(1, height):
        bits += [again, literals[row + width - 1]]
    return _riff(_pack("".join(bits)))


def _copies(count: int, distance: int) -> str:
    """Back references for that many pixels."""
    out = []
    symbol, extra = _prefix(distance)
    while count > 0:
        length = min(count, _LONGEST_COPY)
        length_symbol, length_extra = _prefix(length)
        out += [_green(_LITERALS + length_symbol), length_extra, extra]
        count -= length
    return "".join(out)


def _prefix(value: int) -> tuple[int, str]:
    """A length or distance: its symbol and its extra bits."""
    if value <= 4:
        return value - 1, ""
    value -= 1
    high = value.bit_length() - 1
    symbol = 2 * high + (value >> (high - 1) & 1)
    return symbol, _number(value & ((1 << (high - 1)) - 1), high - 1)


def _literal(pixel: Pixel) -> str:
    red, green, blue, *alpha = pixel
    return _green(green) + "".join(format(value, "08b")
                                   for value in (red, blue, *alpha))


def _green(symbol: int) -> str:
    if symbol < _EIGHT_BIT_SYMBOLS:
        return format(symbol, "08b")
    return format(symbol + _EIGHT_BIT_SYMBOLS, "09b")


def _green_code() -> str:
    nines = _GREEN_SYMBOLS - _EIGHT_BIT_SYMBOLS
    return _two_length_code(_EIGHT_BIT_SYMBOLS, nines)


def _byte_code() -> str:
    return _two_length_code(256, 0)


def _two_length_code(eights: int, nines: int) -> str:
    """A code whose symbols have first 8, then 9 bits."""
    lengths = "".join(_number(1 if symbol in (8, 9) else 0, 3)
                      for symbol in _LENGTH_ORDER)
    return ("0" + _number(len(_LENGTH_ORDER) - 4, 4) + lengths + "0"
            + "0" * eights + "1" * nines)


def _single_code(symbol: int) -> str:
    """A code of one symbol, which then takes no bits at all."""
    return "1" + "0" + "1" + _number(symbol, 8)


def _number(value: int, width: int) -> str:
    return format(value, f"0{width}b")[::-1] if width else ""


def _pack(bits: str) -> bytes:
    size = -(-len(bits) // 8)
    return int(bits[::-1], 2).to_bytes(size, "little")


def _riff(stream: bytes) -> bytes:
    chunk = b"VP8L" + struct.pack("<I", len(stream)) + stream
    chunk += b"\0" * (len(chunk) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
