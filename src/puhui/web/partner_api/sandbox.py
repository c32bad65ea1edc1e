"""The sandbox's phones: in the demo a partner reads here what a phone would have shown. Elsewhere there is nothing."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from puhui.contact.queries import list_inbox
from puhui.web.errors import NotFoundHere
from puhui.web.partner_api.act import reply
from puhui.web.partner_api.fields import Out
from puhui.web.partner_api.operations import Header, operation

router = Router(tags=["Sandbox"])
# A header, for no phone stands in an address, not even in the demo.
PHONE = Header(name="X-Sandbox-Phone", pattern="1[3-9][0-9]{9}", says="The demo phone, 11 digits.")


class MessageOut(Out):
    """What a phone would show."""

    text: str
    template: str
    sent_at: datetime


class MessageList(Out):
    """The newest messages of one phone, newest first."""

    items: list[MessageOut]


@operation(
    router, "GET", "/sandbox/messages", scope="customers:write",
    says=("Read a demo phone's messages", "查看演示手机收到的短信"), answers=MessageList,
    headers=(PHONE,),
)  # fmt: skip
def read_messages(request: HttpRequest) -> HttpResponse:
    """In the demo only, where no message leaves the house: for one-time codes in tests. 404 elsewhere."""
    if not settings.DEMO:
        raise NotFoundHere()
    phone = PHONE.read(request)
    return reply(
        MessageList(
            items=[
                MessageOut(text=one.text, template=one.template, sent_at=one.sent_at)
                for one in list_inbox(limit=10, phone=phone)
            ]
        )
    )
