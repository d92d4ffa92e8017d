"""The README of a role: a head that a person writes, and its variables, from meta/argument_specs.yml.

Galaxy shows this file. tests/unit/test_role_readme.py holds it against the specs; UPDATE_GOLDEN=1 writes it anew.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any, Iterator, Mapping

import yaml

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 118
MARKER = "<!-- Made from meta/argument_specs.yml by UPDATE_GOLDEN=1 ./dev test unit; change that, not this. -->"

# Headings, each with the first variable below it, in the order of the specs.
GROUPS: dict[str, dict[str, str]] = {
    "nut_client": {
        "nut_client_monitors": "The UPSes",
        "nut_client_state": "The host",
        "nut_client_connect_timeout": "The proof",
        "nut_client_minsupplies": "Shutting down",
        "nut_client_pollfreq": "Watching",
        "nut_client_notifycmd": "Notifying",
        "nut_client_run_as_user": "The daemon, and TLS",
        "nut_client_windows_method": "Windows",
        "nut_client_windows_dir": "Windows: the official archive",
        "nut_client_windows_accept_legacy_risk": "Windows: the installer of 2014",
        "nut_client_windows_accept_unproven": "Windows: WinNUT",
        "nut_client_windows_cache_dir": "Windows: the cache",
    },
    "dsm_ups_server": {
        "dsm_ups_server_permitted": "The permitted addresses",
        "dsm_ups_server_method": "How the NAS is reached",
        "dsm_ups_server_enabled": "The UPS server",
    },
    "nut_drill": {
        "nut_drill_scenarios": "What is played",
        "nut_drill_server": "Where the drill's UPS server is",
        "nut_drill_login_wait": "Limits",
    },
}


def options(role: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the options of the role's entry point main."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    found: Mapping[str, Mapping[str, Any]] = specs["argument_specs"]["main"]["options"]
    return found


def entry(name: str, option: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield an option as a line of Markdown, and its own options below it."""
    text = option["description"]
    line = f"{indent}- **`{name}`** ({'; '.join(facts(option))}): "
    yield line + plain(text if isinstance(text, str) else " ".join(text))
    for key, inner in option.get("options", {}).items():
        yield from entry(key, inner, indent + "  ")


def facts(option: Mapping[str, Any]) -> Iterator[str]:
    """Yield type, default and choices of an option."""
    yield f"{option['type']} of {option['elements']}" if "elements" in option else option["type"]
    if option.get("required"):
        yield "needed"
    default = option.get("default")
    if default not in (None, {}, []):
        yield f"default `{str(default).lower() if option['type'] == 'bool' else default}`"
    if "choices" in option:
        yield "one of " + ", ".join(f"`{choice}`" for choice in option["choices"])


def plain(text: str) -> str:
    """Turn Ansible's O(), V(), C() markup into Markdown code."""
    return re.sub(r"\b[OVCMP]\(([^)]*)\)", r"`\1`", text)


def wrapped(line: str) -> list[str]:
    """Return a list item as lines that are not too long."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def variables(role: str) -> str:
    """Return the generated part of the role's README."""
    lines: list[str] = []
    for name, option in options(role).items():
        heading = GROUPS[role].get(name)
        lines += ["", f"### {heading}", ""] if heading else []
        lines += (part for line in entry(name, option) for part in wrapped(line))
    return "\n".join([MARKER, *lines, ""])


def page(role: str) -> str:
    """Return the role's README with its generated part anew."""
    head, marker, _old = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8").partition(MARKER)
    if not marker:
        raise ValueError(f"roles/{role}/README.md lacks the line {MARKER}")
    return head + variables(role)
