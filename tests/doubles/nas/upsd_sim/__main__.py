"""Command line of this test double: ``serve`` plays the NAS, ``ctl`` tells a running one what to do."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import signal
import ssl
import sys
import time

from . import control, profiles
from .dsm.certificates import Certificates, own_names
from .dsm.files import Disk, Files
from .dsm.web import WebServer
from .server import Server
from .state import State


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mock-nas", description="A test double of a Synology NAS's upsd.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="play the NAS")
    serve.add_argument("--profile", choices=sorted(profiles.PROFILES), default="dsm7")
    serve.add_argument("--host", nargs="+", default=["0.0.0.0", "::"], metavar="ADDRESS", help="addresses to listen on")
    serve.add_argument("--port", type=_port, default=3493)
    serve.add_argument("--permit", nargs="+", default=[], metavar="ADDRESS", type=_address)
    serve.add_argument("--maxconn", type=int, default=256, help="connections served at once; more are left waiting")
    serve.add_argument("--cert", metavar="FILE", help="certificate chain (PEM): offer STARTTLS")
    serve.add_argument("--key", metavar="FILE", help="private key (PEM)")
    serve.add_argument("--web-port", type=_port, metavar="PORT", help="offer DSM's WebAPI (DSM's own port is 5001)")
    serve.add_argument("--tls-dir", metavar="DIR", help="where the WebAPI's CA and certificate are put")
    serve.add_argument("--root", metavar="DIR", help="keep DSM's settings in files below DIR, not in memory")
    ctl = commands.add_parser("ctl", help="tell a running one what to do: " + ", ".join(control.COMMANDS))
    ctl.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    for sub in (serve, ctl):
        sub.add_argument("--control", default=control.DEFAULT_PATH, metavar="PATH", help="UNIX socket of the control")
    return parser


def _address(text: str) -> str:
    ipaddress.ip_address(text)
    return text


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise ValueError(text)
    return int(text)


def _tls(args: argparse.Namespace) -> ssl.SSLContext | None:
    if not args.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    return context


async def _serve(args: argparse.Namespace) -> None:
    profile = profiles.PROFILES[args.profile]
    files = Files(profile.dsm, Disk(args.root)) if args.root and profile.dsm else None
    state = State(profile, time.monotonic, tuple(args.permit), files)
    server = Server(state, args.host, args.port, args.maxconn, _tls(args))
    await server.start()
    if profile.dsm and args.web_port is not None:
        certificates = Certificates(args.tls_dir, own_names())
        server.web = WebServer(server.dsm, args.host, args.web_port, certificates)
        await server.web.start()
    listener = await control.listen(server, args.control)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    watch = loop.create_task(server.watch())
    print(f"mock NAS ({args.profile}) listens on port {server.port}", flush=True)
    await done.wait()
    watch.cancel()
    listener.close()
    server.stop_listening()
    if server.web is not None:
        server.web.stop()
    server.drop_all()


def _control(args: argparse.Namespace) -> int:
    try:
        print(control.ask(args.control, args.words))
    except control.UsageError as error:
        print(f"mock-nas: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"mock-nas: no running mock NAS at {args.control}: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """Parse the command line and run it."""
    parser = _parser()
    args = parser.parse_args()
    if args.command == "serve" and args.web_port is not None and not args.tls_dir:
        parser.error("--web-port needs --tls-dir")
    if args.command == "ctl":
        return _control(args)
    try:
        asyncio.run(_serve(args))
    except OSError as error:  # an address or port that cannot be had, a certificate that cannot be read
        print(f"mock-nas: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
