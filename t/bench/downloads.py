"""The stress test of the seed, measured: 4 MCP clients with 8 downloads each, in turns with curl.

usage: downloads.py OUT                         settings: see downloads.sh
"""
import hashlib, os, shutil, statistics, subprocess, sys, time
import servers
from servers import Client, VIDEO_BYTES, children_processor, good, memory, perform, processor, say

ROUNDS = int(os.environ.get("ROUNDS", "7"))
CLIENTS, EACH = 4, 8
N = CLIENTS * EACH
NAMES = ["v%d.mp4" % i for i in range(N)]


def gateway_round(s, clients):
    calls = [(clients[i % CLIENTS], lambda i=i: clients[i % CLIENTS].call(
        "download_video", {"video_id": s.video, "filename": NAMES[i]})) for i in range(N)]
    begin, cpu = time.perf_counter(), processor(s.worker)
    results = perform(calls)
    return time.perf_counter() - begin, processor(s.worker) - cpu, sum(good(m) for _, m in results)


def curl_round(s, after=()):
    command = ["curl", "-sS", "--fail", "--no-progress-meter", "-H", "Authorization: Bearer bench", "--parallel",
               "--parallel-immediate", "--parallel-max", str(N)]
    paths = ["%s/%s" % (s.folder, n) for n in NAMES]
    for path in paths:
        command += ["-o", path, "%s/videos/%s/content?variant=video" % (s.upstream, s.video)]
    begin, cpu = time.perf_counter(), children_processor()
    bad = subprocess.run(command, stderr=subprocess.DEVNULL).returncode
    for program in after:
        bad |= subprocess.run(program + paths, stdout=subprocess.DEVNULL).returncode
    return time.perf_counter() - begin, children_processor() - cpu, 0 if bad else N


def same(s, want):
    """How many files have the size and the MD5 of the source."""
    count = 0
    for name in os.listdir(s.folder):
        with open("%s/%s" % (s.folder, name), "rb") as f:
            data = f.read()
        count += len(data) == VIDEO_BYTES and hashlib.md5(data).hexdigest() == want
    return count


def clean(s):
    """An empty folder, and nothing of the round before that is still to be written."""
    for name in os.listdir(s.folder):
        os.unlink("%s/%s" % (s.folder, name))
    subprocess.run(["sync", "-f", s.folder], check=True)


def source(s):
    path = s.dir + "/source.mp4"
    subprocess.run(["curl", "-sS", "--fail", "-H", "Authorization: Bearer bench", "-o", path,
                    "%s/videos/%s/content?variant=video" % (s.upstream, s.video)], check=True)
    with open(path, "rb") as f:
        return hashlib.md5(f.read()).hexdigest()


def times(values, form="%.2f"):
    return "%s (%s)" % (form % statistics.median(values), form % min(values))


def main():
    with servers.Servers(sys.argv[1]) as s:
        s.folder = s.dir + "/media/videos"
        s.stand_in()
        port, s.worker = s.gateway()
        want = source(s)
        clients = [Client(port) for _ in range(CLIENTS)]
        before = memory(s.worker, "VmRSS")

        peers = {"the gateway": lambda: gateway_round(s, clients),
                 "curl --parallel": lambda: curl_round(s),
                 "curl --parallel, then `sync -d`, `openssl sha256`": lambda: curl_round(s, (["sync", "-d"],
                                                                                          ["openssl", "sha256"]))}
        rows = {p: [] for p in peers}
        counts = []
        for r in range(ROUNDS + 1):
            say("round %d of %d" % (r, ROUNDS))
            for p, run in peers.items():
                clean(s)
                row = run()
                if (row[2], same(s, want)) != (N, N):
                    sys.exit("%s: %d of %d, %d the same" % (p, row[2], N, same(s, want)))
                if r:
                    rows[p].append(row)
                if p == "the gateway":
                    counts.append(row[2])
        peak = memory(s.worker, "VmHWM")
        report(s, peers, rows, counts, before, peak)


def report(s, peers, rows, counts, before, peak):
    megabytes = N * VIDEO_BYTES / 1e6
    wall = {p: [x[0] for x in rows[p]] for p in peers}
    curl = wall["curl --parallel"]
    growth = (peak - before) / N
    print("## Downloads\n")
    print("%s; files on %s. Command: `./build.sh bench downloads`.\n" % (servers.machine(),
                                                                        servers.file_system(s.folder)))
    print("%d MCP clients, each with %d calls of `download_video` at once, of one video of %d bytes from the stand-in "
          "(%.0f MB in all), one worker process, nginx's own thread pool; and curl with the same %d URLs, from the "
          "same stand-in into the same folder. They take turns, %d rounds after one that is not counted; between them "
          "the folder is emptied and the file system synced. Medians, in brackets the least; the factor is the median "
          "of each round's. The processor seconds are those of the worker, or of curl (and what runs after it).\n" % (
              CLIENTS, EACH, VIDEO_BYTES, megabytes, N, ROUNDS))
    print("The gateway syncs each file before it gets its name, computes its SHA-256 and looks whether it is whole; "
          "curl does none of it, so the third line adds the first two, one after another.\n")
    print("| | wall, s | MB/s | times curl's wall | processor, s |")
    print("|---|---|---|---|---|")
    for p in peers:
        print("| %s | %s | %.0f | %.2f | %s |" % (
            p, times(wall[p]), megabytes / statistics.median(wall[p]),
            statistics.median(a / b for a, b in zip(wall[p], curl)), times([x[1] for x in rows[p]])))
    print("\nCalls that went well: %d of %d in every one of %d rounds; all sizes and all MD5 sums are those of the "
          "source.\n" % (min(counts), N, len(counts)))
    print("Memory of the worker: %.1f MB before, %.1f MB at its peak: %.2f MB for each download under way (wanted: "
          "below 1)%s." % (before, peak, growth, "" if growth < 1 else " **too much**"))


main()
