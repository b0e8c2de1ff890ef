"""The states of a message, and every way from one to another.

Source: docs/sending.md, and the status table of the provider's delivery results.
"""

from enum import StrEnum


class MessageStatus(StrEnum):
    """The value is what pages carry in `data-status`."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"
    RESERVED = "reserved"
    SENDING = "sending"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REJECTED = "rejected"
    ERROR = "error"

    @property
    def is_final(self) -> bool:
        """No edge leads out of it: clicks and opt-outs still change, the status never does."""
        return self in FINAL

    @property
    def is_live(self) -> bool:
        """It moves on by itself within seconds or minutes, so an open page keeps looking."""
        return self in LIVE


S = MessageStatus

FINAL = frozenset({S.DELIVERED, S.CANCELLED, S.FAILED, S.REJECTED, S.ERROR})
LIVE = frozenset({S.QUEUED, S.SUBMITTING, S.UNCONFIRMED, S.SENDING})
NEVER_SENT = frozenset({S.CANCELLED, S.REJECTED, S.ERROR})
NEEDS_A_PERSON = frozenset({S.HELD, S.UNCONFIRMED, S.FAILED, S.REJECTED, S.ERROR})

EDGES: dict[tuple[MessageStatus, MessageStatus], str] = {
    (S.QUEUED, S.SUBMITTING): "a worker claims it, with an attempt on record before the call",
    (S.QUEUED, S.UNCONFIRMED): "it waited so long that a backup may have been restored: looked up first",
    (S.QUEUED, S.HELD): "the office's contract or token must be mended first",
    (S.QUEUED, S.CANCELLED): "a person cancels what was never registered",
    (S.QUEUED, S.ERROR): "checked again before sending, it must not leave",
    (S.QUEUED, S.RESERVED): "the answer to its last attempt came after it was thought absent",
    (S.QUEUED, S.SENDING): "the answer to its last attempt came after it was thought absent",
    (S.QUEUED, S.REJECTED): "the refusal of its last attempt came after it was thought absent",
    (S.SUBMITTING, S.QUEUED): "certainly not sent: it waits for its next attempt",
    (S.SUBMITTING, S.UNCONFIRMED): "nobody knows whether the provider took it: never re-sent blind",
    (S.SUBMITTING, S.HELD): "the provider refuses the token or the contract",
    (S.SUBMITTING, S.RESERVED): "registered for a later time",
    (S.SUBMITTING, S.SENDING): "registered to leave at once",
    (S.SUBMITTING, S.REJECTED): "the provider refuses this message for good",
    (S.SUBMITTING, S.ERROR): "what we asked could not be put on the wire at all",
    (S.UNCONFIRMED, S.QUEUED): "surely absent at the provider: sent again",
    (S.UNCONFIRMED, S.RESERVED): "found at the provider, or its late answer arrived",
    (S.UNCONFIRMED, S.SENDING): "found at the provider, or its late answer arrived",
    (S.UNCONFIRMED, S.DELIVERED): "found at the provider, already delivered",
    (S.UNCONFIRMED, S.FAILED): "found at the provider, already failed",
    (S.UNCONFIRMED, S.CANCELLED): "found at the provider, cancelled in its console",
    (S.UNCONFIRMED, S.REJECTED): "found at the provider, refused; or its late refusal arrived",
    (S.UNCONFIRMED, S.HELD): "a worker thought dead reports that the token was refused",
    (S.UNCONFIRMED, S.ERROR): "surely absent, and too late or no longer allowed to send",
    (S.HELD, S.QUEUED): "mended: one click sends what was held",
    (S.HELD, S.CANCELLED): "a person cancels what was never registered",
    (S.HELD, S.ERROR): "its reserved time passed while sending was held",
    (S.RESERVED, S.SENDING): "its time has come",
    (S.RESERVED, S.DELIVERED): "left and arrived between two questions",
    (S.RESERVED, S.FAILED): "left and failed between two questions",
    (S.RESERVED, S.CANCELLED): "cancelled here or in the provider's console",
    (S.RESERVED, S.REJECTED): "the provider turned it down when its time came",
    (S.SENDING, S.DELIVERED): "arrived",
    (S.SENDING, S.FAILED): "the carrier could not deliver it",
    (S.SENDING, S.REJECTED): "the provider turned it down while sending",
    (S.SENDING, S.CANCELLED): "cancelled in the provider's console",
}

_FROM_PROVIDER = {
    50: S.RESERVED,
    100: S.SENDING,
    200: S.DELIVERED,
    300: S.CANCELLED,
    700: S.REJECTED,
    900: S.FAILED,
}


def may_become(old: MessageStatus, new: MessageStatus) -> bool:
    """Whether the table has that edge; staying is always allowed."""
    return old == new or (old, new) in EDGES


def sources_of(new: MessageStatus) -> frozenset[MessageStatus]:
    """The states from which `new` can be reached: the `WHERE status IN` of a compare-and-set."""
    return frozenset(old for old, to in EDGES if to == new)


def from_provider(code: int | None) -> MessageStatus | None:
    """Our state for the provider's number; None for a number we do not know."""
    return _FROM_PROVIDER.get(code) if code is not None else None
