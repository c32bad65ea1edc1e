"""Commands with wrong arguments say what is wrong in a sentence, without a trace, before anything is done."""

from __future__ import annotations

import socket
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from puhui.access.partners.queries import list_clients

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("partner", "open", "  "), "a name has 1 to 120 characters"),
        (("partner", "open", "x" * 121), "a name has 1 to 120 characters"),
        (("partner", "open", "Bank", "--scope", "everything"), "There is no scope everything"),
        (("partner", "rotate", "nobody"), "There is no such open client"),
        (("partner", "close", "nobody"), "There is no such open client"),
        (("portfolio", "export", "--out", "/nowhere", "--shards", "0"), "whole number of at least 1"),
        (("portfolio", "generate", "--loans", "-5", "--seed", "1", "--out", "/nowhere"), "at least 1"),
        (("audit_verify", "--head", "abc"), "SEQ:HASH"),
        (("audit_verify", "--head", "0:" + "a" * 64), "SEQ:HASH"),
        (("serve", "--port", "99999"), "99999 is no port"),
    ],
)
def test_what_is_wrong_is_said(words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = list_clients()
    monkeypatch.setenv("LC_ALL", "C")
    with pytest.raises(CommandError, match=said):
        call_command(*words, stdout=StringIO())
    assert list_clients() == before


def test_a_port_is_not_shared_with_a_house_that_runs() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"127\.0\.0\.1:{port}.*running already"):
            call_command("serve", port=port, stdout=StringIO())
