"""docs/benchmarks.md: puts the section that a bench has printed in its place.

usage: page.py PAGE NAME < SECTION
"""

import re
import sys

page, name = sys.argv[1:]
section = sys.stdin.read().strip()
begin, end = "<!-- %s -->" % name, "<!-- /%s -->" % name
place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)

if not section:
    sys.exit("page.py: %s has printed nothing" % name)

with open(page) as f:
    text = f.read()

if not place.search(text):
    sys.exit("page.py: %s has no place for %s" % (page, name))

with open(page, "w") as f:
    f.write(place.sub(lambda _: "%s\n%s\n%s" % (begin, section, end), text))
