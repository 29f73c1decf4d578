"""Many pictures at once through MCP, in turns with the same jobs straight from C on as many threads.

usage: throughput.py OUT                        settings: see throughput.sh
"""
import hashlib, json, os, shutil, statistics, subprocess, sys, threading, time
import servers
from servers import Client, good, memory, perform, processor, say

ROUNDS = int(os.environ.get("ROUNDS", "5"))
CALLS = int(os.environ.get("CALLS", "200"))
JOBS = int(os.environ.get("IMAGE_JOBS", "0")) or os.cpu_count()
NICE = int(os.environ.get("NICE", "10"))
THREADS = int(os.environ.get("THREADS", "32"))
SAMPLES = int(os.environ.get("SAMPLES", "1000"))
INPUTS = ["1920x1080.jpg", "4000x3000.jpg"]
TARGET = "1280x720"
RATIO = 0.9                                     # at least, of the throughput from C
RISE = 10                                       # ms that p99 of a ping may rise by
MEMORY = 16                                     # MB of one job, at most
PLAIN = b"GET /plain HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

OURS, FROM_C, UNSYNCED = "through MCP", "from C", "from C, files not synced"
short = []                                      # targets that are not reached


# --- the peers: seconds by the clock, seconds of the processor, peak of memory in MB

def peak_anew(pid):
    with open("/proc/%d/clear_refs" % pid, "w") as f:
        f.write("5")


def checked(results):
    bad = [m for _, m in results if not good(m)]
    if bad:
        raise servers.Failed("%d of %d calls failed: %s" % (len(bad), len(results), json.dumps(bad[0])[:400]))
    return results


def prepare(client, picture, output):
    return lambda: client.call("prepare_reference_image", {"input_filename": picture, "target_size": TARGET,
                                                           "output_filename": output})


def through_mcp(s, picture):
    calls = [(s.client, prepare(s.client, picture, "out%d.png" % i)) for i in range(CALLS)]
    peak_anew(s.worker)
    begin, cpu = time.perf_counter(), processor(s.worker)
    results = perform(calls)
    took = time.perf_counter() - begin, processor(s.worker) - cpu
    checked(results)
    return *took, memory(s.worker, "VmHWM") - s.before


def from_c(s, picture, *options):
    said = subprocess.run([s.program, "-t", str(JOBS), "-n", str(NICE), *options, str(CALLS), s.folder, picture, "out",
                           TARGET], stdout=subprocess.PIPE, text=True, check=True).stdout
    wall, cpu, kib = map(float, said.split())
    return wall / 1000, cpu / 1000, kib * 1024 / 1e6


def one_job(s, picture):
    """MB of a fresh process less what it held idle."""
    said = subprocess.run([s.alone], input="mem %s/%s crop %s %s/alone.png\n" % (
        s.folder, picture, TARGET.replace("x", " "), s.dir), stdout=subprocess.PIPE, text=True, check=True).stdout
    return int(said) * 1024 / 1e6


def outputs(s):
    return [os.path.join(s.folder, n) for n in os.listdir(s.folder) if n.startswith("out")]


def clean(s):
    """No outputs, and nothing of the round before that is still to be written."""
    for path in outputs(s):
        os.unlink(path)
    subprocess.run(["sync", "-f", s.folder], check=True)


def kinds(s):
    """The checksums of all outputs, and how many outputs there are."""
    found = set()
    paths = outputs(s)
    for path in paths:
        with open(path, "rb") as f:
            found.add(hashlib.sha256(f.read()).hexdigest())
    return found, len(paths)


def in_turns(s, picture):
    peers = {OURS: lambda: through_mcp(s, picture), FROM_C: lambda: from_c(s, picture),
             UNSYNCED: lambda: from_c(s, picture, "-p")}
    rows = {p: [] for p in peers}
    seen = set()
    for r in range(ROUNDS + 1):
        say("%s, round %d of %d" % (picture, r, ROUNDS))
        order = list(peers)
        for p in order[r % len(order):] + order[:r % len(order)]:
            clean(s)
            row = peers[p]()
            sums, count = kinds(s)
            seen |= sums
            if count != CALLS or len(seen) != 1:
                raise servers.Failed("%s: %d files of %d, %d different ones" % (p, count, CALLS, len(seen)))
            if r:
                rows[p].append(row)
    clean(s)
    return rows


