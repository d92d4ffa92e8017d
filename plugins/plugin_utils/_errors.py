# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person gave that cannot be used."""

from __future__ import annotations


class InvalidInput(ValueError):
    """Input that cannot be used; the text names the variable and what is allowed, never a password."""
