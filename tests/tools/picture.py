"""The picture in the README: what a person types and sees, drawn from real runs. Called by `./dev picture`.

`picture.py BIN` runs three playbooks on the demo's fleet, on which the NAS refuses one host, and writes docs/demo.svg.
`picture.py BIN --check` makes the same runs and compares their text with what the picture holds.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import subprocess
import sys
import textwrap
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Iterable, Mapping
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from report_text import unwrapped  # noqa: E402

FLEET = ROOT / "build" / "demo"
PICTURE = ROOT / "docs" / "demo.svg"
TITLE = "A terminal: audit finds a host that the NAS does not permit, permit lets it in, audit proves every host"

COLUMNS = 104  # longer lines are wrapped
ADVANCE, LEADING, SIZE, MARGIN = 8.4, 19, 14, 18  # of a character, a line, the font, around the text
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
# Light on dark, with an edge that shows on a dark page as well.
BACKGROUND, EDGE = "#0d1117", "#3d444d"
TEXT, DIM, BRIGHT, GOOD, BAD = "#d1d7e0", "#9198a1", "#ffffff", "#4ade80", "#ff8a80"

_SPACE = "\N{NO-BREAK SPACE}"

PROMPT = "$ "
COMMAND = PROMPT + "ansible-playbook -i inventory upsfleet.synology."
_TABLE = re.compile(r"^host +address ", re.MULTILINE)
_COUNT = re.compile(r"^\d+ of \d+ hosts .*$", re.MULTILINE)
_COUNT_OF = re.compile(r"^(\d+) of (\d+) hosts ")
_NAS_ADDRESS, _HOST_ADDRESS = "192.0.2.10", "192.0.2.{}"
_FIRST_HOST = 21


def terminal(bin_dir: str) -> list[str]:
    """Run the playbooks and return what the terminal shows, with addresses of the documentation in it."""
    addresses = documentation_addresses(json.loads((FLEET / "fleet.json").read_text(encoding="utf-8")))
    # The page of this one is drawn by report_picture.py.
    refused = shown(playbook(bin_dir, "audit", 2, "-e", f"ups_report_dir={FLEET / 'refused'}"), addresses)
    permitted = [line for line in shown(playbook(bin_dir, "permit", 0), addresses) if line.startswith("nas: ")]
    proven = shown(playbook(bin_dir, "audit", 0), addresses)
    screens = {"audit": refused, "permit": permitted}
    lines = [line for name, screen in screens.items() for line in (COMMAND + name, *screen, "")]
    return [*lines, COMMAND + "audit", *proven]


def playbook(bin_dir: str, name: str, status: int, *more: str) -> str:
    """Return the output of one playbook; its exit status is part of what is shown, so another one ends this."""
    command = [f"{bin_dir}/ansible-playbook", "-i", str(FLEET / "inventory.yml"), f"playbooks/{name}.yml", *more]
    for attempt in range(3):
        time.sleep(10 if attempt else 0)  # a upsmon that was just let in needs a moment to log in
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode == status:
            return done.stdout
    sys.exit(f"{name}: exit status {done.returncode}, not {status}\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def documentation_addresses(fleet: Mapping[str, object]) -> dict[str, str]:
    """Return for each address of the *fleet* the one that stands for it in the picture."""
    nas, hosts = fleet["nas"], fleet["hosts"]
    assert isinstance(nas, dict)
    assert isinstance(hosts, list)
    numbered = {host["address"]: _HOST_ADDRESS.format(number) for number, host in enumerate(hosts, _FIRST_HOST)}
    return {nas["address"]: _NAS_ADDRESS, **numbered}


def shown(output: str, addresses: Mapping[str, str]) -> list[str]:
    """Return the report in a playbook's *output*: the table, what is to be done, and the count.

    Notes are left out: which ones there are depends on the moment.
    """
    begin = _TABLE.search(output)
    end = _COUNT.search(output, begin.start()) if begin else None
    if not (begin and end):
        sys.exit(f"there is no report in this output:\n{output[-4000:]}")
    text = unwrapped(output[begin.start() : end.end()])
    pattern = "|".join(rf"\b{re.escape(address)}\b" for address in sorted(addresses, key=len, reverse=True))
    text = re.sub(pattern, lambda found: addresses[found.group()], text)
    # How much of it is cut depends on the length of the fleet's own addresses.
    text = re.sub(r"\(d[a-z]*…", "(d…", text)
    table, _blank, rest = text.partition("\n\n")
    lines = [line for line in rest.split("\n") if not line.startswith("Note for ")]
    return [*aligned(table.split("\n")), "", *(part for line in lines for part in wrapped(line))]


def aligned(table: Iterable[str]) -> list[str]:
    """Return the rows with their columns aligned anew: another address may have another length."""
    rows = [re.split(r" {2,}", row.rstrip()) for row in table]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def wrapped(line: str) -> list[str]:
    """Return the lines that *line* takes in the picture."""
    return textwrap.wrap(line, COLUMNS, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def draw(lines: list[str]) -> str:
    """Return the picture of a terminal with *lines*, as the text of an SVG."""
    width = round(max(map(len, lines)) * ADVANCE) + 2 * MARGIN
    height = len(lines) * LEADING + 2 * MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" aria-labelledby="title">',
        f'<title id="title">{escape(TITLE)}</title>',
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{BACKGROUND}" stroke="{EDGE}"/>',
        f'<g font-family="{FONTS}" font-size="{SIZE}" fill="{TEXT}">',
    ]
    for number, line in enumerate(lines):
        if line:
            y = MARGIN + number * LEADING + SIZE
            parts = "".join(tspan(text, colour) for text, colour in coloured(line))
            # The length is set, so that columns stand and nothing is cut off whatever font there is.
            drawn.append(f'<text x="{MARGIN}" y="{y}" textLength="{round(len(line) * ADVANCE, 1)}">{parts}</text>')
        else:
            drawn.append("<text/>")
    return "\n".join([*drawn, "</g>", "</svg>", ""])


def tspan(text: str, colour: str) -> str:
    """Return *text* in *colour*. Not every browser keeps several plain spaces in a row."""
    content = escape(text).replace(" ", _SPACE)
    return content if colour == TEXT else f'<tspan fill="{colour}">{content}</tspan>'


def coloured(line: str) -> list[tuple[str, str]]:
    """Return the parts of *line*, each with its colour."""
    count = _COUNT_OF.match(line)
    if line.startswith(PROMPT):
        return [(PROMPT, DIM), (line[len(PROMPT) :], BRIGHT)]
    if _TABLE.match(line):
        return [(line, DIM)]
    if count:
        return [(line, GOOD if count[1] == count[2] else BAD)]
    parts = re.split(r"(?<=  )(ok|not_permitted)(?=  )|(?:^|(?<=: ))(not_permitted)(?=: )", line, maxsplit=1)
    if len(parts) > 1:
        before, verdict, after = parts[0], parts[1] or parts[2], parts[-1]
        return [(before, TEXT), (verdict, GOOD if verdict == "ok" else BAD), (after, TEXT)]
    return [(line, TEXT)]


def text_of(picture: str) -> list[str]:
    """Return the lines that a picture of :func:`draw` holds."""
    lines = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(line.itertext()).replace(_SPACE, " ") for line in lines]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", help="the folder of ansible-playbook")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    lines = terminal(arguments.bin)
    name = str(PICTURE.relative_to(ROOT))
    if not arguments.check:
        PICTURE.write_text(draw(lines), encoding="utf-8")
        print(f"{name}: {len(lines)} lines")
        return 0
    held = text_of(PICTURE.read_text(encoding="utf-8"))
    difference = list(difflib.unified_diff(held, lines, name, "this run", lineterm=""))
    print("\n".join(difference) or f"{name} shows what the playbooks say")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
