"""All image peers on the same cases in turn, so that what else the machine does falls on all alike.

usage: bench.py INPUTS TMP NAME=COMMAND...     the peers ours, scaled, faster, smaller, pillow, sharp; see run.sh
"""
import math, os, shlex, statistics, subprocess, sys
from PIL import Image, ImageChops

ROUNDS = int(os.environ.get("ROUNDS", "9"))
CPU = os.environ.get("BENCH_CPU", "0")
TARGET = "1280 720"
SIZE = 1.03                                     # at most, of Pillow's file
THROUGHPUT = 1.15                               # at least, of sharp's
PSNR = 48                                       # at least, with scaled decoding

# case: least factor of processor time against Pillow and against sharp
CASES = [("640x480.jpg", 12, 2.8), ("1920x1080.jpg", 7.5, 1.6), ("1920x1080.png", 9, 1.8),
         ("4000x3000.jpg", 5, 1.05), ("4000x3000.jpg scaled", 7.5, 1.5), ("4000x3000.png", 5.5, 1.7),
         ("4000x3000a.png", 5, 2), ("4000x3000.webp", 3, 1.02)]
MEMORY = [("4000x3000.jpg", 16), ("4000x3000.png", 16), ("4000x3000.webp", 48), ("6000x4000.jpg", 18)]
EFFORTS = ["640x480.jpg", "1920x1080.png", "4000x3000.jpg"]

inputs, tmp = sys.argv[1:3]
commands = dict(a.split("=", 1) for a in sys.argv[3:])
short = []                                      # targets that are not reached


