"""Photo-like inputs, made not shipped: noise of several sizes, smooth sky, hard edges, text, grain.

usage: inputs.py FOLDER [WxH ...]      writes WxH.jpg, WxH.png, WxHa.png (with alpha), WxH.webp
"""
import os, random, sys
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZES = ["640x480", "1920x1080", "4000x3000", "6000x4000"]


def field(w, h, cell, sigma):
    """Smooth noise: one random value every `cell` pixels."""
    n = Image.effect_noise((max(2, w // cell + 2), max(2, h // cell + 2)), sigma)
    return n.resize((w, h), Image.Resampling.BICUBIC)


def photo(w, h):
    random.seed(w * 7 + h)
    m = min(w, h)
    sky = Image.linear_gradient("L").resize((w, h), Image.Resampling.BILINEAR)
    im = Image.merge("RGB", [sky.point(lambda v, a=a, b=b: int(a + (b - a) * v / 255))
                             for a, b in ((120, 96), (165, 104), (215, 82))])
    d = ImageDraw.Draw(im)
    for i in range(70):
        x, y, r = random.uniform(0, w), random.uniform(h * .3, h), random.uniform(.01, .12) * m
        colour = tuple(random.randrange(20, 236) for _ in range(3))
        (d.ellipse if i % 3 else d.rectangle)((x - r, y - r * .8, x + r, y + r * .8), fill=colour)
    for i in range(12):
        d.text((random.uniform(0, w * .9), random.uniform(0, h * .95)), "reference %d" % i, fill=(20, 20, 20))
    im = im.filter(ImageFilter.GaussianBlur(0.6))
    mask = field(w, h, m // 6, 90).point(lambda v: min(255, max(30, v * 2 - 128)))
    for cell, sigma in ((m // 12, 26), (m // 40, 18), (m // 120 or 1, 13), (4, 10), (2, 7)):
        n = field(w, h, max(1, cell), sigma)
        n = Image.composite(n, Image.new("L", (w, h), 128), mask)
        im = ImageChops.add(im, Image.merge("RGB", [n] * 3), 1, -128)
    grain = [Image.effect_noise((w, h), 2.6) for _ in range(3)]
    return ImageChops.add(im, Image.merge("RGB", grain), 1, -128)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for size in sys.argv[2:] or SIZES:
        w, h = map(int, size.split("x"))
        names = [os.path.join(folder, size + end) for end in (".jpg", ".png", "a.png", ".webp")]
        if all(map(os.path.exists, names)):
            continue
        im = photo(w, h)
        im.save(names[0], quality=90)
        im.save(names[1])
        im.save(names[3], quality=90)
        alpha = Image.new("L", (w, h), 0)
        ImageDraw.Draw(alpha).ellipse((w * .02, h * .02, w * .98, h * .98), fill=255)
        im.putalpha(alpha.filter(ImageFilter.GaussianBlur(min(w, h) / 60)))
        im.save(names[2])
    return 0


sys.exit(main())
