"""The test fleet: a mock NAS, bare Debian hosts and doubles of other systems' hosts, in containers.

python3 tests/fleet COMMAND, which is one of:

images [RELEASE...]        build what is missing
up NAME                    create a fleet (nothing to do if it is up)
reset NAME [--only HOST,…] every host bare again, the NAS as new
status NAME                who is there
exec NAME HOST -- CMD...   run a command on a host, as root
nas NAME COMMAND...        tell the mock NAS something: permit ADDRESS, show, ...
down NAME | --all          remove a fleet, or all of this clone's
clean                      down --all, and remove the cache
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from fleet.engine import LABEL, Engine, remove_storage
from fleet.fleet import Fleet, clones_with_containers, fleets_of_this_clone, remove
from fleet.images import RELEASES, Images
from fleet.paths import CLONE, ROOT, locked
from fleet.shell import FleetError
from fleet.spec import DOUBLES, FleetSpec

# The fleet of doubles has one real host beside them: releases and doubles where none are named.
USUAL = {"doubles": ("trixie", ",".join(DOUBLES))}


def say(text: str) -> None:
    """Progress, at once and not in the way of a command's output."""
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python3 tests/fleet", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("images").add_argument("releases", nargs="*", metavar="RELEASE")
    up = commands.add_parser("up")
    up.add_argument("name")
    up.add_argument("--releases", help=f"comma-separated, default: {','.join(RELEASES)}; for 'doubles': trixie")
    up.add_argument("--copies", type=int, default=1, help="hosts a release")
    up.add_argument("--doubles", help=f"comma-separated, of {', '.join(DOUBLES)}; default: none; for 'doubles': all")
    up.add_argument("--volatile", default="", metavar="RELEASE", help="one more host, whose /etc/nut is on a tmpfs")
    up.add_argument("--mounts", action="store_true", help="hosts that may mount, over FUSE too, and call reboot(2)")
    up.add_argument("--profile", default="dsm7", help="what the mock NAS is: dsm7, dsm6, stock")
    up.add_argument("--no-permit", action="store_true", help="do not permit the hosts on the NAS")
    up.add_argument("--no-nas", action="store_true", help="hosts only")
    reset = commands.add_parser("reset")
    reset.add_argument("name")
    reset.add_argument("--only", default="", help="comma-separated hosts; the rest, the NAS too, stays as it is")
    commands.add_parser("status").add_argument("name")
    down = commands.add_parser("down")
    which = down.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?")
    which.add_argument("--all", action="store_true")
    run = commands.add_parser("exec")
    run.add_argument("name")
    run.add_argument("host")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD")
    nas = commands.add_parser("nas")
    nas.add_argument("name")
    nas.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")
    commands.add_parser("clean")
    return parser


def _become(argv: list[str]) -> None:
    """Replace this process, so that standard input and the exit status are the command's own."""
    sys.stdout.flush()
    os.execvp(argv[0], argv)


def _listed(text: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(filter(None, text.split(",")))


def _up(fleet: Fleet, args: argparse.Namespace) -> None:
    usual_releases, usual_doubles = USUAL.get(args.name, (",".join(RELEASES), ""))
    releases = _listed(usual_releases if args.releases is None else args.releases)
    doubles = _listed(usual_doubles if args.doubles is None else args.doubles)
    if not releases + doubles or args.copies < 1:
        raise FleetError("a fleet needs at least one release or double, and one copy")
    if unknown := set(doubles) - set(DOUBLES):
        raise FleetError(f"unknown double {sorted(unknown)[0]!r}; there are {', '.join(DOUBLES)}")
    permit, nas = not args.no_permit, not args.no_nas
    fleet.up(FleetSpec(releases, args.copies, args.profile, permit, nas, doubles, args.volatile, args.mounts))


def _down_all(engine: Engine) -> None:
    for name in fleets_of_this_clone(engine):
        Fleet(name, engine, say).down()
    remove(engine, f"{LABEL}={CLONE}")


def _clean(engine: Engine) -> None:
    _down_all(engine)
    others = clones_with_containers(engine)
    if others:
        say(f"the cache stays: {len(others)} other clone(s) have a fleet running in it")
    else:
        remove_storage()
    shutil.rmtree(ROOT / "build", ignore_errors=True)


def _images(engine: Engine, releases: list[str]) -> None:
    images = Images(engine, say)
    images.ensure(releases or RELEASES, nas=not releases, doubles=not releases)
    for release in releases or RELEASES:
        print(images.host(release))


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    args = _parser().parse_args(arguments)
    engine = Engine.find()
    if args.command == "images":
        return _images(engine, args.releases)
    if args.command == "clean":
        return _clean(engine)
    if args.command == "down" and args.all:
        return _down_all(engine)
    fleet = Fleet(args.name, engine, say)
    if args.command == "exec":
        return _become(fleet.command(args.host, args.argv[args.argv[:1] == ["--"] :]))
    if args.command == "nas":
        return _become(fleet.command("nas", ["mock-nas", "ctl", *args.argv]))
    if args.command == "status":
        return print(*fleet.status(), sep="\n")
    with locked(f"fleet-{fleet.prefix}"):
        if args.command == "up":
            return _up(fleet, args)
        return fleet.reset(_listed(args.only)) if args.command == "reset" else fleet.down()


def run(arguments: list[str]) -> None:
    """Do it, and end with one sentence if it cannot be done."""
    try:
        main(arguments)
    except FleetError as error:
        sys.exit(f"fleet: {error}")
