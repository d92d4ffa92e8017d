"""`python3 tests/fleet COMMAND...`: the command line of this package, whatever the current directory is."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # A folder that is run is itself the first place to import from; this package is found in the one above it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from fleet.cli import run

    run(sys.argv[1:])
