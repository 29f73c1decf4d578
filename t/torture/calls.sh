#!/bin/sh
# The names that lead to t/torture/torture.c, as objcopy's --redefine-syms
# wants them.
calls=$(dirname "$0")/torture.c
sed -n 's/^torture(64)?\([^,]*, ([a-zA-Z0-9_]+),.*/\2 torture_\2/p' -E "$calls"
sed -n 's/^torture64\([^,]*, ([a-zA-Z0-9_]+),.*/\164 torture_\164/p' -E "$calls"
