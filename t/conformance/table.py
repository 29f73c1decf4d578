#!/usr/bin/env python3
"""One run of the conformance suite as a table: scenario, verdict, checks.

    table.py NAME DIR

DIR holds server-SCENARIO-TIME/checks.json.  Not 0 when a check has failed.
"""

import json
import pathlib
import re
import sys


def verdict(checks):
    status = [check["status"] for check in checks]
    failed = status.count("FAILURE")
    passed = status.count("SUCCESS")
    if failed:
        word = "FAIL"
    elif passed:
        word = "pass"
    else:
        word = "skip"
    return word, passed, failed


def main(name, folder):
    count = {"pass": 0, "FAIL": 0, "skip": 0}
    print(f"{name}")
    for path in sorted(pathlib.Path(folder).glob("server-*/checks.json")):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "",
                          path.parent.name)
        checks = json.loads(path.read_text())
        word, passed, failed = verdict(checks)
        count[word] += 1
        print(f"  {word}  {scenario:<52} {passed:>3} ok {failed:>3} failed")
        for check in checks:
            if check["status"] == "FAILURE":
                text = " ".join(str(check.get("errorMessage", "")).split())
                print(f"        {check['id']}: {text[:200]}")
            elif check["status"] == "WARNING":
                text = " ".join(str(check.get("errorMessage", "")).split())
                print(f"        (warning) {check['id']}: {text[:160]}")
    print(f"  {count['pass']} pass, {count['FAIL']} fail, "
          f"{count['skip']} skipped\n")
    return count["FAIL"] != 0 or sum(count.values()) == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
