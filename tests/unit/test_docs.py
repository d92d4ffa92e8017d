"""docs/variables.md says what the argument specs say; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "variables.md"
ROLES = ("nut_client", "dsm_ups_server")
HEAD = """# Variables of the roles

Made from each role's `meta/argument_specs.yml` by `UPDATE_GOLDEN=1 ./dev test unit`; change that, not this.
The defaults read as documentation in the role's `defaults/main.yml`.
"""


def page() -> str:
    return "\n".join([HEAD, *(line for role in ROLES for line in section(role))])


def section(role: str) -> list[str]:
    specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8"))
    main = specs["argument_specs"]["main"]
    options = (line for name, option in main["options"].items() for line in entry(name, option, ""))
    return [f"## `{role}`", "", f"{plain(main['short_description'])}.", "", *options, ""]


def entry(name: str, option: dict[str, Any], indent: str) -> list[str]:
    kind = f"{option['type']} of {option['elements']}" if "elements" in option else option["type"]
    facts = [kind]
    if option.get("required"):
        facts.append("needed")
    if option.get("default") not in (None, {}, []):
        facts.append(f"default `{str(option['default']).lower() if option['type'] == 'bool' else option['default']}`")
    if "choices" in option:
        facts.append("one of " + ", ".join(f"`{choice}`" for choice in option["choices"]))
    text = option["description"]
    lines = [f"{indent}- **`{name}`** ({'; '.join(facts)}): {plain(text if isinstance(text, str) else ' '.join(text))}"]
    for key, inner in option.get("options", {}).items():
        lines += entry(key, inner, indent + "  ")
    return lines


def plain(text: str) -> str:
    """Turn Ansible's O(), V(), C() markup into Markdown code."""
    return re.sub(r"\b[OVCMP]\(([^)]*)\)", r"`\1`", text)


def test_the_page_of_variables_is_up_to_date() -> None:
    if os.environ.get("UPDATE_GOLDEN") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_every_role() -> None:
    assert set(ROLES) == {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}


def test_every_link_in_the_readme_that_leads_into_the_repository_leads_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    paths = re.findall(r"https://github\.com/upsfleet/synology/blob/main/([\w./-]+)", readme)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
