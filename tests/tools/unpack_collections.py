"""Unpack some collections out of the PyPI package `ansible`: unpack_collections.py FOLDER NAMESPACE/NAME...

The wheel lies in the folder, and is removed once the folder holds `ansible_collections`.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def unpack(folder: Path, names: list[str]) -> None:
    """Unpack the collections with these names from the one wheel in the folder."""
    (wheel,) = folder.glob("*.whl")
    wanted = tuple(f"ansible_collections/{name}/" for name in names)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(wanted)])
    wheel.unlink()


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), sys.argv[2:])
