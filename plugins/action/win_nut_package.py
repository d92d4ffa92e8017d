# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get the package for Windows onto the controller: see plugin_utils/_windows/package_cache.py."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.package_cache import (
    cache_folder,
    check,
    provide,
    read_request,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.packages import PackageError

_ARGUMENTS: dict[str, dict[str, Any]] = {
    "method": {"type": "str", "choices": ["archive", "legacy_msi", "winnut"], "default": "archive"},
    "url": {"type": "str", "default": ""},
    "file": {"type": "str", "default": ""},
    "git_blob_id": {"type": "str", "default": ""},
    "sha256": {"type": "str", "default": ""},
    "openssl_file": {"type": "str", "default": ""},
    "openssl_sha256": {"type": "str", "default": ""},
    "cache_dir": {"type": "str", "default": ""},
    "timeout": {"type": "float", "default": 60},
    "check_only": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Fetch once for all hosts, verify for each."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _outcome, arguments = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        result.update(changed=False, path=None, checksum=None, dlls=[])
        inventory = (task_vars or {}).get("inventory_dir")
        cache = cache_folder(arguments["cache_dir"], inventory)
        try:
            request = read_request(arguments, inventory)
            if arguments["check_only"]:
                check(request, cache)
            else:
                result.update(provide(request, cache, bool(self._task.check_mode)))
        except PackageError as error:
            result.update(failed=True, msg=str(error))
        except OSError as error:
            result.update(failed=True, msg=f"{error.filename or cache} on the controller: {error.strerror or error}.")
        return result
