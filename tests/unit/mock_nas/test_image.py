"""The image of the mock NAS holds what the mock imports, and its tag covers it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fleet import images


def test_the_mock_runs_on_what_its_image_holds(tmp_path: Path) -> None:
    for place, source in images.nas_sources().items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(source.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "upsd_sim", "--help"],
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "test double" in done.stdout


def test_the_image_is_built_from_nothing_else() -> None:
    copied = (images.MOCK / "Containerfile").read_text(encoding="utf-8").splitlines()
    words = [word for line in copied if line.startswith("COPY") for word in line.split()[1:-1]]
    held = {place.parts[0] for place in images.nas_sources()}
    assert set(words) | {"Containerfile"} == held
