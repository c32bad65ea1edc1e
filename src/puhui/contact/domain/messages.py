"""A message from its request to its end, as values: states, what happened, and the inbox of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from puhui.contact.domain.gate import ContactChannel, ContactDecision, ContactPurpose
from puhui.core.refusals import Refusal


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"  # goes out now
    DEFERRED = "deferred"  # asks the gate again at its instant
    BLOCKED = "blocked"  # the gate said no
    SENT = "sent"  # the messenger took it
    FAILED = "failed"  # the messenger refused it for good


class MessageAct(StrEnum):
    """What happened to a message; each is one row of its history."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    BLOCKED = "blocked"
    SENT = "sent"
    FAILED = "failed"


MESSAGE_TRANSITIONS: dict[tuple[MessageState | None, MessageAct], MessageState] = {
    (None, MessageAct.QUEUED): MessageState.QUEUED,
    (None, MessageAct.DEFERRED): MessageState.DEFERRED,
    (None, MessageAct.BLOCKED): MessageState.BLOCKED,
    (MessageState.QUEUED, MessageAct.SENT): MessageState.SENT,
    (MessageState.QUEUED, MessageAct.FAILED): MessageState.FAILED,
    (MessageState.QUEUED, MessageAct.DEFERRED): MessageState.DEFERRED,
    (MessageState.QUEUED, MessageAct.BLOCKED): MessageState.BLOCKED,
    (MessageState.DEFERRED, MessageAct.SENT): MessageState.SENT,
    (MessageState.DEFERRED, MessageAct.FAILED): MessageState.FAILED,
    (MessageState.DEFERRED, MessageAct.DEFERRED): MessageState.DEFERRED,
    (MessageState.DEFERRED, MessageAct.BLOCKED): MessageState.BLOCKED,
}


class MessageOver(Refusal):
    """The message was sent, has failed or was blocked; it cannot go out again."""

    field = "message"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it stands."""

    id: str  # text(26); also the key towards the messenger
    customer_id: str | None  # to whom, None before there is a customer
    channel: ContactChannel  # by which way
    purpose: ContactPurpose  # why
    template: str  # name of its script
    language: str  # "zh-hans" or "en"
    agent: str  # who speaks: "house", or an agent of ours
    text: str  # what it says; sealed at rest
    state: MessageState  # where it stands
    reason: str  # why it is deferred, blocked or failed, else empty
    requested_at: datetime  # UTC
    planned_at: datetime  # UTC, when the gate is asked again (queued, deferred), or when it ended
    sent_at: datetime | None  # UTC, None while it is not sent

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.state in {MessageState.BLOCKED, MessageState.SENT, MessageState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageToSend:
    """What the worker needs, with the gate's answer at this instant."""

    message: Message  # as it stands
    phone: str | None  # 11 digits where they came with the request, None = ask the customer's file
    decision: ContactDecision  # allowed, deferred or blocked, decided just now


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """One line of the sandbox's inbox: what a phone would show."""

    id: str  # text(26)
    phone: str  # masked; empty where the phone was taken from the customer's file
    text: str  # what it says
    template: str  # name of its script
    language: str  # "zh-hans" or "en"
    sent_at: datetime  # UTC


def next_state(state: MessageState | None, act: MessageAct) -> MessageState:
    """This function will return the state after `act`. Raises: MessageOver when the table knows no such step."""
    try:
        return MESSAGE_TRANSITIONS[state, act]
    except KeyError:
        raise MessageOver() from None