# --- pings: the probe of loop.py

def sample(probes):
    environment = os.environ | {"SAMPLES": str(SAMPLES)}
    running = {name: subprocess.Popen([sys.executable, servers.HERE + "/loop.py", "probe", str(port), path],
                                      stdout=subprocess.PIPE, text=True, env=environment)
               for name, (port, path) in probes.items()}
    said = {name: p.communicate()[0] for name, p in running.items()}
    if not all(said.values()):
        raise servers.Failed("a probe has failed")
    return {name: json.loads(text) for name, text in said.items()}


class Load(threading.Thread):
    """So many preparations of all inputs under way at any time, until stop()."""

    def __init__(self, s):
        super().__init__()
        self.calls = [(s.client, prepare(s.client, INPUTS[i % len(INPUTS)], "out%d.png" % i)) for i in range(CALLS)]
        self.over = threading.Event()
        self.results = None

    def run(self):
        self.results = perform(self.calls, lambda: not self.over.is_set())

    def stop(self):
        self.over.set()
        self.join()
        if self.results is None:
            raise servers.Failed("the load has failed")
        checked(self.results)


def pings(s):
    other, _ = s.nginx("other")
    probes = {"ping": (s.port, s.dir + "/ping"), "other": (other, s.dir + "/plain")}
    with open(s.dir + "/ping", "wb") as f:
        f.write(s.client.request("ping", {}))
    with open(s.dir + "/plain", "wb") as f:
        f.write(PLAIN)
    idle, busy = [], []
    for r in range(ROUNDS):
        say("pings, round %d of %d" % (r + 1, ROUNDS))
        idle.append(sample(probes))
        load = Load(s)
        load.start()
        try:
            time.sleep(1)
            busy.append(sample(probes))
        finally:
            load.stop()
        clean(s)
    return idle, busy


# --- the report

def times(values, form="%.2f"):
    return "%s (%s)" % (form % statistics.median(values), form % min(values))


def verdict(what, value, wanted, least, form):
    reached = value >= wanted if least else value <= wanted
    if not reached:
        short.append("%s is %s, wanted %s" % (what, form % value, form % wanted))
    return "%s%s" % (form % value, "" if reached else " **short**")


def report_throughput(rows):
    print("| input | | wall, s | pictures/s | of those from C | processor, s | times C's |")
    print("|---|---|---|---|---|---|---|")
    for picture, peers in rows.items():
        base = peers[FROM_C]
        for p, own in peers.items():
            speed = statistics.median(b[0] / a[0] for a, b in zip(own, base))
            cost = statistics.median(a[1] / b[1] for a, b in zip(own, base))
            print("| %s | %s | %s | %.1f | %s | %s | %.2f |" % (
                picture, p, times([x[0] for x in own]), CALLS / statistics.median(x[0] for x in own),
                "%s (%.2f)" % (verdict(picture + ": throughput", speed, RATIO, True, "%.2f") if p == OURS
                               else "%.2f" % speed, min(x[0] for x in base) / min(x[0] for x in own)),
                times([x[1] for x in own]), cost))


def percentile(said, p):
    values = sorted(said["us"])
    return values[min(len(values) - 1, int(len(values) * p / 100))] / 1000


def report_pings(idle, busy):
    print("| | idle p50 | p99 | loaded p50 | p99 | p99, loaded less idle |")
    print("|---|---|---|---|---|---|")
    for name, title in (("ping", "`ping` (MCP, the gateway)"),
                        ("other", "`return 200` in an nginx that has nothing else to do")):
        cells = [times([percentile(x[name], p) for x in rounds]) for rounds in (idle, busy) for p in (50, 99)]
        rise = statistics.median(percentile(b[name], 99) - percentile(i[name], 99) for i, b in zip(idle, busy))
        cells.append(verdict("rise of p99 of ping in ms", rise, RISE, False, "%.2f") if name == "ping"
                     else "%.2f" % rise)
        print("| %s | %s |" % (title, " | ".join(cells)))


