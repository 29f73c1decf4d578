"""How many requests reach a provider for one read that fails.

usage: reads.py OUT                             settings: see reads.sh
"""
import json, os, statistics, sys
import servers
from servers import Client, good, perform, say

READS = int(os.environ.get("READS", "20"))
AT_ONCE = 24                                    # leave as many connections open
RETRIES = 2

# what the stand-in does to each request, and how it is called
FAULTS = [("early-close", "the connection is closed without an answer"),
          ("status=500", "status 500"), ("status=503;retry-after=0", "status 503, Retry-After 0")]


def count(s, fault):
    """Requests for each read, over connections that are kept."""
    s.control("POST", "/__mock__/reset")
    s.control("POST", "/__mock__/faults", {"path": "/v1/videos*", "fault": "slow-headers:300", "count": AT_ONCE})
    results = perform([(s.client, lambda: s.client.call("list_videos", {}))] * AT_ONCE)
    if not all(good(m) for _, m in results):
        raise servers.Failed("a read failed before its time")
    s.control("POST", "/__mock__/faults", {"path": "/v1/*", "fault": fault, "count": 10000})
    s.control("DELETE", "/__mock__/log")
    with s.client.connect() as connection:
        answer = s.client.ask(connection, "tools/call", {"name": "list_videos", "arguments": {}}).message()
    if good(answer):
        raise servers.Failed("a read did not fail: " + json.dumps(answer)[:400])
    return len(s.control("GET", "/__mock__/log"))


def main():
    with servers.Servers(sys.argv[1]) as s:
        s.stand_in()
        port, _ = s.gateway(provider="retries %d;" % RETRIES)
        s.client = Client(port)
        print("## Reads that fail\n")
        print("%s. Command: `./build.sh bench reads`.\n" % servers.machine())
        print("Requests that reach the provider for a call of `list_videos` that fails each time, with `retries %d`: "
              "%d calls of each kind, each after %d reads at once that have left their connections open.\n" % (
                  RETRIES, READS, AT_ONCE))
        print("| what the provider does | least | median | most |")
        print("|---|---|---|---|")
        for fault, title in FAULTS:
            say(title)
            counts = [count(s, fault) for _ in range(READS)]
            print("| %s | %d | %g | %d |" % (title, min(counts), statistics.median(counts), max(counts)))
        print("\nWanted: %d, the first and the repetitions." % (1 + RETRIES))


main()
