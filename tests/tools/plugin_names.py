"""Print the names that `ansible-doc --list --json` writes, on one line."""

import json
import sys

if __name__ == "__main__":
    print(*json.load(sys.stdin))
