"""Pillow doing the job as the original does it; the protocol of prepare.c."""
import sys, time
from concurrent.futures import ThreadPoolExecutor
from PIL import Image

LANCZOS = Image.Resampling.LANCZOS


def job(src, mode, w, h, out):
    im = Image.open(src)
    im = im if im.mode == "RGB" else im.convert("RGB")
    if mode == "rescale":
        im = im.resize((w, h), LANCZOS)
    elif mode == "crop":
        if im.width / im.height > w / h:
            nw, nh = int(im.width * (h / im.height)), h
        else:
            nw, nh = w, int(im.height * (w / im.width))
        im = im.resize((nw, nh), LANCZOS)
        x, y = (nw - w) // 2, (nh - h) // 2
        im = im.crop((x, y, x + w, y + h))
    else:
        im.thumbnail((w, h), LANCZOS)
        small, im = im, Image.new("RGB", (w, h))
        im.paste(small, ((w - small.width) // 2, (h - small.height) // 2))
    im.save(out, "PNG")


def peak():
    with open("/proc/self/status") as f:
        return {k: int(v.split()[0]) for k, v in (x.split(":", 1) for x in f) if k in ("VmHWM", "VmRSS")}


def loop(args, out, end):
    n = 0
    while n < 1 or time.perf_counter() < end:
        job(*args, out)
        n += 1
    return n


for line in sys.stdin:
    kind, src, mode, w, h, out = line.split()
    args = (src, mode, int(w), int(h))
    wall, cpu, idle = time.perf_counter(), time.process_time(), peak()["VmRSS"]
    if kind == "thr":
        with ThreadPoolExecutor(2) as pool:
            n = sum(pool.map(lambda k: loop(args, "%s.%d" % (out, k), wall + 1.5), (0, 1)))
        wall = time.perf_counter() - wall
        print("%.3f %.3f %d" % (n / wall, (time.process_time() - cpu) / wall, n), flush=True)
        continue
    job(*args, out)
    if kind == "mem":
        print(peak()["VmHWM"] - idle, flush=True)
    else:
        print("%.3f %.3f" % ((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3), flush=True)