def report_memory(rows, alone):
    print("| input | one job, alone | the worker, for each of %d | the program in C, for each of %d |" % (JOBS, JOBS))
    print("|---|---|---|---|")
    for picture, peers in rows.items():
        most = {p: max(x[2] for x in peers[p]) / JOBS for p in (OURS, FROM_C)}
        print("| %s | %.1f | %s | %.1f |" % (picture, alone[picture], verdict(
            picture + ": memory in MB", most[OURS], MEMORY, False, "%.1f"), most[FROM_C]))


def report(s, rows, alone, idle, busy):
    print("## Pictures through MCP\n")
    print("%s; files on %s. Command: `./build.sh bench throughput`.\n" % (servers.machine(),
                                                                         servers.file_system(s.folder)))
    print("%d calls of `prepare_reference_image` at once, to %s PNG, each on a connection of its own and with a name "
          "of its own, in one worker process (`sanzaru_image_jobs %d`, a thread pool of %d threads, "
          "`sanzaru_thread_nice %d`); and a program in C that does the same %d jobs on %d threads, as nice: the same "
          "functions from opening the input to the file that is synced (`fdatasync`), gets its name and whose folder "
          "is synced. The third line of each is that program with plain files that nobody syncs. They take turns, %d "
          "rounds after one that is not counted; between them the outputs are removed and the file system is synced. "
          "Through MCP the clock runs from the first connection to the last answer, in C from the first thread's start "
          "to the last one's end. All files had the same bytes.\n" % (
              CALLS, TARGET, JOBS, THREADS, NICE, CALLS, JOBS, ROUNDS))
    print("Medians, in brackets the least; factors are medians of each round's, in brackets that of the least times. "
          "The processor seconds are those of the worker or the program; the client's come on top, on the same "
          "processors. Wanted: at least %.1f of the pictures per second from C.\n" % RATIO)
    report_throughput(rows)
    print("\nMilliseconds of a request on a connection that is kept, %d of them, one every 5 ms, in each of %d rounds: "
          "first with nothing else to do, then while %d preparations, of both inputs, are under way at any time. "
          "The probes have %s priority. Wanted: p99 of `ping` rises by at most %d ms.\n" % (
              SAMPLES, ROUNDS, CALLS, busy[0]["ping"]["priority"], RISE))
    report_pings(idle, busy)
    print("\nMemory in MB (10^6 bytes): the peak less what was held before the first picture, the most of all rounds, "
          "divided by the jobs at once; in the worker the %d connections and calls are part of it. Wanted: at most %d "
          "for each.\n" % (CALLS, MEMORY))
    report_memory(rows, alone)
    print("\n" + ("Short of what is wanted: " + "; ".join(short) + "." if short else "Every target is reached."))


def main():
    out = os.path.abspath(sys.argv[1])
    inputs = servers.inputs(out, INPUTS)
    with servers.Servers(out) as s:
        s.folder = s.dir + "/media/images"
        s.program, s.alone = (out + "/bench-objs/bench/media/" + n for n in ("together", "prepare"))
        for name in INPUTS:
            shutil.copy(os.path.join(inputs, name), s.folder)
        s.upstream = "http://127.0.0.1:9/v1"    # no picture needs it
        s.port, s.worker = s.gateway("thread_pool default threads=%d max_queue=65536;" % THREADS,
                                     "sanzaru_image_jobs %d queue=%d; sanzaru_thread_nice %d;" % (
                                         JOBS, max(CALLS, 512), NICE))
        s.client = Client(s.port)
        s.before = memory(s.worker, "VmRSS")
        rows = {picture: in_turns(s, picture) for picture in INPUTS}
        alone = {picture: one_job(s, picture) for picture in INPUTS}
        report(s, rows, alone, *pings(s))


main()
