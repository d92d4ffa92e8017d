# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the collection's tarball as Galaxy and Automation Hub do; one warning is a failure.

Argument: the tarball. The result is in build/importer/importer_result.json.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path("build/importer")


def main() -> None:
    """Exit with a sentence if there is anything to complain about."""
    tarball = Path(sys.argv[1]).resolve()
    FOLDER.mkdir(parents=True, exist_ok=True)
    result = FOLDER / "importer_result.json"
    result.unlink(missing_ok=True)
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": str(FOLDER.resolve() / "tmp"),  # instead of ~/.ansible/tmp
        "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",  # as Automation Hub does
    }
    command = [sys.executable, "-m", "galaxy_importer.main", str(tarball)]
    ran = subprocess.run(
        command, cwd=FOLDER, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(ran.stdout)
    if ran.returncode or not result.exists():
        sys.exit(f"the import failed (status {ran.returncode})")
    complaints = [line for line in ran.stdout.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL)\b", line)]
    if complaints:
        sys.exit("\n".join([f"{len(complaints)} findings:", *complaints]))
    documented = json.loads(result.read_text())["docs_blob"]["contents"]
    silent = [
        f"{each['content_type']} {each['content_name']}"
        for each in documented
        if each["content_type"] == "module" and not each["doc_strings"]
    ]
    if silent:
        sys.exit(f"without documentation: {', '.join(silent)}")


if __name__ == "__main__":
    main()
