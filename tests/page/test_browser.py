# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: it is read in the dark and on a phone, filters, and lets nothing hostile do anything."""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import sample_report
from ansible_collections.upsfleet.synology.plugins.plugin_utils._report.page import page
from chromium import Chromium

PICTURES = Path(__file__).resolve().parents[2] / "build" / "page"
SHOWN = "[...document.querySelectorAll('#fleet tbody')].filter((one) => one.checkVisibility())"
NAMES = f"{SHOWN}.map((one) => one.querySelector('th bdi').textContent)"
TITLE = "document.title.slice(0, 16)"
ALL = "[...document.querySelectorAll('*')]"
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
Write = Callable[[dict[str, Any]], Path]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """Return the browser of all tests."""
    with Chromium() as started:
        yield started


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a report's page to a file."""

    def written(document: dict[str, Any]) -> Path:
        path = tmp_path / "report.html"
        path.write_text(page(document), encoding="utf-8")
        return path

    return written


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Return a server that a hostile text would have the page ask."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def url(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}/"


def connected(server: socket.socket) -> bool:
    """Return whether anybody has connected."""
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True


def asked(server: socket.socket) -> bool:
    """Return whether anybody has asked for anything; a browser may connect for what its policy then forbids."""
    try:
        with server.accept()[0] as peer:
            peer.settimeout(0.5)
            return peer.recv(1) != b""
    except TimeoutError:
        return False


def filter_by(browser: Chromium, text: str) -> list[str]:
    """Type into the filter, in place of what is there; return the names of the hosts that are left."""
    browser.evaluate("document.getElementById('words').select()")
    if text:
        browser.type(text)
    else:
        browser.press("Backspace", 8)
    return list(browser.evaluate(NAMES))


def test_the_filter_leaves_what_holds_every_word(browser: Chromium, write: Write) -> None:
    browser.open(write(sample_report.small()))
    assert browser.evaluate(NAMES) == ["backup", "lab", "pi", "proxmox"]
    assert filter_by(browser, "prox") == ["proxmox"]
    assert filter_by(browser, "RASPBIAN 12") == ["pi"]
    assert filter_by(browser, "not_permitted") == ["backup"]
    assert filter_by(browser, "enp3s0 wake") == ["lab", "pi", "proxmox"]
    assert filter_by(browser, "nobody has this") == []
    assert browser.evaluate("document.getElementById('left').textContent") == "0 of 4 shown"
    assert filter_by(browser, "") == ["backup", "lab", "pi", "proxmox"]
    browser.evaluate("document.getElementById('open').click()")
    assert browser.evaluate(NAMES) == ["backup", "lab"]
    browser.press("Enter", 13)  # sends no form away
    assert browser.requests[1:] == []


def test_the_filter_of_a_thousand(browser: Chromium, write: Write) -> None:
    browser.open(write(sample_report.large()))
    assert len(browser.evaluate(NAMES)) == 1000
    found = [f"host{number}.example.com" for number in (99, *range(990, 1000))]
    assert filter_by(browser, "host99") == found
    assert browser.evaluate("document.getElementById('left').textContent") == "11 of 1000 shown"
    assert len(filter_by(browser, "")) == 1000


def test_without_scripts_only_the_filter_is_missing(browser: Chromium, write: Write) -> None:
    browser.open(write(sample_report.small()), scripts=False)
    assert browser.evaluate("document.getElementById('filter').checkVisibility()") is False
    assert browser.evaluate(NAMES) == ["backup", "lab", "pi", "proxmox"]
    assert browser.evaluate("document.querySelectorAll('figure path').length") == 2


@pytest.mark.parametrize("width", [320, 360, 800, 1200, 2000])
@pytest.mark.parametrize("report", [sample_report.small(), sample_report.hostile()], ids=["small", "hostile"])
def test_nothing_is_wider_than_the_window(browser: Chromium, write: Write, width: int, report: dict[str, Any]) -> None:
    browser.open(write(report), width=width)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate("document.documentElement.scrollWidth") == width


