"""How every command ends, for scripts: one table for all of them, which `--help` shows too."""

from __future__ import annotations

DONE = 0  # done as asked, and nothing to find fault with
FINDING = 1  # looked, and something is not as it should be: a gate broken, a tag missing, a message dead, nothing found
USAGE = 2  # what was asked for makes no sense: nothing was done
INCOMPLETE = 3  # not reachable, not allowed, or done in part: standard error says what
INTERRUPTED = 130  # Ctrl-C: 128 + SIGINT, as shells count

TABLE = "exit codes: 0 done, 1 a finding, 2 wrong usage, 3 not reachable or incomplete, 130 interrupted"
