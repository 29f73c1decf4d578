"""Making pictures: of any size, as PNG, JPEG or WebP, each one different.

A picture is a diagonal gradient whose colours come out of a hash of its seed
(the prompt and a number), so equal requests give equal bytes.  A diagonal
gradient is cheap: each row is the one above, moved by a pixel.
"""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass
from functools import lru_cache

import jpeg
import png
import webp

MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_STOPS = 4


@dataclass(frozen=True)
class Recipe:
    """All it takes to make a picture, now or later."""

    seed: str
    width: int
    height: int
    kind: str = "png"
    transparent: bool = False
    compression: int = 100
    noise: bool = False

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.kind]

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"


def make(recipe: Recipe) -> bytes:
    width, height = recipe.width, recipe.height
    if recipe.kind == "jpeg":
        diagonals = -(-width // 8) + -(-height // 8)
        return jpeg.encode(width, height,
                           [pixel[:3] for pixel in _gradient(recipe, diagonals)],
                           recipe.compression)
    if recipe.kind == "webp":
        return webp.encode(width, height, _gradient(recipe, width + height))
    return _png(recipe)


@lru_cache(maxsize=4)
def make_base64(recipe: Recipe) -> str:
    """Kept for a while: who polls a finished response asks again and again."""
    return base64.b64encode(make(recipe)).decode()


def _png(recipe: Recipe) -> bytes:
    width, height = recipe.width, recipe.height
    step = 4 if recipe.transparent else 3
    if recipe.noise:
        dice = random.Random(recipe.seed)
        rows = (dice.randbytes(step * width) for _ in range(height))
        return png.encode(width, height, rows, recipe.transparent, level=0)
    ribbon = bytes(value for pixel in _gradient(recipe, width + height)
                   for value in pixel)
    rows = (ribbon[step * y:step * (y + width)] for y in range(height))
    return png.encode(width, height, rows, recipe.transparent)


def _gradient(recipe: Recipe, count: int) -> list[tuple[int, ...]]:
    """That many pixels between colours made of the seed.

    Transparent pictures fade from nothing to opaque along the same way.
    """
    digest = hashlib.sha256(recipe.seed.encode("utf-8", "replace")).digest()
    stops = [digest[3 * i:3 * i + 3] for i in range(_STOPS)]
    pixels: list[tuple[int, ...]] = []
    for index in range(count):
        way = index * (_STOPS - 1) / max(count - 1, 1)
        stop = min(int(way), _STOPS - 2)
        share = way - stop
        pixel = tuple(int(a + (b - a) * share)
                      for a, b in zip(stops[stop], stops[stop + 1]))
        if recipe.transparent:
            pixel += (255 * index // max(count - 1, 1),)
        pixels.append(pixel)
    return pixels
