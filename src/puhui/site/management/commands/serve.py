"""`puhui serve`: migrate, start the web server, load the demo, start the worker; stop all together."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

HOST = "127.0.0.1"
LAST_PORT = 65535


class Command(BaseCommand):
    """Everything that one machine needs, under one process that ends its children."""

    help = "migrate, serve on 127.0.0.1, load the demo (demo environment only) and run a worker"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--web-threads", type=int, default=4)
        parser.add_argument("--no-demo", action="store_true", help="start with an empty house")

    def handle(self, *args: Any, **options: Any) -> None:
        self.refuse_taken(options["port"])
        self.say("migrating the database")
        call_command("migrate", verbosity=0)
        # SIGTERM must run the clean-up below: without it the children outlive us.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        children: list[subprocess.Popen[bytes]] = []
        try:
            children.append(self.web(port=options["port"], threads=options["web_threads"]))
            self.wait_for_web(port=options["port"], web=children[0])
            if settings.DEMO and not options["no_demo"]:
                # A child of its own, so that what it needs to load is given back before serving goes on.
                subprocess.run([*self.puhui(), "demo"], check=True)
            children.append(subprocess.Popen([*self.puhui(), "worker"]))
            self.print_addresses(port=options["port"])
            self.watch(children)
        except KeyboardInterrupt:
            self.say("stopping")
        except subprocess.CalledProcessError as error:
            raise CommandError(
                f"loading the demo failed with exit code {error.returncode}; its reason is above"
            ) from None
        finally:
            for child in reversed(children):
                child.terminate()
            for child in children:
                self.end(child)

    @staticmethod
    def refuse_taken(port: int) -> None:
        """This function will refuse a port that is none or taken: the web server would share it with whoever is there.

        Raises: CommandError.
        """
        if not 1 <= port <= LAST_PORT:
            raise CommandError(f"--port: {port} is no port; choose one from 1 to {LAST_PORT}")
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left is free
            try:
                tried.bind((HOST, port))
            except OSError as error:
                raise CommandError(
                    f"--port: {HOST}:{port}: {error.strerror}. Is the house running already? Or try: make run PORT={port + 1}"
                ) from None

    def say(self, text: str) -> None:
        """Print one line of progress at once."""
        self.stdout.write(f"puhui: {text}")
        self.stdout.flush()

    @staticmethod
    def puhui() -> list[str]:
        """The command line of this very installation."""
        return [sys.executable, "-m", "puhui.site.command"]

    @staticmethod
    def web(*, port: int, threads: int) -> subprocess.Popen[bytes]:
        """Start granian on the loopback address."""
        return subprocess.Popen([
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port),
            "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning",
            "puhui.site.wsgi:application",
        ])  # fmt: skip

    def wait_for_web(self, *, port: int, web: subprocess.Popen[bytes]) -> None:
        """Return when /healthz answers. Raises: CommandError when the server ends or does not come up."""
        for _ in range(300):
            if web.poll() is not None:
                raise CommandError(
                    f"the web server did not start; is port {port} taken? Try: make run PORT={port + 1}"
                )
            try:
                with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise CommandError("the web server did not answer /healthz within 30 seconds")

    def print_addresses(self, *, port: int) -> None:
        """Say where to go and as whom."""
        base = f"http://{HOST}:{port}"
        self.say(f"ready at {base}/")
        rows = [
            ("borrower", f"{base}/", "any phone number; the code arrives in the inbox below"),
            ("sandbox inbox", f"{base}/sandbox/inbox", "every message that the demo sends"),
            ("demo clock", f"{base}/sandbox/clock", "move the day"),
            ("staff", f"{base}/staff/", "logins below"),
            ("health", f"{base}/healthz", ""),
        ]
        for name, url, hint in rows:
            self.stdout.write(f"  {name:14} {url:44} {hint}")
        if settings.DEMO:
            call_command("demo", logins=True)
        self.stdout.write("  Ctrl-C stops everything.")
        self.stdout.flush()

    def watch(self, children: list[subprocess.Popen[bytes]]) -> None:
        """Return never while all children live. Raises: CommandError when one ends by itself."""
        while True:
            for child in children:
                if child.poll() is not None:
                    raise CommandError(
                        f"a part of the house ended with exit code {child.returncode}; see the log above"
                    )
            time.sleep(0.5)

    @staticmethod
    def end(child: subprocess.Popen[bytes]) -> None:
        """Wait for a child to finish its batch, then insist."""
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
