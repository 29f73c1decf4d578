"""resources/list of a folder with very many files: a page, and all pages.

usage: files.py OUT                             settings: see files.sh
"""
import os, statistics, sys, time
import servers
from servers import Client, processor, say

FILES = int(os.environ.get("FILES", "50000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
PAGE_MS, ALL_S = 5, 2                           # at most, wanted


def page(s, connection, cursor=None):
    """The next cursor, how many are listed, milliseconds by the clock, and of the worker."""
    begin, cpu = time.perf_counter(), processor(s.worker)
    result = s.client.ask(connection, "resources/list", {"cursor": cursor} if cursor else {}).message()["result"]
    wall, cpu = time.perf_counter() - begin, processor(s.worker) - cpu
    return result.get("nextCursor"), len(result["resources"]), (wall * 1e3, cpu * 1e3)


def walk(s, connection):
    """What the first page cost, and what the others did."""
    cursor, listed, first = page(s, connection)
    others = []
    while cursor:
        cursor, n, cost = page(s, connection, cursor)
        listed += n
        others.append(cost)
    if listed < FILES:
        raise servers.Failed("%d of %d files are listed" % (listed, FILES))
    return first, others


def touch(s, name):
    with open("%s/media/videos/%s.mp4" % (s.dir, name), "wb") as f:
        f.write(b"\0" * 100)


def middle(costs):
    return "%.2f | %.2f" % tuple(statistics.median(column) for column in zip(*costs))


def total(first, others):
    return tuple(sum(column) for column in zip(first, *others))


def report(s, unknown, known, others, whole, pages):
    print("## Long listings\n")
    print("%s; files on %s. Command: `./build.sh bench files`.\n" % (servers.machine(), servers.file_system(s.dir)))
    print("`resources/list` of a folder with %d files, on one connection, %d pages; medians of %d rounds. A worker reads "
          "a folder when it is listed for the first time or has changed, and for each page within two seconds of a "
          "change: before each round a file is added, three seconds before.\n" % (
              FILES, pages, ROUNDS))
    print("| | ms | processor of the worker, ms |")
    print("|---|---|---|")
    for title, costs in (("first page, of a folder that has changed", unknown),
                         ("first page, of a folder that is known", known), ("each later page", others),
                         ("all pages, of a folder that has changed", whole)):
        print("| %s | %s |" % (title, middle(costs)))
    slow = [what for what, good in (
        ("a page", all(statistics.median(c[0] for c in costs) < PAGE_MS for costs in (known, others))),
        ("all pages", statistics.median(c[0] for c in whole) < ALL_S * 1e3)) if not good]
    print("\nWanted: a page in %d ms, all pages in %d s: %s, from two seconds after a change on; the first page "
          "behind a change is the reading of the folder." % (
        PAGE_MS, ALL_S, "**short**: " + " and ".join(slow) if slow else "reached"))


def main():
    with servers.Servers(sys.argv[1]) as s:
        s.upstream = "http://127.0.0.1:9/v1"    # no listing needs it
        say("making %d files" % FILES)
        for i in range(FILES):
            touch(s, "v%06d" % i)
        port, s.worker = s.gateway()
        s.client = Client(port)
        unknown, known, others, whole = [], [], [], []
        with s.client.connect() as connection:
            for r in range(ROUNDS):
                say("round %d of %d" % (r + 1, ROUNDS))
                touch(s, "w%d" % r)
                time.sleep(3)                   # by then its time says whether it is the same
                first, later = walk(s, connection)
                unknown.append(first)
                others += later
                whole.append(total(first, later))
                known.append(page(s, connection)[2])
        report(s, unknown, known, others, whole, len(later) + 1)


main()
