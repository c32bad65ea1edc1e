"""A provider that compares faces over HTTP: one signed JSON request, little patience, and an answer that is read strictly.

The request is POST PUHUI_FACE_URL with `Content-Type: application/json` and

- `X-Key-Id`: PUHUI_FACE_KEY_ID, which secret it is signed with;
- `X-Timestamp`: seconds since 1970 (UTC), so that a request that was caught cannot be sent again later;
- `X-Signature`: hex of HMAC-SHA-256 under PUHUI_FACE_SECRET over `<timestamp>.<body>` (RFC 2104).

The body names `request_id` (the same for the same pictures: the provider may answer a repeated one from what it knows),
`portrait` and `taken` in base64, and `liveness: true`. The answer is 200 with `{"same": true, "live": true}`. Pictures go
to this one address and nowhere else, never into a log or a message of an error.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from puhui.core.canonical import canonical_bytes
from puhui.customers.domain import FaceAnswer, FaceRequestRefused, FaceUnavailable

READ_MOST = 65_536  # bytes of an answer
LATER = frozenset({408, 425, 429})  # statuses by which a provider says: try again


class FaceSettingsInvalid(ValueError):
    """The settings of the provider cannot be used: the message names the variable. Not anybody's refusal."""


class HttpFace:
    """The provider that the settings name. Raises: FaceSettingsInvalid."""

    def __init__(self) -> None:
        self._parts = _address(settings.FACE_URL, demo=settings.DEMO)
        self._key_id, self._secret = settings.FACE_KEY_ID, settings.FACE_SECRET
        self._seconds = settings.FACE_TIMEOUT_SECONDS
        if not self._key_id or not self._secret:
            raise FaceSettingsInvalid("PUHUI_FACE_KEY_ID and PUHUI_FACE_SECRET must both be set")

    def compare(self, *, portrait: bytes, taken: bytes, now: datetime) -> FaceAnswer:
        """This function will ask whether both pictures show one living person.

        Raises: FaceUnavailable where asking again later may help (no connection, no answer in time, 408, 425, 429, 5xx);
        FaceRequestRefused where it will not (another status, or an answer that cannot be read).
        """
        body = canonical_bytes(
            {
                "request_id": hashlib.sha256(hashlib.sha256(portrait).digest() + taken).hexdigest(),
                "portrait": base64.b64encode(portrait).decode(),
                "taken": base64.b64encode(taken).decode(),
                "liveness": True,
            }
        )
        status, content = self._call(body, str(int(now.timestamp())))
        if status in LATER or status >= 500:
            raise FaceUnavailable(f"the provider answered {status}")
        if status != 200:
            raise FaceRequestRefused(f"the provider refused the request with {status}")
        return _read(content)

    def _call(self, body: bytes, stamp: str) -> tuple[int, bytes]:
        parts = self._parts
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.hostname or "", parts.port, timeout=self._seconds)
        signature = hmac.new(self._secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Key-Id": self._key_id,
            "X-Timestamp": stamp,
            "X-Signature": signature,
        }
        try:
            connection.request("POST", parts.path or "/", body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(READ_MOST)
        except TimeoutError as error:
            raise FaceUnavailable("the provider did not answer in time") from error
        except ssl.SSLError as error:
            raise FaceUnavailable("the provider's certificate is not trusted") from error
        except (OSError, http.client.HTTPException) as error:
            raise FaceUnavailable("there is no connection to the provider") from error
        finally:
            connection.close()


def _address(url: str, *, demo: bool) -> SplitResult:
    """The address that the settings name. Faces travel encrypted; the demo may speak to its own machine without."""
    parts = urlsplit(url)
    at_home = demo and parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or at_home):
        raise FaceSettingsInvalid("PUHUI_FACE_URL must be an https:// address")
    return parts


def _read(content: bytes) -> FaceAnswer:
    try:
        said = json.loads(content)
        same, live = said["same"], said["live"]
    except (ValueError, KeyError, TypeError) as error:
        raise FaceRequestRefused("the provider's answer cannot be read") from error
    if not isinstance(same, bool) or not isinstance(live, bool):
        raise FaceRequestRefused("the provider's answer says neither yes nor no")
    return FaceAnswer.SAME if same and live else FaceAnswer.OTHER