def start(name, cpus):
    return subprocess.Popen(["taskset", "-c", cpus] + shlex.split(commands[name]), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def ask(p, kind, case, out):
    p.stdin.write("%s %s/%s crop %s %s\n" % (kind, inputs, case.split()[0], TARGET, out))
    p.stdin.flush()
    said = p.stdout.readline()
    if not said or said.startswith("error"):
        sys.exit("%s: %s" % (case, said))
    return [float(v) for v in said.split()]


def stop(peers):
    for p in peers.values():
        p.stdin.close()
        p.wait()


def our_name(case):
    return "scaled" if "scaled" in case else "ours"


def out_of(name):
    return os.path.join(tmp, name + ".png")


def verdict(case, what, value, wanted, least=True, form="%.2f"):
    good = value >= wanted if least else value <= wanted
    text = form % value
    if not good:
        short.append("%s: %s is %s, wanted %s" % (case, what, text, wanted))
    return "%s (%s)%s" % (text, wanted, "" if good else " **short**")


def times(ms):
    return "%.1f (%.1f)" % (statistics.median(ms), min(ms)) if ms else "-"


def factor(slow, fast):
    """The median of the ratios of each round."""
    return statistics.median(a / b for a, b in zip(slow, fast))


def rounds(peers, names, case):
    """Processor milliseconds of each; the first round warms up."""
    rows = {n: [] for n in names}
    for r in range(ROUNDS + 1):
        for n in names:
            ms = ask(peers[n], "lat", case, out_of(n))[1]
            if r:
                rows[n].append(ms)
    return rows


def pixels(case, ours):
    """How our pixels differ from Pillow's."""
    a, b = (Image.open(out_of(n)).convert("RGB") for n in (ours, "pillow"))
    if "a.png" in case:
        return "alpha composited"               # Pillow's convert("RGB") drops it
    d = ImageChops.difference(a, b)
    worst = max(high for _, high in d.getextrema())
    if ours != "scaled":
        return verdict(case, "largest difference", worst, 0, False, "%d")
    mse = sum(i * i * n for c in d.split() for i, n in enumerate(c.histogram())) / (3 * a.width * a.height)
    return verdict(case, "PSNR", 99 if mse == 0 else 10 * math.log10(65025 / mse), PSNR, True, "%.1f dB")


def latency():
    peers = {n: start(n, CPU) for n in commands if n not in ("faster", "smaller")}
    print("\n### One job on one processor, to a 1280x720 PNG\n")
    print("Milliseconds of processor time, medians (and least) of %d rounds in which all took turns; factors are "
          "medians of each round's, in brackets what is wanted. Size: our file by Pillow's. Pixels: the largest "
          "difference to Pillow's.\n" % ROUNDS)
    print("| case | ours | Pillow | sharp | Pillow takes times | sharp takes times | size | pixels |")
    print("|---|---|---|---|---|---|---|---|")
    for case, over_pillow, over_sharp in CASES:
        ours = our_name(case)
        rows = rounds(peers, [n for n in (ours, "pillow", "sharp") if n in peers], case)
        size = os.path.getsize(out_of(ours)) / os.path.getsize(out_of("pillow"))
        print("| %s | %s | %s | %s | %s | %s | %s | %s |" % (
            case, times(rows[ours]), times(rows["pillow"]), times(rows.get("sharp")),
            verdict(case, "factor to Pillow", factor(rows["pillow"], rows[ours]), over_pillow),
            verdict(case, "factor to sharp", factor(rows["sharp"], rows[ours]), over_sharp)
            if "sharp" in rows else "-",
            verdict(case, "size", size, SIZE, False, "%.3f"), pixels(case, ours)), flush=True)
    stop(peers)


def throughput():
    if "sharp" not in commands:
        return
    cpus = "0-1" if (os.cpu_count() or 1) > 1 else "0"
    peers = {n: start(n, cpus) for n in ("ours", "scaled", "sharp")}
    n_rounds = max(1, ROUNDS // 3)
    print("\n### Two at once on two processors\n")
    print("Jobs a second by the clock, medians of %d rounds of 1.5 s.\n" % n_rounds)
    print("| case | ours | sharp | times sharp's |\n|---|---|---|---|")
    for case, _, _ in CASES:
        names = [our_name(case), "sharp"]
        rows = {n: [] for n in names}
        for _ in range(n_rounds):
            for n in names:
                rows[n].append(ask(peers[n], "thr", case, out_of(n))[0])
        med = [statistics.median(rows[n]) for n in names]
        print("| %s | %.1f | %.1f | %s |" % (case, *med, verdict(case, "throughput", med[0] / med[1], THROUGHPUT)),
              flush=True)
    stop(peers)


def memory():
    print("\n### Memory of one job\n")
    print("Peak of a fresh process less what it held idle, MiB.\n")
    print("| case | ours (at most) | Pillow | sharp |\n|---|---|---|---|")
    for case, most in MEMORY:
        got = {}
        for n in ("ours", "pillow", "sharp"):
            if n in commands:
                p = {n: start(n, CPU)}
                got[n] = ask(p[n], "mem", case, out_of(n))[0] / 1024
                stop(p)
        print("| %s | %s | %.1f | %s |" % (case, verdict(case, "memory", got["ours"], most, False, "%.1f"),
                                           got["pillow"], "%.1f" % got["sharp"] if "sharp" in got else "-"), flush=True)


def efforts():
    names = ["faster", "ours", "smaller"]
    peers = {n: start(n, CPU) for n in names + ["pillow"]}
    print("\n### The efforts of the PNG encoder\n")
    print("Milliseconds of processor time of the whole job, and the file's size by Pillow's.\n")
    print("| case | faster | default | smaller |\n|---|---|---|---|")
    for case in EFFORTS:
        rows = rounds(peers, names, case)
        ask(peers["pillow"], "lat", case, out_of("pillow"))
        base = os.path.getsize(out_of("pillow"))
        print("| %s | %s |" % (case, " | ".join("%s, %.3f" % (times(rows[n]), os.path.getsize(out_of(n)) / base)
                                                for n in names)), flush=True)
    stop(peers)


latency()
throughput()
memory()
efforts()
print("\n" + ("Short of what is wanted: " + "; ".join(short) + "." if short else "Every target is reached."))