def test_a_thousand_hosts_fit_a_phone(browser: Chromium, write: Write) -> None:
    browser.open(write(sample_report.large()), width=360)
    assert browser.evaluate("document.documentElement.scrollWidth") == 360


def test_light_and_dark(browser: Chromium, write: Write) -> None:
    path = write(sample_report.small())
    grounds = []
    for dark in (False, True):
        browser.open(path, dark=dark)
        ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(int(part) for part in ground[4:-1].split(",")))
    assert grounds[0] > 700
    assert grounds[1] < 100


@pytest.mark.parametrize(("days", "said", "kind"), [(0, "", ""), (1, "1 day ago", "sub"), (3, "3 days ago", "bad")])
def test_an_old_report_says_so(browser: Chromium, write: Write, days: int, said: str, kind: str) -> None:
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400 - 60))
    browser.open(write({**sample_report.small(), "time": made}))
    assert browser.evaluate("[age.textContent, age.className]") == [said, kind]


def test_hostile_texts_do_nothing(browser: Chromium, write: Write, listener: socket.socket) -> None:
    report = sample_report.hostile(url(listener))
    browser.open(write(report))
    browser.evaluate(OPEN_ALL)
    browser.evaluate(
        f"{ALL}.forEach((one) => {{ "
        "for (const kind of ['mouseover', 'focus', 'click', 'error']) one.dispatchEvent(new Event(kind)); })"
    )
    filter_by(browser, "script")
    assert browser.evaluate(TITLE) == "0 of 9 protected"
    found = browser.evaluate(f"{ALL}.map((one) => one.localName)")
    suspicious = {"script", "img", "iframe", "link", "meta", "style", "textarea", "a", "object", "base"}
    assert sorted(one for one in found if one in suspicious) == ["link", *["meta"] * 5, "script", "style"]
    attributes = browser.evaluate(f"{ALL}.flatMap((one) => [...one.attributes].map((found) => found.name))")
    assert [name for name in attributes if name.startswith("on") or name in ("style", "src", "autofocus")] == []
    assert browser.requests[1:] == []
    assert not connected(listener)


def test_the_policy_lets_nothing_in(browser: Chromium, write: Write, listener: socket.socket) -> None:
    """Should a text become an element one day, it would load nothing and run nothing."""
    browser.open(write(sample_report.small()))
    address = url(listener)
    browser.evaluate(
        f"""new Promise((done) => {{
            const blocked = new Set();
            addEventListener('securitypolicyviolation', (event) => {{
                blocked.add(event.effectiveDirective);
                if (blocked.size === 4) done();
            }});
            document.body.insertAdjacentHTML('beforeend', `
                <img src='{address}' onerror='document.title = 1'><iframe src='{address}'></iframe>
                <p style='color: red' onclick='document.title = 2'></p>`);
            const script = document.createElement('script');
            script.textContent = 'document.title = 3';
            document.body.append(script);
            document.querySelector('p[onclick]').click();
            fetch('{address}').catch(() => 0);
        }})"""
    )
    assert browser.evaluate(TITLE) == "2 of 4 protected"
    assert not asked(listener)


PICTURED = [
    (name, width, height, dark)
    for name, widths in (("4", ((1200, 1100), (360, 1600))), ("1000", ((1200, 1600), (360, 1600))))
    for width, height in widths
    for dark in (False, True)
]


@pytest.mark.parametrize(("hosts", "width", "height", "dark"), PICTURED)
def test_pictures_to_look_at(browser: Chromium, write: Write, hosts: str, width: int, height: int, dark: bool) -> None:
    """In build/page: nothing but eyes can say whether it is good."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{hosts}-hosts-{width}-{'dark' if dark else 'light'}.png"
    browser.open(write(sample_report.small() if hosts == "4" else sample_report.large()), width, height, dark)
    browser.picture(path)
    assert struct.unpack(">II", path.read_bytes()[16:24]) == (width, height)
