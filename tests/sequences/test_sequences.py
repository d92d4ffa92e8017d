"""Random sequences of statuses: what the real upsmon of four releases does with each is what the model says.

UPSFLEET_RECORD=tests/sequences/data/outcomes-of-real-upsmons.json UPSFLEET_SEQUENCES=60 writes what they did.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon.versions import (
    DIRECTIVES,
    NOTIFY_EVENTS,
    parse_version,
)
from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill.model import PACKAGES
from conformance.conftest import RELEASES, Fleet
from sequences.compare import Outcome, disagreement, late, record
from sequences.draw import TOKENS, Sequence, draw, tokens

PLAYER = Path(__file__).with_name("player.py").read_text(encoding="utf-8")
SEED = int(os.environ.get("UPSFLEET_SEED") or 1)
COUNT = int(os.environ.get("UPSFLEET_SEQUENCES") or 50)
AT_ONCE = 50
"""Sequences that a host plays at once; all hosts play at the same time."""
TRIES = 3
OFTEN = (200, 20)
"""With so many sequences every token is seen in so many."""


def conf(package: str, played: Sequence) -> str:
    """What the player fills in for an upsmon of this package."""
    number = parse_version(package)
    values = {name.upper(): value for name, value in played.settings._asdict().items()}
    lines = [
        f"MONITOR ups@127.0.0.1:{{port}} 1 monuser secret {'secondary' if number >= (2, 8, 0) else 'slave'}",
        'SHUTDOWNCMD "date +%s.%N > {marker}.part && mv {marker}.part {marker}"',
        "RUN_AS_USER nut",
    ]
    lines += [
        f"{each.name} {int(values[each.name])}" for each in DIRECTIVES if each.name in values and each.since <= number
    ]
    lines += [f"NOTIFYFLAG {name} IGNORE" for name, since in NOTIFY_EVENTS.items() if since <= number]
    return "\n".join(lines) + "\n"


class Run:
    """What every upsmon did with every sequence."""

    def __init__(self, fleet: Fleet, sequences: list[Sequence]) -> None:
        self._fleet = fleet
        self.most: dict[str, int] = {}
        self.outcomes: list[Outcome] = []
        self.wrong: list[str] = []
        self.tokens: dict[str, set[str]] = {each.name: set() for each in sequences}
        self.packages = {
            release: fleet.run(release, "dpkg-query -W -f '${Version}' nut-client").stdout for release in RELEASES
        }
        with ThreadPoolExecutor(len(RELEASES)) as pool:
            list(pool.map(lambda release: self._all(release, sequences), RELEASES))

    def _all(self, release: str, sequences: list[Sequence]) -> None:
        for first in range(0, len(sequences), AT_ONCE):
            self._batch(release, sequences[first : first + AT_ONCE])

    def _play(self, release: str, sequences: list[Sequence]) -> dict[str, Any]:
        package = self.packages[release]
        orders = [{"steps": each.steps, "until": each.until, "conf": conf(package, each)} for each in sequences]
        script = f"cat > /run/player.py <<'END'\n{PLAYER}\nEND\n"
        script += f"cat > /run/orders.json <<'END'\n{json.dumps(orders)}\nEND\n"
        return dict(
            json.loads(self._fleet.run(release, f"{script}exec python3 /run/player.py < /run/orders.json").stdout)
        )

    def _batch(self, release: str, sequences: list[Sequence]) -> None:
        """What disagrees is played again if its upsmon was kept waiting by this machine: then nothing was shown."""
        package = self.packages[release]
        for attempt in range(1, TRIES + 1):
            said = self._play(release, sequences)
            self.most[release] = max(said["most"], self.most.get(release, 0))
            again = []
            for played, one in zip(sequences, said["plays"]):
                outcome = Outcome(package, played, one["down"])
                wrong = disagreement(outcome)
                if wrong and late(played, one["polls"], one["lag"]) and attempt < TRIES:
                    again.append(played)
                    continue
                self.outcomes.append(outcome)
                self.wrong += [f"{wrong}\n{one['log']}"] if wrong else []
                seen = {number for _at, number in one["polls"]}
                self.tokens[played.name] |= tokens(played, seen, outcome.down or played.until)
            sequences = again
            if not sequences:
                break


@pytest.fixture(scope="module")
def run(fleet: Fleet) -> Run:
    """Play them all, once."""
    sequences = draw(SEED, COUNT)
    made = Run(fleet, sequences)
    if path := os.environ.get("UPSFLEET_RECORD"):
        what = f"what the upsmon of {', '.join(sorted(made.packages.values()))} did; seed {SEED}"
        rows = ",\n".join(json.dumps(row) for row in record(made.outcomes))
        Path(path).write_text(f'{{"what": {json.dumps(what)}, "outcomes": [\n{rows}\n]}}\n', encoding="utf-8")
    return made


def test_the_versions_are_those_that_the_model_names(run: Run) -> None:
    assert sorted(map(parse_version, run.packages.values())) == sorted(map(parse_version, PACKAGES.values()))


def test_every_upsmon_does_what_the_model_says(run: Run) -> None:
    assert len(run.outcomes) == COUNT * len(RELEASES)
    assert not run.wrong, f"{len(run.wrong)} of {len(run.outcomes)} disagree, seed {SEED}:\n" + "\n".join(run.wrong)


def test_many_upsmons_run_at_once(run: Run) -> None:
    assert min(run.most.values()) >= min(30, COUNT)


def test_every_token_was_seen(run: Run) -> None:
    seen = {token: sum(token in each for each in run.tokens.values()) for token in TOKENS}
    assert min(seen.values()) >= (OFTEN[1] if OFTEN[0] <= COUNT else 1), seen
