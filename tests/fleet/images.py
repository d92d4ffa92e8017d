"""Images: one bare Debian host a release, the mock NAS, and the double of another system's host.

A tag holds a hash of all that went in.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleet.engine import LIMITS, Engine
from fleet.paths import ROOT, locked
from fleet.shell import FleetError, as_root, output

RELEASES = ("bullseye", "bookworm", "trixie", "forky")
# Releases whose systemd refuses cgroup v1.
NEEDS_CGROUP_V2 = ("forky",)
NAS_RELEASE = "bookworm"
DOUBLE_RELEASE = "trixie"
HOST = ROOT / "tests" / "fleet" / "host"
DOUBLES = ROOT / "tests" / "doubles"
MOCK = DOUBLES / "nas"
# What of the shipped tree the mock NAS builds on, at the same place below the root of its own.
SHIPPED = ROOT / "plugins" / "module_utils"
SHIPPED_PLACE = Path("ansible_collections/upsfleet/synology/plugins/module_utils")
COMMAND = "/usr/local/sbin/upsfleet-init"


def _digest(parts: Iterable[str], files: Iterable[Path]) -> str:
    """Hash over settings and the names and contents of files."""
    total = hashlib.sha256("\0".join(parts).encode())
    for file in files:
        total.update(f"\0{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


def _sources(folder: Path) -> list[Path]:
    """Files of a build context; what Python compiled does not count."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def nas_sources() -> dict[Path, Path]:
    """What the image of the mock NAS holds: where a file goes, and where it is."""
    own = {path.relative_to(MOCK): path for path in _sources(MOCK)}
    shipped = [*_sources(SHIPPED / "_upsd"), SHIPPED / "_addresses.py"]
    return {**own, **{SHIPPED_PLACE / path.relative_to(SHIPPED): path for path in shipped}}


def _double_sources() -> list[Path]:
    """What the image of doubles holds. The controller's stand-ins, which live in the same folder, are not for it."""
    folders = [_sources(DOUBLES / name) for name in ("image", "macos", "windows/host")]
    return sorted([*itertools.chain(*folders), *DOUBLES.glob("windows/*.sh")])


@functools.cache
def _mirror() -> str:
    """The Debian mirror this machine's apt uses, '' if it has none (mmdebstrap then knows one)."""
    found = re.findall(
        r"^(https?://\S+) (?:stable|oldstable|oldoldstable|testing|unstable|sid|[a-z]+)$",
        output(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"], ok=False),
        re.MULTILINE,
    )
    debian = [uri for uri in found if uri.rstrip("/").endswith("debian")]
    return debian[0].rstrip("/") if debian else ""


@functools.cache
def _proxy_options() -> list[str]:
    """This machine's apt proxy, which its containers need too."""
    lines = output(["apt-config", "dump", "--format", '%f "%v";%n', "Acquire::http::Proxy"], ok=False).splitlines()
    return [f"--aptopt={line}" for line in lines if '""' not in line]


def _debootstrap(release: str) -> list[str]:
    """The command that writes a release's root file system to its standard output."""
    packages = (HOST / "packages.txt").read_text().split()
    hooks = [
        f"upload {shlex.quote(str(HOST / 'init.sh'))} {COMMAND}",
        f"upload {shlex.quote(str(HOST / 'setup.sh'))} /tmp/setup.sh",
        'chroot "$1" sh /tmp/setup.sh',
        'rm "$1/tmp/setup.sh"',
    ]
    return [
        *("mmdebstrap", "--quiet", "--variant=minbase", "--format=tar", f"--include={','.join(packages)}"),
        # A test mirror may be older than its index says it is valid.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        *_proxy_options(),
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "locale", "doc")),
        *(f"--customize-hook={hook}" for hook in hooks),
        *(release, "-", *filter(None, [_mirror()])),
    ]


