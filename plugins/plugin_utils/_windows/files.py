# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a client on Windows: what module_utils/file_set.py and nut_client_config do elsewhere, done by modules.

Backups are copied on the host itself, and what a difference shows of a file is masked there. The state folder and the
folder of the files let nobody but administrators in; the role sees to that first, so files take their rights from their
folder.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tempfile
from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import redact
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import (
    COPY,
    INFO,
    SLURP,
    ModuleFailed,
    RemoteModules,
)

RECORD = "record.json"
ORIGINAL = "original"
PREVIOUS = "previous"

_Index = Sequence[Mapping[str, Any]]


class WindowsFiles:
    """Bring files to a state, keeping what was there before the role and what was there last."""

    def __init__(self, modules: RemoteModules, state_dir: str, folder: str, check_mode: bool, diff: bool) -> None:
        """Take over how to work.

        :param folder: where the files are; nothing else is put back, whatever a saved set says.
        """
        self._modules = modules
        self._state_dir = state_dir
        self._folder = folder
        self._check_mode = check_mode
        self._diff = diff

    def run(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the options of nut_client_config ask for, files rendered (``content``).

        :raises ModuleFailed: where a module failed; the files are as they were then.
        """
        state = arguments.get("state", "present")
        saved = self._find(self._state_dir, recurse=True)
        recorded = self._read_json(RECORD, saved)
        facts = arguments.get("record") or {}
        paths = [file["path"] for file in arguments.get("files") or ()]
        if state == "recorded":
            if recorded is None and not self._check_mode:
                self._record(paths, facts)
            return {"changed": False, "files": [], "record": recorded if recorded is not None else facts}
        if state == "present":
            result = self._write(arguments["files"], None if recorded is not None else facts)
        else:
            name, since = (PREVIOUS, float(arguments.get("since", 0))) if state == "rolled_back" else (ORIGINAL, 0.0)
            result = self._restore(self._index(name, saved, since))
        if state == "absent" and recorded is not None:
            result["changed"] = True
            if not self._check_mode:
                self._remove(self._state_dir)
        return {**result, "record": recorded or {}}

    # the states

    def _write(self, files: Sequence[Mapping[str, Any]], facts_to_note: Mapping[str, Any] | None) -> dict[str, Any]:
        present = self._present([file["path"] for file in files])
        changing = [file for file in files if present.get(file["path"]) != _checksum(file["content"].encode())]
        result = self._result([file["path"] for file in changing], present)
        for file, shown in zip(changing, result.get("diff", ())):
            shown["after"] = redact.mask(file["content"])
        if not changing or self._check_mode:
            return result
        paths = [file["path"] for file in files]
        if facts_to_note is not None:  # the package was there already
            self._record(paths, facts_to_note)
        self._save(PREVIOUS, paths, present)
        try:
            for file in changing:
                self._put(file["path"], file["content"].encode())
        except ModuleFailed as error:
            self._put_back(self._as_index(PREVIOUS, paths, present))
            raise ModuleFailed("Nothing was changed", error.result) from None
        return result

    def _restore(self, index: _Index) -> dict[str, Any]:
        present = self._present([entry["path"] for entry in index])
        changing = [entry for entry in index if present.get(entry["path"]) != entry.get("checksum")]
        saved = {entry["path"]: entry["saved"] for entry in changing if entry.get("saved")}
        result = self._result([entry["path"] for entry in changing], present, saved)
        if not self._check_mode:
            self._put_back(changing)
        return result

    def _record(self, paths: Sequence[str], facts: Mapping[str, Any]) -> None:
        self._save(ORIGINAL, paths, self._present(paths))
        self._put(f"{self._state_dir}\\{RECORD}", json.dumps(facts).encode())

    # sets of saved files

    def _save(self, name: str, paths: Sequence[str], present: Mapping[str, str]) -> None:
        folder = f"{self._state_dir}\\{name}"
        self._remove(folder)
        self._modules.run("ansible.windows.win_file", path=folder, state="directory")
        index = self._as_index(name, paths, present)
        for entry in index:
            if entry.get("saved"):
                self._modules.run(COPY, src=entry["path"], dest=entry["saved"], remote_src=True)
        # Written last: a set without an index is one that was interrupted, and counts as none.
        self._put(f"{folder}\\index.json", json.dumps(index).encode())

    def _as_index(self, name: str, paths: Sequence[str], present: Mapping[str, str]) -> list[dict[str, Any]]:
        return [
            {"path": path, "saved": f"{self._state_dir}\\{name}\\{number}", "checksum": present[path]}
            if path in present
            else {"path": path}
            for number, path in enumerate(paths)
        ]

    def _index(self, name: str, saved: Mapping[str, Mapping[str, Any]], since: float) -> _Index:
        path = f"{self._state_dir}\\{name}\\index.json"
        # win_find gives times of the host's time zone, win_stat those of UTC, as since is one.
        if since and self._modules.run("ansible.windows.win_stat", path=path)["stat"].get("lastwritetime", 0) < since:
            return []
        entries = self._read_json(f"{name}\\index.json", saved) or []
        paths = [str(entry.get("path")) for entry in entries if isinstance(entry, dict)]
        kept = {path: f"{self._state_dir}\\{name}\\{number}" for number, path in enumerate(paths)}
        return [
            {"path": path, "saved": place, "checksum": str(saved[place.lower()]["checksum"])}
            if place.lower() in saved
            else {"path": path}
            for path, place in kept.items()
            if re.fullmatch(re.escape(self._folder) + r"\\[A-Za-z0-9_.-]+", path, re.IGNORECASE)
        ]

    def _put_back(self, index: _Index) -> None:
        for entry in index:
            if entry.get("saved"):
                self._modules.run(COPY, src=entry["saved"], dest=entry["path"], remote_src=True)
            else:
                self._remove(entry["path"])

    # what the host has

    def _present(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the checksum of those of *paths* that exist."""
        folders = sorted({path.rpartition("\\")[0] for path in paths})
        found: dict[str, Mapping[str, Any]] = {}
        for folder in folders:
            found.update(self._find(folder))
        return {path: str(found[path.lower()]["checksum"]) for path in paths if path.lower() in found}

    def _find(self, folder: str, recurse: bool = False) -> dict[str, Mapping[str, Any]]:
        found = self._modules.run(
            "ansible.windows.win_find",
            paths=[folder],
            recurse=recurse,
            hidden=True,
            checksum_algorithm="sha256",
            **({"patterns": ["*.json", "?"]} if recurse else {}),  # not the programs that may be kept there too
        )
        return {file["path"].lower(): file for file in found["files"]}

    def _read_json(self, name: str, saved: Mapping[str, Any]) -> Any:
        path = f"{self._state_dir}\\{name}"
        try:
            return json.loads(self._slurp(path)) if path.lower() in saved else None
        except ValueError:
            raise ModuleFailed(path, {"msg": "this is not what was written there"}) from None

    def _slurp(self, path: str) -> bytes:
        """Return what the role itself has written without secrets; at high verbosity an answer is shown."""
        return base64.b64decode(self._modules.run(SLURP, src=path)["content"])

    def _result(
        self, paths: Sequence[str], present: Mapping[str, str], saved: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return what is said of a change of *paths*, whose new content is that of a file in *saved*, or none."""
        result: dict[str, Any] = {"changed": bool(paths), "files": list(paths)}
        if self._diff and paths:
            saved = saved or {}
            read = [*(path for path in paths if path in present), *saved.values()]
            texts = self._modules.run(INFO, configurations=read)["configurations"]
            result["diff"] = [
                {
                    "before_header": path,
                    "after_header": path,
                    "before": texts.get(path) or "",
                    "after": texts.get(saved.get(path)) or "",
                }
                for path in paths
            ]
        elif self._diff:
            result["diff"] = []
        return result

    # changes

    def _put(self, path: str, content: bytes) -> None:
        """Write a file; its content goes through a file of mode 0600 on the controller, never through arguments."""
        handle, temporary = tempfile.mkstemp(prefix="upsfleet-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            self._modules.run(COPY, src=temporary, dest=path)
        finally:
            os.unlink(temporary)

    def _remove(self, path: str) -> None:
        self._modules.run("ansible.windows.win_file", path=path, state="absent")


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
