# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a path of a variable lies on the controller: one rule, whoever reads or writes it.

Ansible has none. A module with a local connection starts in the playbook's folder, which for upsfleet.synology.site is
inside of the installed collection, and an action plugin in the caller's (field report case F7).
"""

from __future__ import annotations

import os


def controller_paths(path: str, inventory_dir: str | None, *, cwd: str | None = None) -> list[str]:
    """Return where *path* is looked for, absolute, the first place first.

    An absolute path and one that begins with ``~`` has one place. Another one is looked for beside the inventory, then
    in the folder from which Ansible was called. An empty one has no place.

    :param inventory_dir: Ansible's variable of that name, of the host whose variable the path is. For a host of
        ``-i host,`` it is the text "None", and for the implicit localhost undefined (ansible-core 2.16 to 2.21).
    :param cwd: the caller's folder, by default that of this process.
    """
    if not path:
        return []
    home, folder = os.path.expanduser(path), os.path.abspath(cwd or os.getcwd())
    folders = [inventory_dir, folder] if inventory_dir and os.path.isabs(inventory_dir) else [folder]
    return list(dict.fromkeys(os.path.normpath(os.path.join(one, home)) for one in folders))


def controller_path(path: str, inventory_dir: str | None, *, cwd: str | None = None) -> str:
    """Return the absolute path that *path* means, for a file or folder to be read or to be written.

    It is the first of :func:`controller_paths` at which something is, else the first: what is new is written beside the
    inventory, where there is one. Empty for an empty path.
    """
    places = controller_paths(path, inventory_dir, cwd=cwd)
    return next((place for place in places if os.path.exists(place)), places[0] if places else "")
