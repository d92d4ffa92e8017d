# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the folder of the package ansible of the ansible-core that runs this."""

from pathlib import Path

import ansible

print(Path(ansible.__file__).parent)
