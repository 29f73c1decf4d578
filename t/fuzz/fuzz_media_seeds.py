#!/usr/bin/env python3
"""The seeds of the fuzz targets of pictures and Base64: small files of every kind.

usage: fuzz_media_seeds.py      writes t/fuzz/corpus/fuzz_media_*/; needs Pillow with WebP

The pictures are those of t/unit/pillow_check.py that are small, and a few more.
"""
import base64, hashlib, io, os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "unit"))
import pillow_check as check                    # noqa: E402

SMALL = 1500
HEADS = [bytes([fit | out << 2 | effort << 4 | scaled << 6, 75, 12, 8, 63, 0x20, 0x40, 0x60])
         for fit in range(3) for out in range(3) for effort in range(2) for scaled in range(2)]


def put(target, data):
    folder = os.path.join(HERE, "corpus", "fuzz_media_" + target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as f:
        f.write(data)


def box(kind, data=b""):
    return struct.pack(">I", 8 + len(data)) + kind + data


def pictures():
    check.jpeg_cases()
    check.png_cases()
    check.webp_cases()
    check.odd_png_cases()
    check.text_cases()
    check.odd_jpeg_cases()
    check.odd_webp_cases()
    small = {name: data for name, data, _ in check.CASES if len(data) < SMALL}
    for w, h in ((9, 7), (16, 16), (33, 5)):
        im = check.noise(w, h)
        for sub in (0, 1, 2):
            for prog in (False, True):
                small["jpeg %dx%d %d %d" % (w, h, sub, prog)] = check.saved(
                    im, "JPEG", quality=60, subsampling=sub, progressive=prog, exif=b"Exif\0\0" + check.exif(6))
        small["webp %dx%d" % (w, h)] = check.saved(im, "WEBP", quality=50)
        small["webp lossless %dx%d" % (w, h)] = check.saved(im, "WEBP", lossless=True)
        small["webp alpha %dx%d" % (w, h)] = check.saved(check.noise(w, h, 4), "WEBP", quality=50)
    small["jpeg cmyk small"] = check.saved(check.cmyk(check.noise(9, 9)), "JPEG", quality=60)
    frames = [check.noise(12, 9, 4), check.noise(12, 9, 4)]
    small["webp animated small"] = check.saved(frames[0], "WEBP", save_all=True, append_images=frames[1:],
                                               quality=40, duration=50)
    return list(small.values())


def main():
    files = pictures()
    for i, data in enumerate(files):
        put("probe", data)
        put("prepare", HEADS[i % len(HEADS)] + data)
        if i % 2:
            put("whole", data)
        if data.startswith(b"\x89PNG"):
            put("png", bytes([0] + [i] * 7) + data)
    noise = check.noise(20, 12).tobytes()
    for kind in range(24):
        put("png", bytes([1 + kind % 2, 19, 11, kind * 37 & 255, kind, 0, kind, 1]) + noise[:37 * (1 + kind % 7)])
        put("deflate", bytes([kind * 11 & 255, kind * 9, kind * 3, kind & 1]) + noise[:29 * (1 + kind)])
    for o in (3, 6):
        put("text", b"\3" + check.profile(o, "<" if o == 3 else ">"))
    put("text", b'\2<rdf:Description tiff:Orientation="6"/>')
    put("text", b"\2tiff:Orientation <tiff:Orientation>8</tiff:Orientation>")
    for how, kind, key, text in ((1, b"tEXt", b"Raw profile type exif", check.profile(6)),
                                 (5, b"zTXt", b"Raw profile type exif", check.profile(6)),
                                 (8, b"iTXt", b"XML:com.adobe.xmp", b'tiff:Orientation="6"'),
                                 (8, b"iTXz", b"XML:com.adobe.xmp", b'tiff:Orientation="6"')):
        put("text", bytes([how]) + check.text_chunk(kind, key, text)[8:-4])
    for n in (0, 1, 2, 3, 31, 32, 96, 300):
        text = base64.b64encode(noise[:n])
        for seed in (text, text[:-1], text + b"\n", text.replace(b"A", b"\\/"), text.replace(b"/", b"_")):
            put("base64", seed)
    mp4 = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", b"1234") + box(b"mdat", b"12345678")
    for data in (mp4, mp4[:-1], struct.pack("<4sI4s4sI", b"RIFF", 12, b"WAVE", b"data", 0), b"GIF89a;", b"OggS", b""):
        put("whole", data)
        put("probe", data)
    check.shutil.rmtree(check.TMP, ignore_errors=True)


main()
