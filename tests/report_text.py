"""The report as it stands on a screen, read back."""

from __future__ import annotations

COLUMNS = 100
_INDENT = "    "


def unwrapped(text: str) -> str:
    """Return a text without the line breaks that are there because the next word would not have fitted."""
    sentences: list[str] = []
    before = ""
    for line in text.split("\n"):
        word = line.removeprefix(_INDENT).partition(" ")[0]
        if line.startswith(_INDENT) and word and len(before) + 1 + len(word) > COLUMNS:
            sentences[-1] += f" {line.removeprefix(_INDENT)}"
        else:
            sentences.append(line)
        before = line
    return "\n".join(sentences)
