"""One clear line when the Python found is too old; written so that any Python since 2.7 can run it."""

import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    sys.stderr.write(
        "setup: Python %d.%d or newer is needed, %s is %d.%d; "
        "install a newer one and run: make setup PYTHON=python3.13\n"
        % (OLDEST + (sys.executable,) + tuple(sys.version_info[:2]))
    )
    sys.exit(1)
