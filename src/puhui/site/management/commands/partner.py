"""`puhui partner`: let a partner's program into the API, give it another secret, shut it out, list them."""

from __future__ import annotations

import argparse
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from puhui.access.partners.queries import list_clients
from puhui.core.refusals import Refusal
from puhui.journeys import partners
from puhui.runtime.clock import utc_now
from puhui.site.words import said

SECRET_BYTES = 48  # of chance; only its hash is stored
LONGEST_NAME = 120  # characters, as the column has


def _name(text: str) -> str:
    cleaned = " ".join(text.split())
    if not 0 < len(cleaned) <= LONGEST_NAME:
        raise argparse.ArgumentTypeError(f"a name has 1 to {LONGEST_NAME} characters")
    return cleaned


class Command(BaseCommand):
    """Manages the programs that may call the partner API."""

    help = "open, list, rotate or close the clients of the partner API"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="open|list|rotate|close")
        opened = acts.add_parser("open", help="let a program in; prints its id and secret once")
        opened.add_argument("name", type=_name, help="as people call the partner")
        opened.add_argument(
            "--scope",
            action="append",
            dest="scopes",
            metavar="SCOPE",
            help="may come several times; default: all",
        )
        acts.add_parser("list", help="list clients")
        for act, help in (("rotate", "give a client a new secret"), ("close", "shut a client out")):
            acts.add_parser(act, help=help).add_argument("client_id")
        acts.add_parser("demo", help="print the demo's client (in the demo only)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"act_{options['act']}")(options)
        except Refusal as refusal:
            raise CommandError(said(refusal, option=False)) from None

    def act_open(self, options: dict[str, Any]) -> None:
        """Let a program in."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        client = partners.open_client(
            name=options["name"],
            scopes=options["scopes"] or sorted(settings.OAUTH2_PROVIDER["SCOPES"]),
            secret=secret,
            actor="command line",
            key=secrets.token_hex(16),
            now=utc_now(),
        )
        self._print_once(client.id, secret)

    def act_rotate(self, options: dict[str, Any]) -> None:
        """Give a client a new secret."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        partners.change_secret(
            client_id=options["client_id"], secret=secret, actor="command line", now=utc_now()
        )
        self._print_once(options["client_id"], secret)

    def act_close(self, options: dict[str, Any]) -> None:
        """Shut a client out."""
        partners.close_client(client_id=options["client_id"], actor="command line", now=utc_now())
        self.stdout.write(f"puhui: client {options['client_id']} is closed")

    def act_list(self, options: dict[str, Any]) -> None:
        """List clients."""
        for one in list_clients():
            self.stdout.write(f"{one.id}  {one.state.value:6}  {one.name}  {' '.join(sorted(one.scopes))}")

    def act_demo(self, options: dict[str, Any]) -> None:
        """Print the demo's client; the quick start reads it."""
        if not settings.DEMO:
            raise CommandError("there is a demo client in the demo only")
        demo = partners.ensure_demo_client(now=utc_now())
        self.stdout.write(f"export PUHUI_CLIENT_ID={demo.client.id}")
        self.stdout.write(f"export PUHUI_CLIENT_SECRET={demo.secret}")

    def _print_once(self, client_id: str, secret: str) -> None:
        self.stdout.write(f"client id      {client_id}")
        self.stdout.write(f"client secret  {secret}")
        self.stdout.write("The secret is shown this once; only its hash is stored.")
