"""Streams that wait: what a change costs that they do not wait for, and what they keep of a long request.

usage: streams.py OUT                           settings: see streams.sh
"""
import os, statistics, sys, time
import servers
from servers import Client, event_thread, listen, many_files, memory, say

STREAMS = int(os.environ.get("STREAMS", "6000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
CHANGES = 40
CHANGE_MS = 0.5                                 # at most, wanted
FILE_BYTES = 4202                               # of a video, the least that the stand-in makes
LONG, PADDING = 100, 900000

LOCATION = """
            sanzaru_max_streams 100000;
        }
        location = /other {
            sanzaru_mcp;
            sanzaru_media_path %s/other;
            sanzaru_service video provider=openai;
"""


def change(s):
    """Milliseconds of the event loop for a file that comes into the other folder."""
    begin = event_thread(s.worker)[0]
    with s.client.connect() as connection:
        for _ in range(CHANGES):
            s.count += 1
            answer = s.client.ask(connection, "tools/call", {"name": "download_video", "arguments": {
                "video_id": s.video, "filename": "v%d.mp4" % s.count}}).message()
            if not servers.good(answer):
                raise servers.Failed(str(answer)[:400])
    return (event_thread(s.worker)[0] - begin) / CHANGES * 1e3


def settled(pid):
    time.sleep(2)
    return memory(pid, "VmRSS") * 1e3


def kept(s, padding):
    """KB (1000 bytes) that a worker has more for each of so many streams."""
    port, worker = s.gateway(name="long", connections=2000)
    opened = [listen(port, i) for i in range(10)]
    before = settled(worker)
    opened += [listen(port, i, padding=padding) for i in range(LONG)]
    more = settled(worker) - before
    for o in opened:
        o.close()
    s.stop(worker)
    return more / LONG


def main():
    many_files()
    with servers.Servers(sys.argv[1], FILE_BYTES) as s:
        os.makedirs(s.dir + "/other")
        s.count = 0
        s.stand_in()
        port, s.worker = s.gateway(location=LOCATION % s.dir, connections=STREAMS + 100)
        s.client = Client(port, "/other")
        alone, beside = [], []
        for r in range(ROUNDS):
            say("round %d of %d" % (r + 1, ROUNDS))
            alone.append(change(s))
            opened = [listen(port, i) for i in range(STREAMS)]
            beside.append(change(s))
            for o in opened:
                o.close()
            time.sleep(1)
        report(s, alone, beside, [(kept(s, 0), kept(s, PADDING)) for _ in range(ROUNDS)])


def report(s, alone, beside, keeps):
    print("## Waiting streams\n")
    print("%s. Command: `./build.sh bench streams`.\n" % servers.machine())
    print("Milliseconds of the event loop's thread for a file of %d bytes that is downloaded into a folder, %d in each "
          "of %d rounds: with no stream, and with %d `subscriptions/listen` at the same worker that wait for changes of "
          "another folder. Medians.\n" % (FILE_BYTES, CHANGES, ROUNDS, STREAMS))
    more = statistics.median(b - a for a, b in zip(alone, beside))
    print("| no stream | %d streams | more for each file |" % STREAMS)
    print("|---|---|---|")
    print("| %.2f | %.2f | %.3f |" % (statistics.median(alone), statistics.median(beside), more))
    print("\nWanted: at most %.1f ms more: %s.\n" % (CHANGE_MS, "reached" if more <= CHANGE_MS else "**short**"))
    print("Memory of a worker for each of %d such streams, KB (1000 bytes), medians of %d rounds: %.1f when the request "
          "is short, %.1f when it has %d bytes of padding in `_meta`." % (
              LONG, ROUNDS, *(statistics.median(column) for column in zip(*keeps)), PADDING))


main()
