"""All image peers on the same cases in turn, so that what else the machine does falls on all alike.

usage: bench.py INPUTS TMP NAME=COMMAND...     the peers "ours", "scaled", "pillow", "sharp"; see run.sh
"""
import os, shlex, statistics, subprocess, sys

ROUNDS = int(os.environ.get("ROUNDS", "5"))
CPU = os.environ.get("BENCH_CPU", "1" if (os.cpu_count() or 1) > 1 else "0")
TARGET = "1280 720"

# case: least factor of processor time against Pillow and against sharp
CASES = [("640x480.jpg", 12, 2.8), ("1920x1080.jpg", 7.5, 1.6), ("1920x1080.png", 9, 1.8),
         ("4000x3000.jpg", 5, 1.05), ("4000x3000.jpg scaled", 7.5, 1.5), ("4000x3000.png", 5.5, 1.7),
         ("4000x3000a.png", 5, 2), ("4000x3000.webp", 3, 1.02)]
MEMORY = [("4000x3000.jpg", 16), ("4000x3000.png", 16), ("4000x3000.webp", 48), ("6000x4000.jpg", 18)]

inputs, tmp = sys.argv[1:3]
commands = dict(a.split("=", 1) for a in sys.argv[3:])


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


def verdict(value, least):
    return "%.2f%s (%s)" % (value, "" if value >= least else " **short**", least)


def latency():
    peers = {n: start(n, CPU) for n in commands}
    print("\n### One job, one processor, to a 1280x720 PNG\n")
    print("Processor milliseconds, medians of %d rounds; in brackets what is wanted.\n" % ROUNDS)
    print("| case | ours | Pillow | sharp | times faster than Pillow | than sharp | size, Pillow's = 1 |")
    print("|---|---|---|---|---|---|---|")
    for case, over_pillow, over_sharp in CASES:
        names = [n for n in (our_name(case), "pillow", "sharp") if n in peers]
        rows = {n: [] for n in names}
        for r in range(ROUNDS + 1):
            for n in names:
                got = ask(peers[n], "lat", case, out_of(n))
                if r:
                    rows[n].append(got[1])
        med = {n: statistics.median(rows[n]) for n in names}

        def factor(other):
            return statistics.median(b / a for a, b in zip(rows[names[0]], rows[other]))
        size = os.path.getsize(out_of(names[0])) / os.path.getsize(out_of("pillow"))
        print("| %s | %.1f | %.1f | %s | %s | %s | %.3f |" % (
            case, med[names[0]], med["pillow"], "%.1f" % med["sharp"] if "sharp" in med else "-",
            verdict(factor("pillow"), over_pillow), verdict(factor("sharp"), over_sharp) if "sharp" in med else "-",
            size), flush=True)
    stop(peers)


def throughput():
    cpus = "0-1" if (os.cpu_count() or 1) > 1 else "0"
    peers = {n: start(n, cpus) for n in commands}
    print("\n### Two at once, two processors\n")
    print("Jobs a second by the clock, medians of %d rounds.\n" % max(1, ROUNDS // 2))
    print("| case | ours | sharp | times sharp |\n|---|---|---|---|")
    for case, _, _ in CASES:
        names = [n for n in (our_name(case), "sharp") if n in peers]
        rows = {n: [] for n in names}
        for _ in range(max(1, ROUNDS // 2)):
            for n in names:
                rows[n].append(ask(peers[n], "thr", case, out_of(n))[0])
        med = {n: statistics.median(rows[n]) for n in names}
        print("| %s | %.1f | %s | %s |" % (
            case, med[names[0]], "%.1f" % med["sharp"] if "sharp" in med else "-",
            verdict(med[names[0]] / med["sharp"], 1.15) if "sharp" in med else "-"), flush=True)
    stop(peers)


def memory():
    print("\n### Memory of one job\n")
    print("Peak of a fresh process minus what it held idle, MiB.\n")
    print("| case | ours | at most | Pillow | sharp |\n|---|---|---|---|---|")
    for case, most in MEMORY:
        got = {}
        for n in ("ours", "pillow", "sharp"):
            if n in commands:
                p = {n: start(n, CPU)}
                got[n] = ask(p[n], "mem", case, out_of(n))[0] / 1024
                stop(p)
        print("| %s | %.1f%s | %d | %.1f | %s |" % (
            case, got["ours"], "" if got["ours"] <= most else " **short**", most, got["pillow"],
            "%.1f" % got["sharp"] if "sharp" in got else "-"), flush=True)


latency()
throughput()
memory()
