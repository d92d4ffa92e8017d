# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity of the ansible-core that runs this script, on a copy of what the collection ships.

Arguments: a name for this lane's folder under build/sanity, and ``all`` or ``core``. ``core`` leaves out the tests that
say the same on every ansible-core, so that one lane runs them. What else is left out stands in the tables below;
tests/sanity/ignore-*.txt must not exist.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# pslint needs the module PSScriptAnalyzer, which is in the PowerShell Gallery and in no package of its own.
SKIPPED = ["pslint"]
# Tests whose verdict hardly depends on ansible-core; each costs an environment of its own.
ONCE = ["changelog", "pep8", "pylint", "runtime-metadata", "yamllint"]
# What no user gets is not checked here but by ruff, mypy and shellcheck: tests are no Ansible plugins. Only the file
# that tells ansible-test the oldest Python belongs to both.
PATHS = [".", ":!.collections", ":!molecule", ":!tests", "tests/config.yml"]

# ansible-test downloads get-pip.py from a server of its own. This does the same with what Python brings; the version
# that it is asked for does not matter here.
GET_PIP = """\
import ensurepip

ensurepip.bootstrap()
"""


def copy_tree(folder: Path) -> None:
    """Copy the files that git knows, as a release is made from them."""
    shutil.rmtree(folder, ignore_errors=True)
    listed: list[str] = []
    for paths in (PATHS[:-1], PATHS[-1:]):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
        listed += subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")[:-1]
    for name in listed:
        if Path(name).is_file():  # a deleted file is listed until it is committed
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name)
    # Otherwise ansible-test asks the clone around it, which ignores everything under build/.
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which ansible-test keeps its files in ``home`` instead of the user's ~/.ansible."""
    user = Path.home()
    return {
        # The tools that it starts still find the user's settings and downloads.
        "XDG_CACHE_HOME": str(user / ".cache"),
        "XDG_CONFIG_HOME": str(user / ".config"),
        "PYENV_ROOT": str(user / ".pyenv"),
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GIT_"))},
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def main() -> int:
    """Return the status of ansible-test."""
    lane, extent = sys.argv[1:]
    if list(Path("tests/sanity").glob("ignore-*")):
        sys.exit("tests/sanity/ignore-*.txt: fix what is found instead of ignoring it")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    tree = Path("build/sanity", lane, "ansible_collections/upsfleet/synology").resolve()
    copy_tree(tree)
    env = environment(Path(os.environ["UPSFLEET_CACHE"], "ansible-test", lane))
    # validate-modules runs a .ps1 to see its options. Without PowerShell only the .yml beside it is checked.
    scripts = sorted(str(path.relative_to(tree)) for path in tree.glob("plugins/**/*.ps1"))
    excluded = [] if shutil.which("pwsh", path=env["PATH"]) else scripts

    # The name of the file has a version in it that each ansible-core chooses.
    question = (
        "import types; from ansible_test._internal import python_requirements as requirements; "
        f"print(requirements.get_venv_packages(types.SimpleNamespace(version={version!r}))['pip'])"
    )
    asked = subprocess.run([sys.executable, "-c", question], check=True, capture_output=True, text=True).stdout.strip()
    stand_in = Path(env["HOME"], ".ansible/test/cache", f"get_pip_{asked.replace('.', '_')}.py")
    stand_in.parent.mkdir(parents=True, exist_ok=True)
    stand_in.write_text(GET_PIP)

    command = ["ansible-test", "sanity", "--color", "no", "--python", version]
    for name in excluded:
        command += ["--exclude", name]
    for name in SKIPPED + (ONCE if extent == "core" else []):
        command += ["--skip-test", name]
    print(*command, flush=True)
    return subprocess.run(command, cwd=tree, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
