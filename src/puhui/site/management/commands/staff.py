"""`puhui staff`: open a login of staff, give it another password, forget its lost device, close it, list them."""

from __future__ import annotations

import argparse
import re
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from puhui.access.domain import Role
from puhui.access.staff.queries import list_staff
from puhui.core.refusals import Refusal
from puhui.journeys import staff_logins
from puhui.runtime.clock import utc_now
from puhui.site.words import said

PASSWORD_BYTES = 15  # of chance: twenty characters to type once
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


def _login(text: str) -> str:
    if not LOGIN.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "2 to 64 small letters, digits, dots, hyphens or underscores, a letter or digit first"
        )
    return text


class Command(BaseCommand):
    """The way in before anybody can sign in, and back in for who lost a password or a device."""

    help = "open, list or close logins of staff; new password; forget a lost second factor"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="open|password|factors|close|list")
        opened = acts.add_parser("open", help="create a login; prints its password once")
        opened.add_argument("login", type=_login, help="name to sign in by")
        opened.add_argument("--role", required=True, choices=[one.value for one in Role if one.value])
        for act, help in (
            ("password", "another password, printed once; sessions end"),
            ("factors", "forget the second factors (a lost device); she adds a new one"),
            ("close", "close a login at once; the pages open it again"),
        ):
            acts.add_parser(act, help=help).add_argument("login", help="name to sign in by")
        acts.add_parser("list", help="every login with its role")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"act_{options['act']}")(options)
        except Refusal as refusal:
            raise CommandError(said(refusal, option=False)) from None

    def act_open(self, options: dict[str, Any]) -> None:
        """Create a login."""
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        staff_logins.open_login(
            login=options["login"], role=options["role"], password=password, now=utc_now()
        )
        self._print_once(options["login"], password)

    def act_password(self, options: dict[str, Any]) -> None:
        """Give another password."""
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        staff_logins.change_password(login=options["login"], password=password, now=utc_now())
        self._print_once(options["login"], password)

    def act_factors(self, options: dict[str, Any]) -> None:
        """Forget second factors."""
        removed = staff_logins.forget_factors(login=options["login"], now=utc_now())
        self.stdout.write(
            f"puhui: {removed} second factors and recovery codes of {options['login']} are gone"
        )

    def act_close(self, options: dict[str, Any]) -> None:
        """Close a login."""
        staff_logins.close_login(login=options["login"], now=utc_now())
        self.stdout.write(f"puhui: login {options['login']} is closed")

    def act_list(self, options: dict[str, Any]) -> None:
        """List logins."""
        for one in list_staff():
            self.stdout.write(f"{one.login:24}  {one.role.value:11}  {'open' if one.is_active else 'closed'}")

    def _print_once(self, login: str, password: str) -> None:
        self.stdout.write(f"login     {login}")
        self.stdout.write(f"password  {password}")
        self.stdout.write("The password is shown this once; only its hash is stored.")
