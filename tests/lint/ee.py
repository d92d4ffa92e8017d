# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the context of an execution environment with the collection's tarball, and assert what is in it.

``ansible-builder create`` needs neither a container engine nor a network. It does not read the collection's own
requirements: the Containerfile does while the image is built, by installing the collection and running the context's
introspect.py on it. So these two steps are done here too, with the context's own files.

Argument: the tarball. The result is in build/ee.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path("build/ee").resolve()
CONTEXT = FOLDER / "context"
BUILD = CONTEXT / "_build"
COLLECTIONS = FOLDER / "collections"
INSTALL = "ansible-galaxy collection install $ANSIBLE_GALAXY_CLI_COLLECTION_OPTS -r requirements.yml"
INTROSPECT = "introspect.py introspect --write-bindep=/tmp/src/bindep.txt --write-pip=/tmp/src/requirements.txt"
PYTHON = ["pypsrp"]
SYSTEM = ["bsdtar [platform:rpm]", "libarchive-tools [platform:dpkg]"]
EXAMPLE = Path("examples/awx").resolve()


def run(*command: str, cwd: Path = FOLDER) -> None:
    """Run a tool of this Python's environment."""
    print("+", *command, flush=True)
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}  # nothing but what is installed here
    subprocess.run([str(Path(sys.executable).parent / command[0]), *command[1:]], cwd=cwd, env=env, check=True)


def expect(name: str, found: object, wanted: object) -> None:
    """Exit unless what was found is what was wanted."""
    print(f"{name}: {found!r}", flush=True)
    if found != wanted:
        sys.exit(f"{name}: expected {wanted!r}")


def requirements(path: Path) -> list[str]:
    """Return the requirements that introspect.py wrote, without the comments that name the collection."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return sorted(line for line in lines if line)


def example() -> None:
    """Make the context of the one that examples/awx describes, which gets the collection from where AWX does."""
    context = FOLDER / "example"
    file = EXAMPLE / "execution-environment.yml"
    run("ansible-builder", "create", "--file", str(file), "--context", str(context), cwd=EXAMPLE)
    containerfile = (context / "Containerfile").read_text()
    steps = (INSTALL, INTROSPECT.split(" --")[0], "install -y git-core", "ansible-core==2.19.14 ansible-runner==2.4.3")
    for step in steps:
        expect(f"the example's Containerfile says {step!r}", step in containerfile, True)
    asked = (context / "_build/requirements.yml").read_text()
    expect("what the example installs", asked, (EXAMPLE / "collections/requirements.yml").read_text())


def main() -> None:
    """Exit with a sentence if anything in the context is not as it should be."""
    tarball = Path(sys.argv[1])
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    shutil.copy2(tarball, FOLDER / "upsfleet-synology.tar.gz")
    shutil.copy2("tests/ee/execution-environment.yml", FOLDER)

    run("ansible-builder", "create", "--file", "execution-environment.yml", "--context", str(CONTEXT))
    copied = BUILD / "collection/upsfleet-synology.tar.gz"
    expect("the tarball is in the context", copied.read_bytes() == tarball.read_bytes(), True)
    containerfile = (CONTEXT / "Containerfile").read_text()
    for step in (INSTALL, INTROSPECT):
        expect(f"the Containerfile says {step!r}", step in containerfile, True)

    # The dependencies come from Galaxy in a real build; they are not what is asked here.
    options = ("--offline", "--no-deps", "--collections-path", str(COLLECTIONS))
    run("ansible-galaxy", "collection", "install", *options, "-r", "requirements.yml", cwd=BUILD)
    bindep, pip = FOLDER / "bindep.txt", FOLDER / "requirements.txt"
    script = str(BUILD / "scripts/introspect.py")
    run("python", script, "introspect", f"--write-bindep={bindep}", f"--write-pip={pip}", str(COLLECTIONS))
    expect("Python packages", requirements(pip), PYTHON)
    expect("system packages", requirements(bindep), SYSTEM)
    example()


if __name__ == "__main__":
    main()
