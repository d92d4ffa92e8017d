#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of the same name; nothing runs on the host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: win_nut_package
short_description: Get a package for Windows onto the controller, verified
version_added: 0.1.0
description:
  - Fetches a package once, whatever the number of hosts, verifies it against its checksums each time, and returns where
    it is on the controller. Nothing runs on the host.
  - The archive of NUT for Windows is a C(.7z), which Windows does not unpack by itself. It is turned into a C(.zip)
    with C(bin) and C(sbin) at its top and without C(etc). This takes C(bsdtar) or C(7z) on the controller.
  - The DLLs of OpenSSL that the legacy installer lacks are taken from a C(.zip), and refused unless they are 32-bit.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
attributes:
  action:
    description: Indicates this has a corresponding action plugin.
    support: full
  check_mode:
    support: full
    details:
      - Nothing is fetched or made. If the package is not in the cache, RV(path) is V(null).
  diff_mode:
    support: N/A
    details:
      - Only the controller's cache changes.
  idempotent:
    support: full
    details:
      - What is in the cache and has the right checksum is used again.
options:
  method:
    description:
      - What the package is. V(archive) is the archive of NUT for Windows, V(legacy_msi) the installer of NUT 2.6.5-6,
        V(winnut) the installer of WinNUT-Client.
    type: str
    choices: [archive, legacy_msi, winnut]
    default: archive
  url:
    description: Where the package is. V(https), V(http) and V(file) are understood.
    type: str
    default: ""
  file:
    description:
      - The package on the controller, for sites without a way to the internet. Takes precedence over O(url).
      - A relative path is looked for beside the inventory, then in the folder from which Ansible is called.
      - For O(method=archive) a C(.zip) of the archive is understood too; the checksums are then those of the C(.zip).
    type: str
    default: ""
  git_blob_id:
    description: The id that git gives the file, as C(git hash-object) prints it. This or O(sha256) is needed.
    type: str
    default: ""
  sha256:
    description: The SHA-256 of the file. This or O(git_blob_id) is needed; if both are given, both must be right.
    type: str
    default: ""
  openssl_file:
    description:
      - A C(.zip) on the controller that holds the 32-bit C(libeay32.dll) and C(ssleay32.dll) of OpenSSL 1.0.2, in any
        folder. Needed for O(method=legacy_msi). A relative path is looked for as that of O(file).
    type: str
    default: ""
  openssl_sha256:
    description: The SHA-256 of O(openssl_file). Needed for O(method=legacy_msi).
    type: str
    default: ""
  cache_dir:
    description:
      - The folder on the controller that keeps what was fetched and made. Nobody else may be able to write to it.
      - By default C(upsfleet-synology) below the environment's C(XDG_CACHE_HOME), or below C(~/.cache).
      - A relative path is looked for as that of O(file), and made beside the inventory where it is nowhere yet.
    type: str
    default: ""
  timeout:
    description: Seconds that the server may be silent during a download.
    type: float
    default: 60
  check_only:
    description:
      - Only look for what would stop the module, without fetching or making anything. These are checksums that have not
        the right form, files that are not there, and a missing program to unpack the archive.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Get NUT for Windows
  upsfleet.synology.win_nut_package:
    url: https://www.networkupstools.org/package/windows/NUT-for-Windows-x86_64-RELEASE-2.8.4.7z
    git_blob_id: 77bee822df261d548e8a4e75bcd5e78653baff3d
  register: package

- name: Copy it
  ansible.windows.win_copy:
    src: "{{ package.path }}"
    dest: C:\Windows\Temp\nut.zip
"""

RETURN = r"""
path:
  description:
    - The C(.zip) (for O(method=archive)) or the installer on the controller. V(null) with O(check_only=true), and in
      check mode if it is not there yet.
  returned: success
  type: str
  sample: /home/me/.cache/upsfleet-synology/blob-77bee822df261d548e8a4e75bcd5e78653baff3d.zip
checksum:
  description: The SHA-256 of what RV(path) names.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
dlls:
  description: OpenSSL's two DLLs on the controller, for O(method=legacy_msi).
  returned: success
  type: list
  elements: str
  sample: []
"""
