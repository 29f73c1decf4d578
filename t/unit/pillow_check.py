#!/usr/bin/python3
"""Our pixels against Pillow's, byte for byte, over pictures of every kind made here.

usage: pillow_check.py [WORKER]

WORKER is the built t/bench/media/prepare.c; without it one is built in a temporary folder, of the portable paths.
Prints TAP.  What is on purpose different from Pillow's own operations is done here by other
Pillow operations: orientation by exif_transpose, alpha by paste, 16 bits by rounding.
"""
import glob, io, os, random, shutil, struct, subprocess, sys, tempfile, zlib

try:
    from PIL import Image, ImageChops, ImageFile, ImageOps
except ImportError as e:
    print("1..0 # SKIP no Pillow: %s" % e)
    sys.exit(0)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ImageFile.MAXBLOCK = 1 << 22           # room for a whole progressive JPEG of noise
LANCZOS = Image.Resampling.LANCZOS
TMP = tempfile.mkdtemp(prefix="pillow_check.")
random.seed(20240611)


# ---------------------------------------------------------------- the worker

def build():
    """The worker without the fast libraries and without vectors: the portable path of everything."""
    out = os.path.join(TMP, "worker")
    src = [os.path.join(ROOT, "t/bench/media/prepare.c")]
    for room in ("base", "media"):
        src += sorted(glob.glob(os.path.join(ROOT, "lib", room, "*.c")))
    cmd = [os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-DSZ_PORTABLE", "-I" + os.path.join(ROOT, "lib"), "-o", out] + src
    cmd += os.environ.get("CFLAGS", "").split()
    cmd += "-lcjson -ljpeg -lpng -lwebp -lz -lm -lpthread".split() + os.environ.get("LIBS", "").split()
    subprocess.run(cmd, check=True)
    return out


class Worker:
    def __init__(self, path, *args):
        self.p = subprocess.Popen([path, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, src, mode, w, h, out):
        self.p.stdin.write("lat %s %s %d %d %s\n" % (src, mode, w, h, out))
        self.p.stdin.flush()
        return self.p.stdout.readline().strip()

    def close(self):
        self.p.stdin.close()
        return self.p.wait()


# ------------------------------------------------------------- what to expect

def geometry(mode, sw, sh, w, h):
    """Full size, window (x, y, w, h), place (left, top): the original's sums, never below the target."""
    if mode == "rescale":
        return (w, h), (0, 0, w, h), (0, 0)
    if mode == "crop":
        if sw / sh > w / h:
            nw, nh = max(w, int(sw * (h / sh))), h
        else:
            nw, nh = w, max(h, int(sh * (w / sw)))
        return (nw, nh), ((nw - w) // 2, (nh - h) // 2, w, h), (0, 0)
    im = Image.new("1", (sw, sh))
    im.thumbnail((w, h), Image.Resampling.NEAREST, reducing_gap=None)
    return im.size, (0, 0) + im.size, ((w - im.width) // 2, (h - im.height) // 2)


def expected(rgb, mode, w, h, background):
    full, (x, y, cw, ch), at = geometry(mode, rgb.width, rgb.height, w, h)
    # rows first, as Pillow up to 12 did always and 13 does where it is cheaper
    im = rgb.resize((full[0], rgb.height), LANCZOS).resize(full, LANCZOS).crop((x, y, x + cw, y + ch))
    if mode != "pad":
        return im
    out = Image.new("RGB", (w, h), background)
    out.paste(im, at)
    return out


def flatten(im, background):
    """Any Pillow picture as RGB on the background."""
    if im.mode in ("P", "PA") and "transparency" in im.info or im.mode in ("LA", "PA"):
        im = im.convert("RGBA")
    if im.mode == "RGBA":
        out = Image.new("RGB", im.size, background)
        out.paste(im.convert("RGB"), mask=im.getchannel("A"))
        return out
    return im.convert("RGB")


def difference(a, b):
    if a.size != b.size:
        return "size %s instead of %s" % (a.size, b.size)
    d = ImageChops.difference(a.convert("RGB"), b).getextrema()
    worst = max(hi for lo, hi in d)
    return "" if worst == 0 else "largest difference %d" % worst


# ------------------------------------------------------------------ pictures

def noise(w, h, bands=3):
    """Smooth and rough: gradients, noise and edges."""
    data = bytearray(w * h * bands)
    i = 0
    for y in range(h):
        for x in range(w):
            for c in range(bands):
                v = (x * (3 + c) + y * (5 - c)) & 255
                if (x // 7 + y // 5) & 1:
                    v = random.randrange(256)
                elif (x // 3 + y) % 11 == 0:
                    v = 255 * (c & 1)
                data[i] = v
                i += 1
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[bands]
    return Image.frombytes(mode, (w, h), bytes(data))


def cmyk(im):
    """Four bands of unrelated values."""
    return Image.merge("CMYK", [*im.split(), ImageChops.invert(im.getchannel(1)).point(lambda v: v // 2)])


class PNG:
    """A writer of every colour type, depth, interlace and filter; samples are lists of rows of pixels."""
    PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]

    def __init__(self, w, h, colour, depth, interlaced=False, trns=None, palette=None, exif=None, idat=8192):
        self.w, self.h, self.colour, self.depth, self.interlaced = w, h, colour, depth, interlaced
        self.channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        top = (len(palette) if palette else 1 << depth) - 1
        self.rows = [[[random.randint(0, top) if (x + y) % 3 else (x * 977 + y * 31) % (top + 1)
                       for _ in range(self.channels)] for x in range(w)] for y in range(h)]
        if trns is not None:                    # a colour that does occur
            self.rows[0][0] = list(trns[1])
            for row in self.rows[::2]:
                row[len(row) // 2] = list(trns[1])
        self.trns, self.palette, self.exif, self.idat = trns, palette, exif, idat

    def pack(self, row):
        out, acc, bits = bytearray(), 0, 0
        for pixel in row:
            for v in pixel:
                if self.depth == 16:
                    out += struct.pack(">H", v)
                    continue
                acc, bits = acc << self.depth | v, bits + self.depth
                if bits == 8:
                    out.append(acc)
                    acc = bits = 0
        if bits:
            out.append(acc << (8 - bits) & 255)
        return bytes(out)

    def filtered(self, rows):
        bpp = max(1, self.channels * self.depth // 8)
        out, up = bytearray(), None
        for row in rows:
            cur = self.pack(row)
            prev = up or bytes(len(cur))
            kind = random.randrange(5)
            out.append(kind)
            for i, v in enumerate(cur):
                a = cur[i - bpp] if i >= bpp else 0
                b = prev[i]
                c = prev[i - bpp] if i >= bpp else 0
                p = a + b - c
                paeth = a if abs(p - a) <= abs(p - b) and abs(p - a) <= abs(p - c) else \
                    b if abs(p - b) <= abs(p - c) else c
                out.append(v - (0, a, b, (a + b) // 2, paeth)[kind] & 255)
            up = cur
        return bytes(out)

    def bytes(self):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        if self.interlaced:
            raw = b""
            for x0, y0, dx, dy in self.PASSES:
                rows = [row[x0::dx] for row in self.rows[y0::dy]]
                raw += self.filtered([r for r in rows if r])
        else:
            raw = self.filtered(self.rows)
        z = zlib.compress(raw, random.choice([0, 1, 6, 9]))
        out = b"\x89PNG\r\n\x1a\n"
        out += chunk(b"IHDR", struct.pack(">IIBBBBB", self.w, self.h, self.depth, self.colour, 0, 0, self.interlaced))
        if self.palette:
            out += chunk(b"PLTE", b"".join(bytes(c[:3]) for c in self.palette))
            if any(len(c) > 3 for c in self.palette):
                out += chunk(b"tRNS", bytes(c[3] for c in self.palette))
        if self.trns is not None:
            out += chunk(b"tRNS", self.trns[0])
        if self.exif and self.exif[0] == "before":
            out += chunk(b"eXIf", self.exif[1])
        for i in range(0, len(z), self.idat):
            out += chunk(b"IDAT", z[i:i + self.idat])
        if self.exif and self.exif[0] == "behind":
            out += chunk(b"eXIf", self.exif[1])
        return out + chunk(b"IEND", b"")

    def pixel(self, v):
        """RGBA of 8 bits, by the rules of docs/media.md."""
        if self.colour == 3:
            c = self.palette[v[0]]
            return (*c[:3], c[3] if len(c) > 3 else 255)
        clear = self.trns is not None and list(v) == list(self.trns[1])
        top = (1 << self.depth) - 1
        e = [(x * 255 * 2 + top) // (2 * top) for x in v]
        if self.colour in (0, 4):
            e = [e[0]] * 3 + e[1:]
        return (*e[:3], 0 if clear else e[3] if len(e) > 3 else 255)

    def picture(self, background):
        im = Image.frombytes("RGBA", (self.w, self.h),
                             bytes(x for row in self.rows for v in row for x in self.pixel(v)))
        return flatten(im, background)


def exif(orientation, order="<", kind=3):
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    value = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I"}[kind], orientation)
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    return head + struct.pack(order + "H", 1) + entry + struct.pack(order + "I", 0)


# --------------------------------------------------------------------- cases

CASES = []          # (name, bytes, picture as RGB by background -> Image)


def pillow_case(name, data, like=None):
    """What Pillow makes of it, or of a file that it should be like."""
    def source(background):
        im = Image.open(io.BytesIO(like or data))
        im.load()
        return flatten(ImageOps.exif_transpose(im), background)
    CASES.append((name, data, source))


def saved(im, kind, **how):
    b = io.BytesIO()
    im.save(b, kind, **how)
    return b.getvalue()


def jpeg_cases():
    for w, h in ((97, 61), (64, 64), (16, 40), (1, 1), (5, 3), (130, 17)):
        im = noise(w, h)
        for sub in (0, 1, 2):
            for prog in (False, True):
                pillow_case("jpeg %dx%d subsampling %d%s" % (w, h, sub, " progressive" if prog else ""),
                            saved(im, "JPEG", quality=85, subsampling=sub, progressive=prog))
    for sub in (0, 1, 2):
        for prog in (False, True):
            pillow_case("jpeg wide, subsampling %d%s" % (sub, " progressive" if prog else ""),
                        saved(noise(391, 120), "JPEG", quality=90, subsampling=sub, progressive=prog))
            pillow_case("jpeg wide on its side, subsampling %d%s" % (sub, " progressive" if prog else ""),
                        saved(noise(120, 391), "JPEG", quality=90, subsampling=sub, progressive=prog,
                              exif=b"Exif\0\0" + exif(6)))
    pillow_case("jpeg grey", saved(noise(90, 70, 1), "JPEG", quality=80))
    pillow_case("jpeg grey progressive", saved(noise(33, 70, 1), "JPEG", quality=80, progressive=True))
    pillow_case("jpeg cmyk", saved(cmyk(noise(70, 50)), "JPEG", quality=90))
    pillow_case("jpeg quality 5", saved(noise(120, 90), "JPEG", quality=5))
    pillow_case("jpeg optimised", saved(noise(120, 90), "JPEG", quality=95, optimize=True))
    for o in range(1, 9):
        for sub in (0, 2):
            pillow_case("jpeg orientation %d subsampling %d" % (o, sub),
                        saved(noise(83, 58), "JPEG", quality=90, subsampling=sub, exif=b"Exif\0\0" + exif(o, ">")))
    pillow_case("jpeg orientation 9 is none", saved(noise(40, 30), "JPEG", exif=b"Exif\0\0" + exif(9)))


def png_cases():
    for mode in ("RGB", "RGBA", "L", "LA"):
        for w, h in ((75, 52), (1, 1), (1, 90), (200, 2)):
            pillow_case("png %s %dx%d" % (mode, w, h), saved(noise(w, h, len(mode)), "PNG"))
    for depths, colour in (((1, 2, 4, 8, 16), 0), ((8, 16), 2), ((1, 2, 4, 8), 3), ((8, 16), 4), ((8, 16), 6)):
        for depth in depths:
            for interlaced in (False, True):
                for transparent in (False, True):
                    if transparent and colour > 3:
                        continue
                    w, h = random.choice([(37, 29), (64, 9), (5, 41), (1, 1), (3, 2)])
                    trns = palette = None
                    if colour == 3:
                        palette = [tuple(random.randrange(256) for _ in range(4 if transparent else 3))
                                   for _ in range(1 << depth)]
                    elif transparent:
                        n = {0: 1, 2: 3}[colour]
                        v = [random.randrange(1 << depth) for _ in range(n)]
                        trns = (struct.pack(">%dH" % n, *v), v)
                    png = PNG(w, h, colour, depth, interlaced, trns, palette, idat=random.choice([1, 7, 100, 99999]))
                    CASES.append(("png type %d depth %d%s%s %dx%d" % (
                        colour, depth, " interlaced" if interlaced else "", " transparent" if transparent else "",
                        w, h), png.bytes(), png.picture))
    for o in range(1, 9):
        for where in ("before", "behind"):
            png = PNG(31, 22, 2, 8, exif=(where, exif(o, "<" if o % 2 else ">", kind=3)))
            CASES.append(("png orientation %d %s the pixels" % (o, where), png.bytes(),
                          lambda b, p=png, o=o: turned(p.picture(b), o)))


def turned(im, o):
    t = Image.Transpose
    how = {2: t.FLIP_LEFT_RIGHT, 3: t.ROTATE_180, 4: t.FLIP_TOP_BOTTOM, 5: t.TRANSPOSE, 6: t.ROTATE_270,
           7: t.TRANSVERSE, 8: t.ROTATE_90}.get(o)
    return im if how is None else im.transpose(how)


def webp_cases():
    if "webp" not in Image.registered_extensions().get(".webp", "").lower():
        print("# this Pillow has no WebP")
        return
    for w, h in ((97, 61), (1, 1), (64, 48), (17, 130), (400, 300)):
        pillow_case("webp lossy %dx%d" % (w, h), saved(noise(w, h), "WEBP", quality=80))
        pillow_case("webp lossless %dx%d" % (w, h), saved(noise(w, h), "WEBP", lossless=True))
        pillow_case("webp lossy alpha %dx%d" % (w, h), saved(noise(w, h, 4), "WEBP", quality=80))
        pillow_case("webp lossless alpha %dx%d" % (w, h), saved(noise(w, h, 4), "WEBP", lossless=True, exact=True))
    frames = [noise(60, 44), noise(60, 44)]
    pillow_case("webp animated", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100))
    pillow_case("webp animated lossless alpha",
                saved(noise(60, 44, 4), "WEBP", save_all=True, append_images=[noise(60, 44, 4)], lossless=True))
    for o in (3, 6, 8):
        pillow_case("webp orientation %d" % o, saved(noise(50, 31), "WEBP", exif=exif(o)))


# ------------------------------------- odd files that have all their samples

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_parts(data):
    """The chunks of a PNG, each with its head and its checksum."""
    at, parts = 8, []
    while at < len(data):
        n = 12 + struct.unpack(">I", data[at:at + 4])[0]
        parts.append(data[at:at + n])
        at += n
    return parts


def png_join(parts):
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def odd_png_cases():
    parts = png_parts(saved(noise(75, 52), "PNG"))
    head, z, end = parts[0], b"".join(p[8:-4] for p in parts if p[4:8] == b"IDAT"), parts[-1]
    raw = zlib.decompress(z)
    small = zlib.compressobj(9, zlib.DEFLATED, 9)
    small = small.compress(raw) + small.flush()
    for name, tail in (
            ("bytes behind the stream", [chunk(b"IDAT", z + b"\0more"), end]),
            ("a chunk behind the stream", [chunk(b"IDAT", z), chunk(b"IDAT", b"more"), end]),
            ("no checksum of the stream", [chunk(b"IDAT", z[:-4]), end]),
            ("a row too many", [chunk(b"IDAT", zlib.compress(raw + raw[:226])), end]),
            ("megabytes of rows too many", [chunk(b"IDAT", zlib.compress(raw + bytes(4 << 20))), end]),
            ("a window that is too small", [chunk(b"IDAT", b"\x08\x1d" + zlib.compress(raw, 9)[2:]), end]),
            ("a small window", [chunk(b"IDAT", small), end]),
            ("a wrong checksum of IEND", [chunk(b"IDAT", z), end[:-4] + bytes(4)]),
            ("no IEND", [chunk(b"IDAT", z)]),
            ("the last checksum cut", [chunk(b"IDAT", z)[:-2]]),
            ("an unknown critical chunk", [chunk(b"ABCD", b"what"), chunk(b"IDAT", z), end])):
        pillow_case("png with " + name, png_join([head] + tail))
    cut = [head, chunk(b"IDAT", z), chunk(b"tEXt", b"Comment\0cut")[:-9]]
    pillow_case("png cut behind its pixels", png_join(cut), png_join(parts))
    interlaced = PNG(37, 29, 2, 8, True)
    parts = png_parts(interlaced.bytes())
    z = b"".join(p[8:-4] for p in parts if p[4:8] == b"IDAT")
    for name, data in (("bytes behind the stream", z + b"more"), ("no checksum of the stream", z[:-4])):
        CASES.append(("png interlaced with " + name, png_join([parts[0], chunk(b"IDAT", data), parts[-1]]),
                      interlaced.picture))


def profile(orientation, order="<"):
    """EXIF as ImageMagick writes it into a text of a PNG."""
    block = (b"Exif\0\0" + exif(orientation, order)).hex()
    lines = [block[i:i + 72] for i in range(0, len(block), 72)]
    return ("\nexif\n%8d\n%s\n" % (len(block) // 2, "\n".join(lines))).encode()


def text_chunk(kind, key, text):
    if kind == b"tEXt":
        return chunk(kind, key + b"\0" + text)
    if kind == b"zTXt":
        return chunk(kind, key + b"\0\0" + zlib.compress(text))
    if kind == b"iTXz":
        return chunk(b"iTXt", key + b"\0\1\0en\0key\0" + zlib.compress(text))
    return chunk(kind, key + b"\0\0\0\0\0" + text)


def text_cases():
    """The orientation in a text; EXIF goes first, and has the last word."""
    parts = png_parts(saved(noise(40, 27), "PNG"))
    head, body = parts[:1], parts[1:]
    xmp = b'<x:xmpmeta><rdf:RDF><rdf:Description tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
    element = b"<rdf:Description>tiff:Orientation <tiff:Orientation>%d</tiff:Orientation></rdf:Description>"
    key, xmp_key = b"Raw profile type exif", b"XML:com.adobe.xmp"
    for kind in (b"tEXt", b"zTXt", b"iTXt", b"iTXz"):
        for o in (3, 6):
            texts = [text_chunk(kind, key, profile(o, "<" if o == 3 else ">"))]
            pillow_case("png profile %d in %s" % (o, kind.decode()), png_join(head + texts + body))
            pillow_case("png profile %d in %s behind the pixels" % (o, kind.decode()),
                        png_join(head + body[:-1] + texts + body[-1:]))
        pillow_case("png XMP in %s" % kind.decode(), png_join(head + [text_chunk(kind, xmp_key, xmp % 8)] + body))
    t = text_chunk
    for name, texts in (
            ("XMP element", [t(b"iTXt", xmp_key, element % 5)]),
            ("XMP orientation 0", [t(b"iTXt", xmp_key, xmp % 0)]),
            ("XMP of another kind", [t(b"iTXt", b"XML:other", xmp % 6)]),
            ("XMP against a profile", [t(b"zTXt", key, profile(3)), t(b"iTXt", xmp_key, xmp % 6)]),
            ("XMP behind EXIF without a note", [chunk(b"eXIf", exif(6)[:8] + bytes(6)), t(b"iTXt", xmp_key, xmp % 6)]),
            ("XMP against EXIF of no use", [chunk(b"eXIf", exif(6, kind=1)), t(b"iTXt", xmp_key, xmp % 6)]),
            ("profile against EXIF", [t(b"zTXt", key, profile(6)), chunk(b"eXIf", exif(3))]),
            ("two profiles", [t(b"zTXt", key, profile(6)), t(b"tEXt", key, profile(3))])):
        pillow_case("png " + name, png_join(head + texts + body))


def odd_jpeg_cases():
    plain = saved(noise(120, 90), "JPEG", quality=85)
    sos = plain.index(b"\xff\xda")
    body = sos + 14                                     # behind its head, of three components
    for name, data in (
            ("zeros before its end", plain[:-2] + bytes(7) + plain[-2:]),
            ("bytes before its end", plain[:-2] + b"padding" + plain[-2:]),
            ("bytes between its segments", plain[:20] + b"\0\0junk\xff\0" + plain[20:]),
            ("no end, but a trailer", plain[:-2] + b"\0\0\1\x0aSEFH" + bytes(range(256)) + b"SEFT"),
            ("no end", plain[:-2]),
            ("a scan to 0", plain[:body - 2] + b"\0" + plain[body - 1:]),
            ("a scan from bit 1", plain[:body - 1] + b"\1" + plain[body:]),
            ("a trailer", plain + b"trailer" * 99)):
        pillow_case("jpeg with " + name, data, plain)
    restarts = bytearray(restarted(120, 90))
    at = [i for i in range(restarts.index(b"\xff\xda"), len(restarts) - 1) if restarts[i] == 0xff and 0xd0 <= restarts[i + 1] <= 0xd7]
    restarts[at[3] + 1] ^= 4
    pillow_case("jpeg with a wrong number of a restart", bytes(restarts))
    progressive = saved(noise(120, 90), "JPEG", quality=85, progressive=True)
    pillow_case("jpeg progressive with bytes before its end", progressive[:-2] + b"padding" + progressive[-2:])
    pillow_case("jpeg progressive without its end", progressive[:-2], progressive)
    inks = saved(cmyk(noise(70, 50)), "JPEG", quality=90)
    at = inks.index(b"\xff\xee")
    pillow_case("jpeg cmyk without Adobe's marker", inks[:at] + inks[at + 16:])
    for kind in (1, 4):
        for order in "<>":
            pillow_case("jpeg orientation of type %d %s" % (kind, order),
                        saved(noise(40, 30), "JPEG", exif=b"Exif\0\0" + exif(6, order, kind)))


def restarted(w, h):
    """A grey JPEG with restart markers, which this Pillow cannot be asked for: blocks of one value, coded by hand."""
    head = saved(Image.new("L", (w, h), 128), "JPEG", quality=75, optimize=False)
    sos = head.index(b"\xff\xda")
    across = (w + 7) // 8
    out = head[:sos] + b"\xff\xdd\0\4" + struct.pack(">H", across) + head[sos:sos + 10]
    for row in range((h + 7) // 8):
        # the first block differs by +-1..15 of DC (category 4: 101, then four bits), the others by 0 (00); 1010 ends one
        bits = "101" + format(8 + row % 8, "04b") + "1010" + "001010" * (across - 1)
        bits += "1" * (-len(bits) % 8)
        data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
        out += data + (bytes([0xff, 0xd0 + row % 8]) if row < (h + 7) // 8 - 1 else b"")
    return out + b"\xff\xd9"


def odd_webp_cases():
    def part(kind, data):
        return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)

    def riff(*parts):
        body = b"WEBP" + b"".join(parts)
        return b"RIFF" + struct.pack("<I", len(body)) + body
    plain = saved(noise(50, 31), "WEBP", quality=80)
    pixels = plain[12:]
    for flags, what in ((0, "that its flags deny"), (8, "that its flags tell of")):
        vp8x = part(b"VP8X", struct.pack("<I", flags) + b"\x31\0\0\x1e\0\0")
        pillow_case("webp with EXIF " + what, riff(vp8x, pixels, part(b"EXIF", exif(6))))
    pillow_case("webp with two EXIF", riff(vp8x, pixels, part(b"EXIF", exif(3)), part(b"EXIF", exif(6))))
    pillow_case("webp with EXIF and no VP8X", riff(pixels, part(b"EXIF", exif(6))))


def shape_cases():
    """Shapes that have gone wrong elsewhere: exact ratios that truncate, extremes, the same size."""
    for w, h in ((624, 351), (1248, 702), (343, 196), (392, 686)):
        pillow_case("png exact ratio %dx%d" % (w, h), saved(noise(16, 9).resize((w, h)), "PNG"))
    pillow_case("png same size", saved(noise(128, 72), "PNG"))
    for w, h in ((3, 3000), (3000, 3), (1, 700), (700, 1)):
        pillow_case("png extreme %dx%d" % (w, h), saved(noise(w, h), "PNG"))


TARGETS = [("crop", 64, 36), ("crop", 36, 64), ("pad", 64, 36), ("pad", 36, 64), ("rescale", 64, 36),
           ("crop", 200, 113), ("rescale", 301, 17), ("pad", 500, 400), ("rescale", 1, 1), ("crop", 128, 72)]


def scaled_case(w1):
    """The decoder's own shrinking is near, not equal."""
    big = noise(64, 48).resize((1301, 977), LANCZOS)
    data = saved(big, "JPEG", quality=92)
    src, out = os.path.join(TMP, "in"), os.path.join(TMP, "out.png")
    with open(src, "wb") as f:
        f.write(data)
    said = w1.ask(src, "crop", 320, 180, out)
    if said.startswith("error"):
        return said
    want = expected(Image.open(io.BytesIO(data)).convert("RGB"), "crop", 320, 180, 0)
    got = Image.open(out)
    d = ImageChops.difference(got, want)
    mse = sum(sum(i * i * n for i, n in enumerate(c.histogram())) for c in d.split()) / (3 * 320 * 180)
    db = 99 if mse == 0 else 10 * __import__("math").log10(65025 / mse)
    return "" if db >= 48 else "%.1f dB" % db


def main():
    jpeg_cases()
    png_cases()
    webp_cases()
    shape_cases()
    odd_png_cases()
    text_cases()
    odd_jpeg_cases()
    odd_webp_cases()
    path = sys.argv[1] if len(sys.argv) > 1 else build()
    backgrounds = ["000000", "20c0ff"]
    workers = [Worker(path, "-b", b) for b in backgrounds]
    src, out = os.path.join(TMP, "in"), os.path.join(TMP, "out.png")
    print("1..%d" % (len(CASES) + 1))
    bad = 0
    for n, (name, data, source) in enumerate(CASES, 1):
        with open(src, "wb") as f:
            f.write(data)
        wrong = []
        for k, worker in enumerate(workers):
            background = tuple(bytes.fromhex(backgrounds[k]))
            rgb = source(background)
            for mode, w, h in TARGETS:
                if mode == "crop" and max(rgb.width, rgb.height) > 50 * min(rgb.width, rgb.height) and w * h > 3000:
                    continue                     # Pillow would need gigabytes
                said = worker.ask(src, mode, w, h, out)
                if said.startswith("error"):
                    wrong.append("%s %dx%d: %s" % (mode, w, h, said))
                    continue
                why = difference(Image.open(out), expected(rgb, mode, w, h, background))
                if why:
                    wrong.append("%s %dx%d on %s: %s" % (mode, w, h, backgrounds[k], why))
        print("%s %d - %s" % ("not ok" if wrong else "ok", n, name), flush=True)
        for why in wrong[:5]:
            print("#   " + why)
        bad += bool(wrong)
    w1 = Worker(path, "-s")
    why = scaled_case(w1)
    print("%s %d - scaled decoding is within 48 dB" % ("not ok" if why else "ok", len(CASES) + 1))
    if why:
        print("#   " + why)
        bad += 1
    for w in workers + [w1]:
        if w.close() != 0:
            print("# the worker failed")
            bad += 1
    shutil.rmtree(TMP, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
