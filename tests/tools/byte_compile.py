"""Compile what goes to hosts, with the interpreter that runs this, the oldest at hand: byte_compile.py FOLDER..."""

import sys
from pathlib import Path


def byte_compile(folder: Path) -> None:
    """Compile every file below the folder; the first one that is too new ends it. Nothing is written."""
    for path in sorted(folder.rglob("*.py")):
        print(path)
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        byte_compile(Path(name))