class Images:
    """Builds what is missing and knows every tag."""

    def __init__(self, engine: Engine, say: Callable[[str], None]) -> None:
        self.engine = engine
        self.say = say
        self._hosts: dict[str, str] = {}

    def host(self, release: str) -> str:
        """Tag of a release's host image."""
        if release not in RELEASES:
            raise FleetError(f"unknown release {release!r}; there are {', '.join(RELEASES)}")
        if release not in self._hosts:
            pattern = os.environ.get("UPSFLEET_BASE_IMAGE", "")
            # Where the clone lies says nothing about the image; its files are hashed by content.
            command = [part.replace(str(HOST), "") for part in _debootstrap(release)]
            made_by = [pattern.format(release=release)] if pattern else command
            self._hosts[release] = f"localhost/upsfleet/{release}:{_digest(made_by, _sources(HOST))}"
        return self._hosts[release]

    def nas(self) -> str:
        """Tag of the mock NAS's image."""
        if not (MOCK / "Containerfile").exists():
            raise FleetError("tests/doubles/nas/Containerfile is missing")
        sources = nas_sources()
        return f"localhost/upsfleet/nas:{_digest([self.host(NAS_RELEASE), *map(str, sources)], sources.values())}"

    def double(self) -> str:
        """Tag of the image whose containers are set up as doubles of a Mac or of Windows."""
        paths = [str(path.relative_to(DOUBLES)) for path in _double_sources()]
        return f"localhost/upsfleet/double:{_digest([self.host(DOUBLE_RELEASE), *paths], _double_sources())}"

    def ensure(self, releases: Iterable[str], nas: bool = True, doubles: bool = False) -> None:
        """Build whatever of these is not there yet, two at a time."""
        below = [*([NAS_RELEASE] if nas else []), *([DOUBLE_RELEASE] if doubles else [])]
        wanted = dict.fromkeys([*releases, *below])
        tags = [*map(self.host, wanted), *([self.nas()] if nas else []), *([self.double()] if doubles else [])]
        if all(map(self._exists, tags)):
            return
        with locked("images"):  # somebody else may have built them while we waited
            missing = [release for release in wanted if not self._exists(self.host(release))]
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(self._build_host, missing))
            if nas and not self._exists(self.nas()):
                self._build_nas()
            if doubles and not self._exists(self.double()):
                self._build_double()

    def _exists(self, tag: str) -> bool:
        return self.engine.succeeds("image", "inspect", tag)

    def _build_host(self, release: str) -> None:
        self.say(f"building the {release} image")
        pattern = os.environ.get("UPSFLEET_BASE_IMAGE", "")
        if pattern:
            self._build(HOST, self.host(release), pattern.format(release=release))
        else:
            self._import(release)
        self.say(f"{release} image is ready")

    def _import(self, release: str) -> None:
        """Pipe the file system into the engine, so that it is never on the disk twice."""
        change = f"CMD {json.dumps([COMMAND])}"
        command = as_root(_debootstrap(release))
        with tempfile.TemporaryFile("w+") as log:
            maker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
            # Tagged only when the file system turned out whole, or a broken one would be found next time.
            done = subprocess.run(
                [*self.engine.argv, "import", "--change", change, "-"],
                stdin=maker.stdout,
                capture_output=True,
                text=True,
                check=False,
            )
            if maker.stdout:
                maker.stdout.close()  # so that mmdebstrap ends too when the import did early
            failed = maker.wait()
            log.seek(0)
            complaint = log.read()
        if failed:
            raise FleetError(f"mmdebstrap {release}: exit status {failed}\n{complaint[-2000:]}")
        if done.returncode:
            raise FleetError(f"importing {release}: {done.stderr}")
        self.engine("tag", done.stdout.split()[-1], self.host(release))

    def _build_nas(self) -> None:
        self.say("building the mock NAS image")
        self._build_from(nas_sources(), self.nas(), self.host(NAS_RELEASE))

    def _build_double(self) -> None:
        self.say("building the image of doubles")
        files = {path.relative_to(DOUBLES): path for path in _double_sources()}
        files[Path("Containerfile")] = DOUBLES / "image" / "Containerfile"
        self._build_from(files, self.double(), self.host(DOUBLE_RELEASE))

    def _build_from(self, files: Mapping[Path, Path], tag: str, base: str) -> None:
        """From a copy of what is hashed, so that nothing else of a folder gets in."""
        with tempfile.TemporaryDirectory() as folder:
            for place, source in files.items():
                target = Path(folder) / place
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
            self._build(Path(folder), tag, base)

    def _build(self, context: Path, tag: str, base: str) -> None:
        local = ["--format=docker", *LIMITS] if self.engine.is_podman else []
        made_of = ["--build-arg", f"BASE={base}", "--file", str(context / "Containerfile"), str(context)]
        self.engine("build", "--quiet", *local, "--tag", tag, *made_of)
