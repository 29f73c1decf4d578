#!/usr/bin/env python3
"""Each call of lib/ to the outside fails once, over all unit tests (see torture.c).

usage: run.py FOLDER [--seconds N] [--seed N] [--jobs N] [TEST...]

FOLDER has the tests that are linked with torture.o.  A call is made to fail once for each chain of callers it comes
from.  With --seconds only a sample of that time, drawn with the seed.  TEST:N runs one call of one test, and shows
what it says.  Wrong is a crash in lib/, a test that hangs, and a leak: of memory that the failing call of the test
has allocated.  What other calls have is the test's own to free, and many do not when they fail.
"""
import argparse, concurrent.futures, glob, os, random, re, subprocess, sys, time

TIMEOUT = 120
SANITIZER = 23
ENV = dict(os.environ, ASAN_OPTIONS="exitcode=%d:detect_odr_violation=0:allocator_may_return_null=1" % SANITIZER)


def run(test, timeout=TIMEOUT, **env):
    """(exit status or None after the timeout, what it said)"""
    p = subprocess.Popen([test], env=dict(ENV, **env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    try:
        out, _ = p.communicate(timeout=timeout)
        return p.returncode, out.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        p.kill()
        out, _ = p.communicate()
        return None, out.decode("utf-8", "replace")


def calls(test, timeout):
    """[(test, number, name)]; None and why, when the test does not run"""
    path = "%s.%d.calls" % (test, os.getpid())
    rc, out = run(test, timeout, SZ_TORTURE_LIST=path)
    with open(path) as f:
        found = [line.rstrip("\n").split(" ", 1) for line in f]
    os.remove(path)
    if rc is None and timeout < TIMEOUT:
        return [], None                         # too slow for a sample
    if rc not in (0, 1):
        return None, "%s does not run: %s\n%s" % (os.path.basename(test), rc, out[-3000:])
    return [(test, int(n), name) for n, name in found], None


def ours(report):
    """The frames of a report that lie in this tree, innermost first: (function, file:line)"""
    return [f for f in re.findall(r"#\d+ 0x[0-9a-f]+ in (\S+) (?:\S*/)?((?:lib|t)/\S+?:\d+)", report)
            if not f[1].startswith("t/torture/")]


def place(test, pc):
    """file:line of a call that returns to pc"""
    out = subprocess.run(["addr2line", "-e", test, hex(pc - 1)], stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"((?:lib|t)/\S+?:\d+)", out)
    return found.group(1) if found else None


def leak(test, out):
    """The frames of a leak of the call that failed, or None"""
    failed = re.search(r"fails, from 0x([0-9a-f]+)", out)
    where = place(test, int(failed.group(1), 16)) if failed else None
    for report in re.findall(r"(?:Direct|Indirect) leak of .*?\n\n", out + "\n\n", re.S):
        frames = ours(report)
        tests = [line for _, line in frames if line.startswith("t/")]
        lib = any(line.startswith("lib/") for _, line in frames)
        if lib and (not tests or tests[0] == where):
            return frames
    return None


def verdict(test, rc, out):
    """(what is wrong, frames), or None"""
    if rc is None:
        return "it hangs", []
    if rc < 0:
        return "it ends by signal %d" % -rc, []
    if rc != SANITIZER:
        return None
    if "detected memory leaks" in out:
        frames = leak(test, out)
        return ("it leaks", frames) if frames else None
    frames = [f for f in ours(out) if ".h:" not in f[1]]        # inline in the test, or in lib/
    return None if frames and frames[0][1].startswith("t/") else ("it crashes", frames)


def main():
    a = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    a.add_argument("folder")
    a.add_argument("tests", nargs="*")
    a.add_argument("--seconds", type=float)
    a.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    a.add_argument("--jobs", type=int, default=os.cpu_count())
    a = a.parse_intermixed_args()

    if len(a.tests) == 1 and ":" in a.tests[0]:
        test, n = a.tests[0].split(":")
        rc, out = run(os.path.join(a.folder, test), SZ_TORTURE=n)
        print(out, "exit status:", rc)
        return

    tests = [os.path.join(a.folder, t) for t in a.tests] or sorted(
        t for t in glob.glob(os.path.join(a.folder, "test_*")) if "." not in os.path.basename(t))
    rng = random.Random(a.seed)
    begun = time.time()
    bad = done = stopped = 0
    pool = concurrent.futures.ThreadPoolExecutor(a.jobs)

    if a.seconds:
        print("torture: a sample, --seed %d" % a.seed, flush=True)
        tests = rng.sample(tests, len(tests))

    work = []
    for found, why in pool.map(lambda t: calls(t, a.seconds / 4 if a.seconds else TIMEOUT)
                               if not a.seconds or time.time() < begun + a.seconds / 3 else ([], None), tests):
        if found is None:
            print("not ok", why)
            bad += 1
        else:
            work += found
    total = len(work)
    if a.seconds:
        rng.shuffle(work)

    def one(item):
        test, n, name = item
        if a.seconds and time.time() - begun > a.seconds:
            return None
        return item + run(test, SZ_TORTURE=str(n))

    for result in pool.map(one, work):
        if result is None:
            continue
        test, n, name, rc, out = result
        done += 1
        stopped += "torture: the test has" in out or "torture: the test's own" in out
        wrong = verdict(test, rc, out)
        if wrong:
            bad += 1
            print("not ok %s:%d, %s fails, %s: %s" % (os.path.basename(test), n, name, wrong[0], " < ".join(
                "%s %s" % f for f in wrong[1][:6])), flush=True)

    print("torture: %d of %d calls in %d tests, %d s: %d wrong; in %d the test itself could not go on" % (
        done, total, len({test for test, _, _ in work}), time.time() - begun, bad, stopped))
    if bad:
        print("one of them again: t/torture/run.py %s TEST:N" % a.folder)
    sys.exit(1 if bad else 0)


main()
