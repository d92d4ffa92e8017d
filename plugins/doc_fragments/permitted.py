# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Whose the addresses of a permitted list are; the options that module_utils/_dsm/record.py reads."""

    DOCUMENTATION = r"""
options:
  clients:
    description:
      - By host, the addresses that it was seen from in this run, to be permitted like those of O(permitted).
      - An empty list stands for a host of which that is not known.
    type: dict
  inventory:
    description:
      - The names of all hosts there are. Addresses that were recorded for other hosts alone are dropped.
      - Give it only where it is sure that the inventory is whole.
    type: list
    elements: str
  gone:
    description: The names of hosts that are gone. Addresses that were recorded for them alone are dropped.
    type: list
    elements: str
    default: []
  connected:
    description:
      - Addresses that are logged in to this NAS's upsd now. They are not dropped because of O(inventory).
    type: list
    elements: str
    default: []
"""
