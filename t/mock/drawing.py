"""What the Images API and the image tool have in common: options and results."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import Any

import errors
from checks import Rule, Text, Whole
from errors import bad_request
from jobs import wished
from pictures import Recipe, make_base64

_LONGEST_EDGE = 3840
_FEWEST_PIXELS, _MOST_PIXELS = 655360, 8294400
_OLD_SIZES = ("1024x1024", "1024x1536", "1536x1024")
_DEFAULT_SIZE = "1024x1024"
_LATE_QUALITIES = ("xhigh", "max")

# Fields with the same meaning wherever pictures are asked for.
OPTIONS: dict[str, Rule] = {
    "model": Text(),
    "size": Text(),
    "quality": Text(("auto", "low", "medium", "high") + _LATE_QUALITIES),
    "background": Text(("auto", "transparent", "opaque")),
    "output_format": Text(("png", "jpeg", "webp")),
    "output_compression": Whole(0, 100),
    "moderation": Text(("auto", "low")),
    "input_fidelity": Text(("high", "low")),
    "partial_images": Whole(0, 3),
    "complexity": Text(("low", "medium", "high")),
}


@dataclass(frozen=True)
class Order:
    """What to draw, with every `auto` resolved."""

    prompt: str
    width: int
    height: int
    quality: str
    background: str
    output_format: str
    compression: int

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"

    def recipe(self, index: int = 0, stage: str = "final") -> Recipe:
        """The picture with that number; earlier stages look different."""
        kind = "jpeg" if wished(self.prompt, "jpeg") else self.output_format
        made = Recipe(f"{self.prompt}\n{index}\n{stage}", self.width, self.height,
                      kind, self.background == "transparent" and kind != "jpeg",
                      self.compression, wished(self.prompt, "noise"))
        if wished(self.prompt, "othersize"):
            made = replace(made, width=max(16, self.width // 2))
        return made

    def base64(self, index: int = 0, stage: str = "final") -> str:
        if wished(self.prompt, "badbase64"):
            return "this is *not* base64"
        if wished(self.prompt, "notpicture"):
            return base64.b64encode(b"no picture at all, but valid base64").decode()
        return make_base64(self.recipe(index, stage))

    def facts(self) -> dict[str, str]:
        return {"size": self.size, "quality": self.quality,
                "background": self.background,
                "output_format": self.output_format}

    def usage(self, count: int, inputs: int) -> dict[str, Any]:
        """Plausible token counts, so that something can be added up."""
        each = {"low": 272, "medium": 1056, "high": 4160}.get(self.quality, 8320)
        text, images = max(1, len(self.prompt) // 4), 323 * inputs
        output = each * count
        return {"total_tokens": text + images + output,
                "input_tokens": text + images, "output_tokens": output,
                "input_tokens_details": {"text_tokens": text,
                                         "image_tokens": images},
                "output_tokens_details": {"text_tokens": 0,
                                          "image_tokens": output}}


def take_order(prompt: str, options: dict[str, Any], model: str,
               where: str = "") -> Order:
    """Checks the options against each other and against the model."""
    generation = _generation(model)
    width, height = _size(options.get("size", "auto"), generation, f"{where}size")
    quality = options.get("quality", "auto")
    if quality in _LATE_QUALITIES and generation is not None and generation < 2.5:
        raise errors.wrong_value(f"{where}quality", quality,
                                 ("low", "medium", "high", "auto"))
    if "complexity" in options and generation is not None and generation < 2.6:
        raise errors.unknown(f"{where}complexity")
    _check_fidelity(options.get("input_fidelity"), model, generation, where)

    background = options.get("background", "auto")
    output_format = options.get("output_format", "png")
    if background == "transparent" and output_format == "jpeg":
        raise bad_request("A transparent background needs the output_format png"
                          " or webp.", f"{where}background", "invalid_value")
    compression = options.get("output_compression", 100)
    if compression != 100 and output_format == "png":
        raise bad_request("output_compression below 100 needs the output_format"
                          " jpeg or webp.", f"{where}output_compression",
                          "invalid_png_output_compression")
    return Order(prompt, width, height, "high" if quality == "auto" else quality,
                 "opaque" if background == "auto" else background, output_format,
                 compression)


def _generation(model: str) -> float | None:
    """The number in a gpt-image id; None for models of others."""
    if model == "chatgpt-image-latest":
        return 1.5
    match = re.match(r"gpt-image-([0-9]+(?:\.[0-9]+)?)", model)
    return float(match[1]) if match else None


def _size(size: str, generation: float | None, where: str) -> tuple[int, int]:
    if size == "auto":
        size = _DEFAULT_SIZE
    match = re.fullmatch("([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", size)
    if generation is not None and generation < 2 and size not in _OLD_SIZES:
        raise errors.wrong_value(where, size, _OLD_SIZES + ("auto",))
    if not match:
        raise bad_request(f"Invalid size '{size}': expected WIDTHxHEIGHT or auto.",
                          where, "invalid_value")
    width, height = int(match[1]), int(match[2])
    reason = _against(width, height)
    if reason:
        raise bad_request(f"Invalid size '{size}': {reason}.", where,
                          "invalid_value")
    return width, height


def _against(width: int, height: int) -> str | None:
    if width % 16 or height % 16:
        return "width and height must be multiples of 16"
    if max(width, height) > 3 * min(width, height):
        return "the aspect ratio must be between 1:3 and 3:1"
    if max(width, height) > _LONGEST_EDGE:
        return f"the longest edge is {_LONGEST_EDGE}"
    if not _FEWEST_PIXELS <= width * height <= _MOST_PIXELS:
        return f"it must have {_FEWEST_PIXELS} to {_MOST_PIXELS} pixels"
    return None


def _check_fidelity(fidelity: str | None, model: str, generation: float | None,
                    where: str) -> None:
    if fidelity is None or generation is None:
        return
    if generation >= 2 or (fidelity == "high" and "mini" in model):
        raise bad_request(f"The model '{model}' does not support input_fidelity"
                          f" '{fidelity}'.", f"{where}input_fidelity",
                          "invalid_input_fidelity_model")
