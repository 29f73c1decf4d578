"""What a worker has when very many downloads at once are over.

usage: memory.py OUT                            settings: see memory.sh
"""
import os, sys, time
import servers
from servers import Client, good, many_files, memory, perform, say

DOWNLOADS = int(os.environ.get("DOWNLOADS", "1800"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
REST = (1, 10, 40)                              # seconds after the last one


def main():
    many_files()
    with servers.Servers(sys.argv[1]) as s:
        s.stand_in()
        port, worker = s.gateway("thread_pool default threads=32 max_queue=65536;",
                                 "sanzaru_max_transfers 256 queue=%d;" % DOWNLOADS, connections=2 * DOWNLOADS)
        client = Client(port)
        before = memory(worker, "VmRSS")
        for r in range(ROUNDS):
            say("round %d of %d" % (r + 1, ROUNDS))
            results = perform([(client, lambda i=i: client.call("download_video", {
                "video_id": s.video, "variant": "thumbnail", "filename": "t%d.webp" % i})) for i in range(DOWNLOADS)])
            bad = [m for _, m in results if not good(m)]
            if bad:
                raise servers.Failed("%d of %d failed: %s" % (len(bad), DOWNLOADS, str(bad[0])[:400]))
        peak = memory(worker, "VmHWM")
        begin, left = time.monotonic(), []
        for seconds in REST:
            time.sleep(max(0, begin + seconds - time.monotonic()))
            left.append(memory(worker, "VmRSS"))
        print("## Memory after many downloads\n")
        print("%s. Command: `./build.sh bench memory`.\n" % servers.machine())
        print("Memory of one worker in MB (10^6 bytes): %d calls of `download_video` (a thumbnail) at once, %d times one "
              "after the other; then nothing.\n" % (DOWNLOADS, ROUNDS))
        print("| before | at its peak | %s |" % " | ".join("%d s after the last" % v for v in REST))
        print("|---|---|%s" % ("---|" * len(REST)))
        print("| %.1f | %.1f | %s |" % (before, peak, " | ".join("%.1f" % v for v in left)))


main()
