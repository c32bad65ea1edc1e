"""Calling a partner's endpoint: one POST to an address that was looked at, no redirect, little patience.

Guard against server-side request forgery: a name is resolved here, every address that it gives must be public (outside
the demo), and the connection goes to the very address that was looked at, so that a name cannot change in between.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from puhui.access.partners.domain import WebhookUrlInvalid, check_url, may_call

PATIENCE_SECONDS = 5.0  # to connect, and between two pieces of the answer
WHOLE_SECONDS = 10.0  # for all of it: a receiver that drips its answer holds no worker
READ_MOST = 8_192  # bytes of an answer that are read before the connection is closed
AGENT = "puhui-webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a call."""

    status: int | None  # HTTP status, None where there was no answer
    error: str  # why there was none, empty otherwise; never the receiver's own words


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the name that was asked for."""

    def __init__(self, address: str, parts: SplitResult) -> None:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        super().__init__(parts.hostname or "", port, timeout=PATIENCE_SECONDS)
        self._address = address
        self._secure = parts.scheme == "https"
        self.was_cut = False  # whether the call took too long as a whole

    def connect(self) -> None:
        """This function will connect to the looked-at address, and check the certificate against the name.

        Raises: TimeoutError where the call was cut before there was a connection to cut; OSError.
        """
        self.sock = socket.create_connection((self._address, self.port), PATIENCE_SECONDS)
        if self.was_cut:
            raise TimeoutError
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """This function will end the call from another thread: what it waits for ends at once."""
        self.was_cut = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _addresses(parts: SplitResult) -> list[str]:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def post(*, url: str, headers: Mapping[str, str], body: bytes, private_ok: bool) -> Answered:
    """This function will POST `body` once and return the status, or why there was none. It never raises.

    2xx, 3xx, 4xx and 5xx are all answers; a redirect is not followed.
    """
    try:
        parts = urlsplit(check_url(url, private_ok=private_ok))
        addresses = _addresses(parts)
    except WebhookUrlInvalid:
        return Answered(status=None, error="the address may not be called")
    except (OSError, UnicodeError):
        return Answered(status=None, error="the name is not known")
    if not addresses or not all([may_call(one, private_ok=private_ok) for one in addresses]):
        return Answered(status=None, error="the name points to a private place")
    return _call(addresses[0], parts, headers, body)


def _call(address: str, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> Answered:
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    connection = _Pinned(address, parts)
    watch = threading.Timer(WHOLE_SECONDS, connection.cut)
    watch.start()
    try:
        connection.request("POST", target, body=body, headers={**headers, "User-Agent": AGENT})
        answer = connection.getresponse()
        answer.read(READ_MOST)
        if connection.was_cut:
            return Answered(status=None, error="no answer in time")
        return Answered(status=answer.status, error="")
    except ssl.SSLError:
        return Answered(status=None, error="the certificate is not trusted")
    except TimeoutError:
        return Answered(status=None, error="no answer in time")
    except (OSError, http.client.HTTPException):
        late = connection.was_cut
        return Answered(status=None, error="no answer in time" if late else "no connection")
    finally:
        watch.cancel()
        connection.close()
