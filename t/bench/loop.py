"""Latency of a ping, idle and under load, beside what the same probe sees where the gateway has no part.

usage: loop.py OUT                              settings: see loop.sh
       loop.py probe PORT FILE                  (by itself) sends what FILE holds, prints microseconds
"""
import array, json, os, shutil, statistics, subprocess, sys, threading, time
import servers
from servers import Client, event_thread, good, memory, perform, processor, say

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SAMPLES = int(os.environ.get("SAMPLES", "2000"))
THREADS = int(os.environ.get("THREADS", "32"))
IMAGE_JOBS = os.environ.get("IMAGE_JOBS", "")
INTERVAL = 0.005
IMAGES, DOWNLOADS = 16, 32
TARGET = 10                                     # ms that p99 may rise by
PICTURE = "4000x3000.jpg"
PLAIN = b"GET /plain HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


# --- the probe: a process of its own, ahead of the others if that is allowed

def probe(port, path):
    import gc, socket
    with open(path, "rb") as f:
        request = f.read()
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        raised = "real-time"
    except OSError:
        raised = "usual"
    gc.disable()
    s = socket.create_connection(("127.0.0.1", port), timeout=servers.PATIENCE)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken = []
    clock = time.perf_counter
    due = clock() + INTERVAL
    while len(taken) < SAMPLES + 20:
        rest = due - clock()
        if rest > 0:
            time.sleep(rest)
        begin = clock()
        s.sendall(request)
        answer = servers.Answer()
        while True:
            piece = s.recv(65536)
            if not piece:
                sys.exit("the connection was closed")
            if answer.feed(piece):
                break
        end = clock()
        if not answer.head.startswith("http/1.1 200"):
            sys.exit(answer.head)
        taken.append(end - begin)
        due += INTERVAL
        # those that were due meanwhile would have come to their answers now, too
        while due < end:
            taken.append(end - due)
            due += INTERVAL
    json.dump({"priority": raised, "us": [round(t * 1e6) for t in taken[20:]]}, sys.stdout)


def sample(probes, turns):
    """Milliseconds of each probe, all of them at the same time."""
    before = turns.read()
    running = {}
    for name, (port, path) in probes.items():
        running[name] = subprocess.Popen([sys.executable, __file__, "probe", str(port), path], stdout=subprocess.PIPE,
                                         text=True)
        time.sleep(INTERVAL / len(probes))
    found = {}
    for name, p in running.items():
        said = json.loads(p.communicate()[0] or "{}")
        if not said:
            sys.exit("the probe of %s has failed" % name)
        found[name] = sorted(us / 1000 for us in said["us"])
        found["priority"] = said["priority"]
    found["turns"] = turns.since(before)
    return found


class Turns:
    """Milliseconds of processor time that the event loop's turns take, from loop.turns.c in the worker."""

    STEP = 0.01

    def __init__(self, out, folder):
        library = os.path.join(out, "bench-objs", "loop.turns.so")
        os.makedirs(os.path.dirname(library), exist_ok=True)
        subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
                        library, servers.HERE + "/loop.turns.c", "-ldl"], check=True)
        self.path = folder + "/turns"
        self.environment = os.environ | {"LD_PRELOAD": os.path.abspath(library), "LOOP_TURNS": self.path}

    def read(self):
        with open(self.path, "rb") as f:
            return array.array("Q", f.read())

    def since(self, before):
        """Sorted, as far as a hundredth of a millisecond tells them apart."""
        return [(i + 1) * self.STEP for i, (a, b) in enumerate(zip(before, self.read())) for _ in range(b - a)]


def percentile(values, p):
    return values[min(len(values) - 1, int(len(values) * p / 100))]


# --- the load

class Load(threading.Thread):
    """Pictures and downloads, so many of each at any time, until stop()."""

    def __init__(self, port, video):
        super().__init__()
        self.port, self.video = port, video
        self.over = threading.Event()
        self.results = None

    def run(self):
        begin = time.monotonic()
        client = Client(self.port)
        calls = [(client, lambda i=i: client.call("prepare_reference_image", {
            "input_filename": PICTURE, "target_size": "1280x720", "output_filename": "out%d.png" % i}))
            for i in range(IMAGES)]
        calls += [(client, lambda i=i: client.call("download_video", {
            "video_id": self.video, "filename": "v%d.mp4" % i})) for i in range(DOWNLOADS)]
        results = perform(calls, lambda: not self.over.is_set())
        self.seconds = time.monotonic() - begin
        self.results = results

    def stop(self):
        self.over.set()
        self.join()
        if self.results is None:
            raise servers.Failed("the load has failed")
        bad = [m for _, m in self.results if not good(m)]
        if bad:
            raise servers.Failed("%d of %d calls failed: %s" % (len(bad), len(self.results), json.dumps(bad[0])[:400]))
        images = sum(n < IMAGES for n, _ in self.results)
        return images / self.seconds, (len(self.results) - images) / self.seconds


def idle_processors():
    with open("/proc/stat") as f:
        fields = [int(v) for v in f.readline().split()[1:]]
    return fields[3] + fields[4], sum(fields[:8])


