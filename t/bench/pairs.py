"""The same work for two builds, in turns: medians of the ratios, and how sure they are.

usage: pairs.py OUT BEFORE                      settings: see pairs.sh
"""
import fnmatch, glob, json, math, os, re, shutil, statistics, subprocess, sys, tempfile, time
import servers
from servers import Client, VIDEO_BYTES, good, many_files, perform, processor, say

ROUNDS = int(os.environ.get("ROUNDS", "21"))
ONLY = os.environ.get("ONLY", "*")
MINUTES = float(os.environ.get("MINUTES", "inf"))
STREAMS = int(os.environ.get("STREAMS", "6000"))
WORSE = 1.03                                    # below the whole interval: it is worse
SURE = 0.95                                     # of the interval, at least
AT_ONCE = 32                                    # downloads
TARGET = "1280x720"
CASES = ["640x480.jpg", "1920x1080.jpg", "1920x1080.png", "4000x3000.jpg", "4000x3000.png", "4000x3000a.png",
         "4000x3000.webp"]
EFFORTS = ["640x480.jpg", "1920x1080.png", "4000x3000.jpg"]
BASE64_BYTES = 1048576
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["MCP-Protocol-Version"] = "%s"
wrk.body = [[%s]]
"""


class Side:
    """One build: its gateways, with and without a folder for its state, and its programs of lib/."""

    def __init__(self, s, name, out):
        self.s, self.name, self.count = s, name, 0
        self.module = os.path.join(out, "objs", "ngx_http_sanzaru_module.so")
        self.programs = os.path.join(out, "bench-objs", "bench", "media")
        self.media = "%s/media.%s" % (s.dir, name)
        for folder in ("/videos", "/images"):
            os.makedirs(self.media + folder)
        for i in range(20):
            with open("%s/videos/small%d.mp4" % (self.media, i), "wb") as f:
                f.write(b"\0" * 1000)
        for case in CASES:
            shutil.copy(os.path.join(s.inputs, case), self.media + "/images")
        self.own = set(self.files())
        self.port, self.worker = self.gateway("gateway")
        self.kept_port, self.kept_worker = self.gateway("kept", "sanzaru_state_path %s/state.%s;" % (s.dir, name))
        self.client, self.kept = Client(self.port), Client(self.kept_port)

    def gateway(self, name, http="", **options):
        return self.s.gateway(name="%s.%s" % (name, self.name), module=self.module, media=self.media, http=http,
                              **options)

    def files(self):
        return glob.glob(self.media + "/*/*")

    def clean(self):
        """Only the inputs, and nothing that is still to be written."""
        for path in set(self.files()) - self.own:
            os.unlink(path)
        subprocess.run(["sync", "-f", self.media], check=True)

    def number(self):
        self.count += 1
        return self.count


# --- the work: each takes a side and returns what it cost

def flood(message):
    """Microseconds of the worker for a request, 32 connections that are kept."""
    def run(side):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:
            f.write(SCRIPT % (servers.VERSION, json.dumps({"jsonrpc": "2.0", "id": 1, **message})))
            f.flush()
            begin = processor(side.worker)
            text = subprocess.run(["wrk", "-t1", "-c32", "-d1", "-s", f.name, "http://127.0.0.1:%d/mcp" % side.port],
                                  capture_output=True, text=True, check=True).stdout
            used = processor(side.worker) - begin
        if "Non-2xx" in text or "Socket errors" in text:
            raise servers.Failed(text)
        return used / int(re.search(r"(\d+) requests in", text)[1]) * 1e6
    return run


def checked(results):
    bad = [m for m in results if not good(m)]
    if bad:
        raise servers.Failed("%d of %d calls failed: %s" % (len(bad), len(results), json.dumps(bad[0])[:400]))


def one_by_one(n, tool, arguments, kept=False):
    """Microseconds of the worker for a call, on one connection."""
    def run(side):
        client, worker = (side.kept, side.kept_worker) if kept else (side.client, side.worker)
        with client.connect() as s:
            begin = processor(worker)
            results = [client.ask(s, "tools/call", {"name": tool, "arguments": arguments(side)}).message()
                       for _ in range(n)]
            used = processor(worker) - begin
        checked(results)
        side.clean()
        return used / n * 1e6
    return run


def at_once(calls):
    """Milliseconds of the worker for calls that are all made at once: pairs of a tool and its arguments."""
    def run(side):
        wanted = [(side.client, lambda c=c: side.client.call(*c)) for c in calls(side)]
        begin = processor(side.worker)
        results = perform(wanted)
        used = processor(side.worker) - begin
        checked([m for _, m in results])
        side.clean()
        return used * 1e3
    return run


def downloads(side):
    return [("download_video", {"video_id": side.s.video, "filename": "v%d.mp4" % i}) for i in range(AT_ONCE)]


def pictures(side):
    return [("prepare_reference_image", {"input_filename": c, "target_size": TARGET, "output_filename": "out%d.png" % i})
            for i, c in enumerate(CASES)]


def streams(side):
    """KB (1024 bytes) of a worker for a waiting stream, and microseconds to open one."""
    port, worker = side.gateway("streams", location="sanzaru_max_streams 100000;", connections=STREAMS + 100)
    before, begin = proportional(worker), processor(worker)
    opened = [servers.listen(port, i) for i in range(STREAMS)]
    cost = (proportional(worker) - before) / STREAMS, (processor(worker) - begin) / STREAMS * 1e6
    for s in opened:
        s.close()
    side.s.stop(worker)
    return cost


def proportional(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return next(int(l.split()[1]) for l in f if l.startswith("Pss:"))


def prepare(case, *options):
    """Milliseconds of the image path in a program of its own."""
    def run(side):
        job = "lat %s/%s crop %s %s/out.png\n" % (side.s.inputs, case, TARGET.replace("x", " "), side.s.dir)
        said = subprocess.run([side.programs + "/prepare", *options], input=4 * job, stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        return statistics.median(float(line.split()[1]) for line in said.split("\n")[1:4])
    return run


def base64(side):
    """Milliseconds of each row of its table."""
    said = subprocess.run([side.programs + "/base64", side.s.dir, str(BASE64_BYTES)], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    rows = re.findall(r"^\| (ours|the same).*? \| ([\d.]+) \(", said, re.M)
    return tuple(float(ms) for _, ms in rows)


def tool(name, **arguments):
    return {"method": "tools/call", "params": {"name": name, "arguments": arguments}}


# a name for `ONLY`, the figures' titles, what measures them
WORK = [
    ("ping", ["`ping`, µs"], flood({"method": "ping"})),
    ("tools", ["tools/list, µs"], flood({"method": "tools/list"})),
    ("local", ["list_local_videos, 20 files, µs"], flood(tool("list_local_videos"))),
    ("create", ["create_video, µs"], one_by_one(100, "create_video", lambda _: {"prompt": "a kite"})),
    ("create-kept", ["create_video with `sanzaru_state_path`, µs"],
     one_by_one(100, "create_video", lambda _: {"prompt": "a kite"}, True)),
    ("status", ["get_video_status, µs"], one_by_one(100, "get_video_status", lambda side: {"video_id": side.s.video})),
    ("download", ["%d downloads of %.1f MB at once, ms" % (AT_ONCE, VIDEO_BYTES / 1e6)], at_once(downloads)),
    ("generate", ["generate_image, Base64 of a PNG, µs"],
     one_by_one(8, "generate_image", lambda side: {"prompt": "a kite", "filename": "g%d.png" % side.number()})),
    ("pictures", ["prepare_reference_image, %d inputs, ms" % len(CASES)], at_once(pictures)),
    ("streams", ["memory of a waiting stream, of %d, KB" % STREAMS, "opening one of them, µs"], streams),
] + [("image", ["from C: %s, ms" % c], prepare(c)) for c in CASES] + [
    ("image", ["from C: 4000x3000.jpg scaled, ms"], prepare("4000x3000.jpg", "-s"))] + [
    ("image", ["from C: %s, %s, ms" % (c, e)], prepare(c, "-e", e)) for e in ("faster", "smaller") for c in EFFORTS] + [
    ("base64", ["Base64, %d bytes: %s, ms" % (BASE64_BYTES, what)
                for what in ("decode", "decode, portable", "encode", "write() into a reserved file",
                             "decode and write in pieces", "the same into a reserved file")], base64),
]


# --- how sure

def interval(ratios):
    """The order statistics between which the median is, with so much certainty."""
    n, k = len(ratios), 0
    missed = 2 / 2 ** n
    while missed + math.comb(n, k + 1) / 2 ** (n - 1) <= 1 - SURE:
        k += 1
        missed += math.comb(n, k) / 2 ** (n - 1)
    values = sorted(ratios)
    return values[k], values[n - 1 - k]


def pairs(sides, work):
    """For each title the values of all rounds, of one side and of the other."""
    found = {title: ([], []) for _, titles, _ in work for title in titles}
    end = time.monotonic() + MINUTES * 60
    for r in range(ROUNDS + 1):
        if time.monotonic() > end:
            say("the time is over")
            break
        say("round %d of %d" % (r, ROUNDS))
        for _, titles, run in work:
            for k in ((0, 1), (1, 0))[r % 2]:
                cost = run(sides[k])
                for title, value in zip(titles, cost if isinstance(cost, tuple) else (cost,)):
                    found[title][k].extend([value] if r else [])
    return found


def keep(path, found):
    """With what was measured before by the same two builds, so that `ONLY` measures a part anew."""
    kept = {}
    if os.path.exists(path):
        with open(path) as f:
            kept = json.load(f)
    with open(path, "w") as f:
        json.dump(kept | found, f)
    return kept | found


def commit(folder):
    said = subprocess.run(["git", "-C", folder, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return said.stdout.strip() or os.path.basename(folder)


def report(s, before, found):
    print("## Beside an earlier commit\n")
    print("%s; files on %s. Command: `BEFORE=checkout ./build.sh bench pairs`.\n" % (
        servers.machine(), servers.file_system(s.dir)))
    print("Processor time of the worker (memory where it says so) for the same work by this build and by that of %s, "
          "medians of pairs in turns, after one that is not counted. The factor is the median of the pairs' ratios, in "
          "brackets the order statistics that hold it with %d %%. Worse is what has all of them above %.2f.\n" % (
              commit(before), 100 * SURE, WORSE))
    print("| | pairs | before | now | factor | |")
    print("|---|---|---|---|---|---|")
    worse = []
    for title in (t for _, titles, _ in WORK for t in titles if t in found):
        old, new = found[title]
        ratios = [b / a for a, b in zip(old, new)]
        low, high = interval(ratios)
        if low > WORSE:
            worse.append(title)
        print("| %s | %d | %s | %s | %.3f (%.3f to %.3f) | %s |" % (
            title, len(ratios), show(old), show(new), statistics.median(ratios), low, high,
            "**worse**" if low > WORSE else "better" if high < 1 else ""))
    print("\n" + ("Worse: " + "; ".join(worse) + "." if worse else "Nothing is worse."))


def show(values):
    return "%.4g" % statistics.median(values)


def main():
    out, before = (os.path.abspath(a) for a in sys.argv[1:])
    many_files()
    with servers.Servers(out) as s:
        s.inputs = servers.inputs(out, CASES)
        s.stand_in()
        sides = Side(s, "before", before + "/build"), Side(s, "now", out)
        work = [w for w in WORK if any(fnmatch.fnmatch(w[0], p) for p in ONLY.split())]
        path = os.path.join(out, "bench-pairs.%s.json" % commit(before))
        report(s, before, keep(path, pairs(sides, work)))


main()
