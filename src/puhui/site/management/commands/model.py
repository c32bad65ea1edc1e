"""`puhui model`: propose a trained model, ask for its next part, answer as the second person, list the registry."""

from __future__ import annotations

import secrets
from getpass import getpass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from puhui.core.refusals import Refusal
from puhui.decisions.registry.domain import PPM, ModelAct, ModelKind
from puhui.journeys import models, staff_four_eyes, staff_model
from puhui.runtime.clock import utc_now


class Command(BaseCommand):
    """Manages the registry of models. Every act is by a member of staff, who shows her password."""

    help = "propose, ask, approve, refuse, retire or list the models of the registry"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(
            dest="act", required=True, metavar="propose|ask|approve|refuse|retire|list"
        )
        proposed = acts.add_parser("propose", help="check the files of a trained model and keep it")
        proposed.add_argument("folder", type=Path, help="what `puhui lab train --key` wrote")
        proposed.add_argument("--kind", choices=[one.value for one in ModelKind], default="scorecard")
        proposed.add_argument("--owner", required=True, help="who answers for it")
        asked = acts.add_parser("ask", help="ask for a part: shadow, challenge, crown")
        asked.add_argument("model", help="id, see list")
        asked.add_argument(
            "to", choices=[ModelAct.SHADOW.value, ModelAct.CHALLENGE.value, ModelAct.CROWN.value]
        )
        asked.add_argument("--share-ppm", type=int, default=0, help=f"for a challenger: of {PPM} customers")
        retired = acts.add_parser("retire", help="ask for a model to score nobody any more")
        retired.add_argument("model", help="id, see list")
        for name, help in (
            ("approve", "agree as the second person"),
            ("refuse", "refuse as the second person"),
        ):
            answered = acts.add_parser(name, help=help)
            answered.add_argument("approval", help="id that ask or retire printed")
            answered.add_argument("--note", default="", help="why")
            answered.add_argument("--by", required=True, help="login of the second person")
        for one in (asked, retired):
            one.add_argument("--why", required=True, help="for the second person")
        for one in (proposed, asked, retired):
            one.add_argument("--by", required=True, help="login of the person who asks")
        acts.add_parser("list", help="list models")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if "by" in options:
                _prove(options["by"])
            getattr(self, f"act_{options['act']}")(options)
        except Refusal as refusal:
            raise CommandError(f"{refusal.code} {refusal.facts or ''}".strip()) from None

    def act_propose(self, options: dict[str, Any]) -> None:
        """Keep a trained model."""
        made = models.propose(
            folder=options["folder"],
            kind=options["kind"],
            owner=options["owner"],
            by=options["by"],
            now=utc_now(),
        )
        self.stdout.write(
            f"puhui: model {made.id} is proposed; ask for its part with: puhui model ask {made.id} shadow"
        )

    def act_ask(self, options: dict[str, Any]) -> None:
        """Ask for a part."""
        self._ask(options, options["to"], options["share_ppm"])

    def act_retire(self, options: dict[str, Any]) -> None:
        """Ask for retirement."""
        self._ask(options, ModelAct.RETIRE.value, 0)

    def act_approve(self, options: dict[str, Any]) -> None:
        """Agree."""
        self._answer(options, agreed=True)

    def act_refuse(self, options: dict[str, Any]) -> None:
        """Refuse."""
        self._answer(options, agreed=False)

    def act_list(self, options: dict[str, Any]) -> None:
        """List models."""
        for one in models.list_registered(utc_now()):
            self.stdout.write(
                f"{one.id}  {one.state.value:10}  {one.kind.value:9}  {one.share_ppm:>6} ppm  {one.name}  {one.owner}"
                f"  {one.sha256}"
            )

    def _ask(self, options: dict[str, Any], act: str, share_ppm: int) -> None:
        approval = staff_model.ask_move(
            model_id=options["model"],
            act=act,
            share_ppm=share_ppm,
            why=options["why"],
            by=options["by"],
            key=secrets.token_hex(16),
            now=utc_now(),
        )
        self.stdout.write(f"puhui: asked; a second person answers with: puhui model approve {approval.id}")

    def _answer(self, options: dict[str, Any], *, agreed: bool) -> None:
        approval = staff_four_eyes.answer(
            approval_id=options["approval"],
            agreed=agreed,
            by=options["by"],
            note=options["note"],
            now=utc_now(),
        )
        self.stdout.write(f"puhui: {approval.kind.value} {approval.subject} is {approval.state.value}")


def _prove(login: str) -> None:
    """Two people are two people here, too: each shows her own password."""
    user: Any = get_user_model()._default_manager.filter(login=login).first()
    if user is None or not user.is_active or not user.check_password(getpass(f"Password of {login}: ")):
        raise CommandError(f"{login}: no such login, or not her password")