def loaded(s, port, worker, probes, turns):
    load = Load(port, s.video)
    load.start()
    time.sleep(1)
    had, waited = event_thread(worker)
    idle, total = idle_processors()
    took = processor(worker)
    begin = time.monotonic()
    found = sample(probes, turns)
    seconds = time.monotonic() - begin
    idle, total = (b - a for a, b in zip((idle, total), idle_processors()))
    found["had"], found["waited"] = ((b - a) / seconds for a, b in zip((had, waited), event_thread(worker)))
    found["idle"] = idle / total
    found["gateway"] = (processor(worker) - took) / seconds / os.cpu_count()
    found["images"], found["downloads"] = load.stop()
    return found


def main():
    out = sys.argv[1]
    path = os.path.join(servers.inputs(out, [PICTURE]), PICTURE)
    with servers.Servers(out) as s:
        shutil.copy(path, s.dir + "/media/images/")
        s.stand_in()
        turns = Turns(out, s.dir)
        port, worker = s.gateway("thread_pool default threads=%d max_queue=65536;" % THREADS,
                                 "sanzaru_image_jobs %s;" % IMAGE_JOBS if IMAGE_JOBS else "", env=turns.environment)
        other, _ = s.nginx("other")
        requests = {"ping": s.dir + "/ping", "plain": s.dir + "/plain"}
        with open(requests["ping"], "wb") as f:
            f.write(Client(port).request("ping", {}))
        with open(requests["plain"], "wb") as f:
            f.write(PLAIN)
        probes = {"ping": (port, requests["ping"]), "same": (port, requests["plain"]),
                  "other": (other, requests["plain"])}
        idle, busy = [], []
        for r in range(ROUNDS):
            say("round %d of %d" % (r + 1, ROUNDS))
            idle.append(sample(probes, turns))
            busy.append(loaded(s, port, worker, probes, turns))
            time.sleep(1)
        report(s, idle, busy, memory(worker, "VmHWM"))


NAMES = {"ping": "`ping` (MCP, the gateway)",
         "same": "`return 200` in the same worker",
         "other": "`return 200` in an nginx that has nothing else to do",
         "turns": "processor time of a turn of the event loop"}


def middle(rounds, name):
    return "%.1f" % statistics.median(x[name] for x in rounds)


def percent(rounds, name):
    return "%.0f %%" % (100 * statistics.median(x[name] for x in rounds))


def report(s, idle, busy, peak):
    print("## The event loop under load\n")
    print("%s; files on %s. Command: `./build.sh bench loop`.\n" % (servers.machine(),
                                                                   servers.file_system(s.dir)))
    print("One worker process, a thread pool of %d threads, %s. A request every %.0f ms on a connection that is kept, "
          "%d of them in each of %d rounds: first with nothing else to do, then while %d calls of "
          "`prepare_reference_image` (a %s, to 1280x720 PNG) and %d of `download_video` (%d bytes, from the stand-in) "
          "are always under way: %s pictures and %s downloads a second.\n" % (
              THREADS, "sanzaru_image_jobs " + IMAGE_JOBS if IMAGE_JOBS else "as many pictures at once as processors",
              INTERVAL * 1000, SAMPLES, ROUNDS, IMAGES, PICTURE, DOWNLOADS, servers.VIDEO_BYTES, middle(busy, "images"),
              middle(busy, "downloads")))
    print("Milliseconds; medians of the rounds, in brackets the least. The last column is the rise of p99.\n")
    print("| | idle p50 | p99 | max | loaded p50 | p99 | max | p99, loaded less idle |")
    print("|---|---|---|---|---|---|---|---|")
    rises = {}
    for name, title in NAMES.items():
        cells = []
        for rounds in (idle, busy):
            for p in (50, 99, 100):
                values = [percentile(x[name], p) for x in rounds]
                cells.append("%.2f (%.2f)" % (statistics.median(values), min(values)))
        rise = [percentile(b[name], 99) - percentile(i[name], 99) for i, b in zip(idle, busy)]
        rises[name] = statistics.median(rise)
        print("| %s | %s | %.2f (%.2f) |" % (title, " | ".join(cells), rises[name], min(rise)))
    good_enough = rises["ping"] < TARGET
    print("\nWanted: the p99 of `ping` rises by less than %d ms on a quiet machine. Here it %s; that of a turn of the "
          "loop rises by %.2f ms.\n" % (TARGET, "does" if good_enough else "**does not**", rises["turns"]))
    print("All of it is on %d processors: the gateway's event thread and its threads, the stand-in, the client that "
          "makes the calls, the probes (with %s priority), and what else ran: %s of the processors' time was left, %s "
          "went to the gateway. The event thread had a processor for %s of the time and waited for one for %s, which "
          "a machine with processors to spare would not have. So the lines are to be read together: the second one "
          "shares the event loop with `ping`, the third one only the machine, and the fourth one is the loop alone, "
          "whoever else the processors work for: what a request can have to wait for because of the gateway. The "
          "worker's memory: %.0f MB at its peak." % (
              os.cpu_count(), busy[0]["priority"], percent(busy, "idle"), percent(busy, "gateway"),
              percent(busy, "had"), percent(busy, "waited"), peak))


if __name__ == "__main__":
    if sys.argv[1] == "probe":
        probe(int(sys.argv[2]), sys.argv[3])
    else:
        main()
