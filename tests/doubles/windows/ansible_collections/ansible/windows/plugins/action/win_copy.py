# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Double of win_copy's half on the controller: which files differ, their transfer, then the double of the module.

Cannot show: WinRM's or PSRP's transfers, links in folders, files of ansible-vault in folders.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.hashing import checksum
from ansible_collections.upsfleet_doubles.windows.plugins.plugin_utils import real_docs

NAME = "ansible.windows.win_copy"
_OPTIONS = ("force", "backup", "decrypt", "local_follow", "remote_src")


class ActionModule(ActionBase):  # type: ignore[misc] # Ansible has no types
    """Acts as the real action plugin does."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Copy; what is wrong is a failed result that names it."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = dict(self._task.args)
        made: list[str] = []
        try:
            real_docs.check_arguments(NAME, args)
            self._check_together(args)
            result.update(self._copy(args, task_vars or {}, made))
            real_docs.check_result(NAME, result)
        except (real_docs.Undocumented, AnsibleError) as error:
            result = {"failed": True, "changed": False, "msg": str(error)}
        finally:
            for path in made:
                os.remove(path)
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _check_together(self, args: dict[str, Any]) -> None:
        src, content, dest = args.get("src"), args.get("content"), args.get("dest")
        if (src is None and content is None) or dest is None:
            raise AnsibleError("src (or content) and dest are required")
        if src is not None and content is not None:
            raise AnsibleError("src and content are mutually exclusive")
        if content is not None and dest.endswith(("/", "\\")):
            raise AnsibleError("dest must be a file if content is defined")

    def _copy(self, args: dict[str, Any], task_vars: dict[str, Any], made: list[str]) -> dict[str, Any]:
        options = {name: args[name] for name in _OPTIONS if name in args}
        if boolean(args.get("remote_src", False), strict=False):
            given = {**options, "src": args["src"], "dest": args["dest"], "_copy_mode": "remote"}
            return dict(self._execute_module(module_name=NAME, module_args=given, task_vars=task_vars))
        source = self._source(args, made)
        if os.path.isdir(source):
            return self._copy_folder(source, args, options, task_vars, made)
        return self._copy_file(source, args, options, task_vars)

    def _source(self, args: dict[str, Any], made: list[str]) -> str:
        if "content" in args:
            handle, path = tempfile.mkstemp()
            made.append(path)
            with os.fdopen(handle, "wb") as file:
                file.write(str(args["content"]).encode())
            return path
        found = self._find_needle("files", args["src"])
        slash = "/" if args["src"].endswith("/") else ""
        return str(found).rstrip("/") + slash

    def _query(self, dest: str, options: dict[str, Any], task_vars: dict[str, Any], **what: Any) -> dict[str, Any]:
        given = {**options, **what, "dest": dest, "_copy_mode": "query"}
        result = dict(self._execute_module(module_name=NAME, module_args=given, task_vars=task_vars))
        if result.get("failed"):
            raise AnsibleError(result["msg"])
        return result

    def _send(self, path: str, name: str) -> str:
        shell = self._connection._shell
        if shell.tmpdir is None:
            self._make_tmp_path()
        there = str(shell.join_path(shell.tmpdir, name))
        self._transfer_file(path, there)
        self._fixup_perms2((shell.tmpdir, there))
        return there

    def _copy_file(
        self, source: str, args: dict[str, Any], options: dict[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        dest = args["dest"]
        real = self._loader.get_real_file(source, decrypt=boolean(args.get("decrypt", True), strict=False))
        basename = os.path.basename(source)
        force = boolean(args.get("force", True), strict=False)
        folder, _slash, name = dest.replace("\\", "/").rpartition("/")
        result = {"operation": "file_copy", "original_basename": basename, "src": args.get("src"), "size": None}
        result.update(dest=dest + basename if not name else dest, checksum=checksum(real) if force else None)
        result["size"] = os.path.getsize(real)
        file = {"src": real, "dest": name or basename, "checksum": result["checksum"]}
        asked = self._query(folder + "/", options, task_vars, files=[file], directories=[], symlinks=[])
        if not asked["files"]:
            return {**result, "changed": False, "failed": False}
        if self._task.check_mode:
            backup = boolean(args.get("backup", False), strict=False)
            return {**result, "changed": True, **({"backup_file": "check-mode-backup-file.bak"} if backup else {})}
        given = {**options, "src": self._send(real, "source"), "dest": dest, "_copy_mode": "single"}
        given["_original_basename"] = basename
        done = dict(self._execute_module(module_name=NAME, module_args=given, task_vars=task_vars))
        if done.get("failed"):
            done["msg"] = f"failed to copy file {source}: {done['msg']}"
        return {**result, **done, "changed": True}

    def _copy_folder(
        self, source: str, args: dict[str, Any], options: dict[str, Any], task_vars: dict[str, Any], made: list[str]
    ) -> dict[str, Any]:
        start = source if source.endswith("/") else os.path.dirname(source)
        files, folders = [], []
        for top, inner, names in os.walk(source.rstrip("/")):
            folders += [os.path.join(top, name) for name in inner]
            files += [os.path.join(top, name) for name in names]
        if not source.endswith("/"):
            folders.insert(0, source)
        dest = args["dest"] if args["dest"].endswith("/") else args["dest"].rstrip("\\") + "\\"
        what = {
            "files": [{"src": f, "dest": os.path.relpath(f, start), "checksum": checksum(f)} for f in files],
            "directories": [{"src": f, "dest": os.path.relpath(f, start)} for f in folders],
            "symlinks": [],
        }
        asked = self._query(dest, options, task_vars, **what)
        result = {"operation": "folder_copy", "src": args["src"], "dest": args["dest"]}
        if not asked["files"] and not asked["directories"]:
            return {**result, "changed": False, "failed": False}
        if self._task.check_mode:
            return {**result, "changed": True}
        handle, path = tempfile.mkstemp(suffix=".zip")
        os.close(handle)
        made.append(path)
        with zipfile.ZipFile(path, "w") as archive:
            for one in [*what["directories"], *what["files"]]:
                archive.write(one["src"], one["dest"])
        given = {**options, "src": self._send(path, "source.zip"), "dest": dest, "_copy_mode": "explode"}
        done = dict(self._execute_module(module_name=NAME, module_args=given, task_vars=task_vars))
        return {**result, **done, "changed": True}
