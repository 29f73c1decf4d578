"""Writing baseline JPEG out of flat blocks of 8 by 8 pixels.

A flat block has a DC coefficient and nothing else, so a block costs a handful
of bits and no transform.  The picture is a diagonal gradient: the block in
column x and row y has the colour number x + y.  Two neighbours in a row always
differ by the same step, whatever the row, so the bits of all steps are made
once, and a row of blocks is a slice of them.  Rows are restart intervals:
there the predictors begin anew, and each row stands for itself.
"""

from __future__ import annotations

import struct

Colour = tuple[int, int, int]

# The DC table of Annex K: how many codes of each length, and their symbols.
_DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_DC_SYMBOLS = bytes(range(12))
# An AC table of one code, "0", that ends the block.
_AC_COUNTS = bytes([1] + [0] * 15)
_AC_SYMBOLS = b"\0"
_END_OF_BLOCK = "0"


def encode(width: int, height: int, colours: list[Colour], quality: int) -> bytes:
    """A diagonal gradient; needs a colour for each diagonal of blocks."""
    columns, rows = -(-width // 8), -(-height // 8)
    step = 1 + (100 - quality) // 8
    levels = [_levels(colour, step) for colour in colours]
    scan = _scan(levels, columns, rows)
    return (b"\xff\xd8" + _segments(width, height, step, columns) + scan
            + b"\xff\xd9")


def _segments(width: int, height: int, step: int, columns: int) -> bytes:
    components = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    selectors = b"".join(bytes([number, 0]) for number in (1, 2, 3))
    return (
        _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + _segment(0xDB, b"\0" + bytes([step]) + b"\1" * 63)
        + _segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components)
        + _segment(0xC4, b"\0" + _DC_COUNTS + _DC_SYMBOLS)
        + _segment(0xC4, b"\x10" + _AC_COUNTS + _AC_SYMBOLS)
        + _segment(0xDD, struct.pack(">H", columns))
        + _segment(0xDA, b"\3" + selectors + b"\0\x3f\0"))


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _levels(colour: Colour, step: int) -> Colour:
    """The quantized DC coefficients of a flat block."""
    red, green, blue = colour
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = (luma - 128, (blue - luma) / 1.772, (red - luma) / 1.402)
    y, cb, cr = (round(8 * plane / step) for plane in planes)
    return y, cb, cr


def _scan(levels: list[Colour], columns: int, rows: int) -> bytes:
    codes = _dc_codes()
    firsts = [_block(codes, (0, 0, 0), level) for level in levels]
    steps = [""] + [_block(codes, before, level)
                    for before, level in zip(levels, levels[1:])]
    ends = [0]
    for bits in steps:
        ends.append(ends[-1] + len(bits))
    ribbon = "".join(steps)

    intervals = []
    for row in range(rows):
        bits = firsts[row] + ribbon[ends[row + 1]:ends[row + columns]]
        bits += "1" * (-len(bits) % 8)
        packed = int(bits, 2).to_bytes(len(bits) // 8, "big")
        intervals.append(packed.replace(b"\xff", b"\xff\0"))

    out = [intervals[0]]
    for number, interval in enumerate(intervals[1:]):
        out += [bytes([0xFF, 0xD0 + number % 8]), interval]
    return b"".join(out)


def _block(codes: list[str], before: Colour, level: Colour) -> str:
    return "".join(_difference(codes, now - was) + _END_OF_BLOCK
                   for was, now in zip(before, level))


def _difference(codes: list[str], value: int) -> str:
    """A DC difference: the code of its size, then its bits."""
    size = abs(value).bit_length()
    if size == 0:
        return codes[0]
    bits = value if value > 0 else value + (1 << size) - 1
    return codes[size] + format(bits, f"0{size}b")


def _dc_codes() -> list[str]:
    """The canonical codes of the DC table, by symbol."""
    codes, code = [], 0
    for length, count in enumerate(_DC_COUNTS, 1):
        for _ in range(count):
            codes.append(format(code, f"0{length}b"))
            code += 1
        code <<= 1
    return codes
