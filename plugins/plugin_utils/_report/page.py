# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a page for a browser, in one file that loads nothing. Pure, but for the template beside this file.

What comes from the network or from a host is text: Jinja2 escapes it, what is not printable is replaced, and the page's
policy lets nothing run but its own script.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any, Mapping

from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report import view
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

_HERE = Path(__file__).parent
_STYLE, _SCRIPT, _TEMPLATE = "page.css", "page.js", "page.html.j2"


def page(document: Mapping[str, Any]) -> str:
    """Return the page of a report's document, as HTML.

    :param document: by document.document, or read from a report.json.
    """
    style, script = _read(_STYLE), _read(_SCRIPT)
    # What Jinja2 puts between the tags is hashed as it is, so that neither may be changed.
    sources = f"style-src {_hash(style)}; script-src {_hash(script)}; img-src data:"
    html: str = _template().render(
        view.view(document),
        style=Markup(style),  # noqa: S704  a file of the collection
        script=Markup(script),  # noqa: S704  the same
        policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
    )
    return html


def one_line(value: Any) -> str:
    """Return any text as one line of what is printable: no control characters, none that turns the writing around."""
    return printable(" ".join(str(value).split()))


@functools.lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, (Markup, int)) else one_line(value),
    )
    return environment.get_template(_TEMPLATE)


@functools.lru_cache(maxsize=2)
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
