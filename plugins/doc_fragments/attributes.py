# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module says about itself: C(check_mode), C(diff_mode), C(idempotent), and its C(action_group)."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled or queried by the module has not changed in a relevant way.
"""

    # For modules that look and change nothing.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
"""

    # How to reach the NAS's DSM: the options of the fragment dsm.
    ACTIONGROUP_DSM = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/upsfleet.synology.dsm) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - upsfleet.synology.dsm
"""

    # How to reach a UPS server's upsd: the options of the fragment upsd.
    ACTIONGROUP_UPSD = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/upsfleet.synology.upsd) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - upsfleet.synology.upsd
"""
