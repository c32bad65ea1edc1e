"""What every template knows: the shell around a page. Lazy, so that an error page asks the database for nothing."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from puhui.customers.domain import Customer
from puhui.web import clock
from puhui.web.who import customer_of

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
ELDER_COOKIE = "elder"


class Shell:
    """The frame of a page, read only when a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def demo(self) -> bool:
        """Whether this deployment is the demo."""
        return bool(settings.DEMO)

    @property
    def now(self) -> datetime:
        """The instant of this request."""
        return clock.now(self._request)

    @property
    def clock_shifted(self) -> bool:
        """Whether the demo's clock is moved; an error page without a database shows none."""
        if getattr(self._request, "bare", False):
            return False
        return clock.offset_seconds(self._request) != 0

    @property
    def customer(self) -> Customer | None:
        """The signed-in borrower."""
        return None if getattr(self._request, "bare", False) else customer_of(self._request)

    @property
    def desk(self) -> bool:
        """Whether this address is one of the staff's, whose errors lead back to the desk and offer no help pill."""
        return self._request.path.startswith("/staff")

    @property
    def theme(self) -> str:
        """The chosen look, empty for that of the device."""
        chosen = self._request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else ""

    @property
    def elder(self) -> bool:
        """Whether large type is on."""
        return self._request.COOKIES.get(ELDER_COOKIE) == "1"


def shell(request: HttpRequest) -> dict[str, object]:
    """This function will give each template its `shell`."""
    return {"shell": Shell(request)}
