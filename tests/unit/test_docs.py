"""docs/variables.md says what the argument specs say; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import importlib
import os
import re
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import VERDICTS
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.policy import HOST_VERDICTS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
role_readme = importlib.import_module("role_readme")
PAGE = ROOT / "docs" / "variables.md"
ROLES = ("nut_client", "dsm_ups_server", "nut_drill")
# Generated, or waiting for its own turn.
LONG_LINES = ("CHANGELOG.md", "docs/field-cases.md", "docs/fleets.md", "docs/report.md")
HEAD = """# Variables of the roles

Made from each role's `meta/argument_specs.yml` by `UPDATE_GOLDEN=1 ./dev test unit`; change that, not this.
The defaults read as documentation in the role's `defaults/main.yml`.
"""


def page() -> str:
    return "\n".join([HEAD, *(line for role in ROLES for line in section(role))])


def section(role: str) -> list[str]:
    specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8"))
    main = specs["argument_specs"]["main"]
    entries = (line for name, option in main["options"].items() for line in role_readme.entry(name, option))
    options = (part for line in entries for part in role_readme.wrapped(line))
    return [f"## `{role}`", "", f"{role_readme.plain(main['short_description'])}.", "", *options, ""]


def test_the_page_of_variables_is_up_to_date() -> None:
    if os.environ.get("UPDATE_GOLDEN") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_every_role() -> None:
    assert set(ROLES) == {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}


def pages() -> list[Path]:
    """Return every page of Markdown that a person writes."""
    return [page for folder in ("", "docs/", ".github/", "roles/*/") for page in ROOT.glob(f"{folder}*.md")]


def own(path: Path) -> str:
    """Name *path* in a test's name."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=own)
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = (
        r"https://(?:github\.com/upsfleet/synology/(?:blob|tree)|raw\.githubusercontent\.com/upsfleet/synology)/main"
    )
    whole = [ROOT / path for path in re.findall(places + r"/([\w./-]+)", text)]
    relative = [page.parent / path for path in re.findall(r"\]\((?!https?:)([\w./-]+)", text)]
    template = re.findall(r"issues/new\?template=([\w.-]+)", text)
    forms = [ROOT / ".github" / "ISSUE_TEMPLATE" / name for name in template]
    assert [own(path) for path in [*whole, *relative, *forms] if not path.exists()] == []


@pytest.mark.parametrize("page", pages(), ids=own)
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name, anchor in re.findall(r"(?:\]\(|\]: |/blob/main/(?:docs/)?)([\w-]*\.md)?#([\w-]+)", text):
        target = next(path for path in pages() if path.name == (name or page.name))
        assert anchor in anchors(target), f"{name}#{anchor}"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of *page*."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_has_no_relative_link() -> None:
    # Galaxy shows it elsewhere.
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?:)[^)]*\)|^\[[^\]]+\]: (?!https?:).*$", readme, re.MULTILINE) == []


def test_every_reference_of_the_readme_is_defined() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    defined = set(re.findall(r"^\[([^\]]+)\]: ", readme, re.MULTILINE))
    used = set(re.findall(r"\]\[([^\]]+)\]", readme)) | set(re.findall(r"(?<!\])\[([\w.]+)\](?![\[(:])", readme))
    assert used == defined


@pytest.mark.parametrize("page", [page for page in pages() if own(page) not in LONG_LINES], ids=own)
def test_lines_are_short(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").split("\n")
    breakable = (line for line in lines if max(map(len, line.split(" "))) < 100)  # a long address is not
    assert [line for line in breakable if len(line) > 120] == []


def test_every_verdict_of_the_readme_has_one_entry_under_troubleshooting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = readme.partition("\n## Verdicts\n")[2].partition("\n## ")[0]
    verdicts = [
        name for row in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    entries = [name for name in re.findall(r"^## ([a-z_]+)\b", page, re.MULTILINE) if name in verdicts]
    assert sorted(verdicts) == sorted((*VERDICTS, *HOST_VERDICTS))
    assert sorted(entries) == sorted(set(verdicts) - {"ok", "removed"})


def returned(module: str, part: str) -> set[str]:
    """Return the values that a module's RETURN names for *part*."""
    text = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8").partition("RETURN = ")[2]
    return set(re.findall(r"V\((\w+)\)", text[text.index(f"\n{part}:") :].partition("returned:")[0]))


def test_return_names_every_verdict() -> None:
    shown_only = {"not_audited", "removed"}
    assert returned("upsd_access", "verdict") >= set(VERDICTS)
    assert returned("nut_client_audit", "verdict") == {*VERDICTS, *HOST_VERDICTS} - shown_only
    assert returned("fleet_report", "hosts") == shown_only


def test_the_architecture_names_every_verdict() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("\n## Verdicts\n")[2].partition("\n## ")[0]
    assert {name for name in (*VERDICTS, *HOST_VERDICTS) if f"`{name}`" not in section} == set()


def test_the_architecture_names_every_room() -> None:
    """Each folder of these, and each file beside private packages, is a row; each row leads somewhere."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([\w./]+)` \|", text, re.MULTILINE))
    assert {row for row in rows if not (ROOT / row).exists()} == set()
    parents = ("plugins/module_utils", "plugins/plugin_utils", "roles", "tests", "roles/nut_client/tasks")
    rooms = {
        f"{path.relative_to(ROOT)}{'/' if path.is_dir() else ''}"
        for parent in parents
        for path in (ROOT / parent).iterdir()
        if (path.is_dir() or parent.endswith("_utils")) and path.name not in ("__pycache__", "__init__.py")
    }
    assert rooms - rows == set()


def existing_tests(text: str) -> list[str]:
    """Return the tests that a text names, each of which must exist."""
    found = re.findall(r"`(\S+)::(\w+)`", text)
    for path, name in found:
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"
    return [name for _path, name in found]


def test_every_case_from_the_field_has_its_test() -> None:
    rows = [line for line in (ROOT / "docs/field-cases.md").read_text(encoding="utf-8").splitlines() if "::" in line]
    assert len(rows) > 30
    assert all(map(existing_tests, rows))


@pytest.mark.parametrize(("page", "least"), [("docs/fleets.md", 15), ("docs/report.md", 12)])
def test_every_statement_has_its_test(page: str, least: int) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    statements = re.findall(r"^- .*(?:\n  .*)*", text, re.MULTILINE)
    assert len(statements) > least
    for statement in statements:
        assert existing_tests(statement), statement
