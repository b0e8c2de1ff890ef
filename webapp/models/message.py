"""One text to one customer, from 送信 to the last click."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.domain import excerpt
from webapp.domain.message_status import MessageStatus
from webapp.extensions import Model, UtcDateTime
from webapp.models.customer import Customer
from webapp.models.delivery import Delivery
from webapp.models.staff import Staff


class Message(Model):
    """A row of the history. Its status moves only along domain/message_status.py."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("customer_id", "submission_key"),
        # A test send has no customer, and NULLs are never equal: its sender stands in.
        Index(
            "uq_message_test_submission_key",
            "staff_id",
            "submission_key",
            unique=True,
            sqlite_where=text("customer_id IS NULL"),
            postgresql_where=text("customer_id IS NULL"),
        ),
        Index("ix_message_status_next_attempt_at", "status", "next_attempt_at"),
        Index("ix_message_customer_id_id", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    """None: a test send to the sender's own number; it costs, and is in no customer's log."""
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    submission_key: Mapped[str] = mapped_column(String(64))
    """From the form: posting it twice is one message."""
    template_id: Mapped[int | None] = mapped_column(ForeignKey("sms_template.id"), index=True)
    """The template it was begun with; the text is its own, whatever becomes of the template."""

    recipient_name: Mapped[str] = mapped_column(String(100))
    phone_number: Mapped[str] = mapped_column(String(14), index=True)
    body: Mapped[str] = mapped_column(Text)
    """As typed, with its placeholders."""
    text: Mapped[str] = mapped_column(Text)
    """As the customer receives it, but for the shortened links."""
    characters: Mapped[int]
    estimated_segments: Mapped[dict[str, int]] = mapped_column(JSON)
    """Parts by carrier, as shown before sending."""
    shortened_links: Mapped[int | None]
    """How many links are charged at their shortened length; None: sent before this was kept."""
    shortened_url_length: Mapped[int | None]
    """The length that `characters` assumes for each of them."""

    status: Mapped[str] = mapped_column(String(16), default=MessageStatus.QUEUED, index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it is held, refused, in error, or waits: a code; ui/words.py has the sentence."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unconfirmed_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """When the provider is asked again about it; None: never."""
    checks: Mapped[int] = mapped_column(default=0)
    """Questions asked since the last change of what the pauses depend on."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a final status was first seen."""
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """A person wants it cancelled, or it must not leave any more; worked off as soon as its state allows."""
    cancel_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When SMSLINK was last asked to cancel it; without such a wish, whether it must be (rechecking.py)."""
    cancel_refused: Mapped[str | None] = mapped_column(Text)
    """Why SMSLINK did not cancel it: a code."""

    # What the provider says, as it says it.
    contact_id: Mapped[str | None] = mapped_column(Text)
    provider_status: Mapped[int | None]
    provider_message: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    detail_message: Mapped[str | None] = mapped_column(Text)
    carrier: Mapped[int | None]
    segments: Mapped[int | None]
    """Parts charged (`transmission_count`); None until known."""
    clicks: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Clicks on the first and the second counted URL; empty: not counted."""
    opted_out: Mapped[bool | None]
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The last result whole, with fields and codes we do not know."""

    delivery: Mapped[Delivery] = relationship()
    customer: Mapped[Customer | None] = relationship()
    staff: Mapped[Staff] = relationship()

    @property
    def title(self) -> str:
        """What it is called in lists: its subject, or how its text begins where nobody wrote one."""
        return excerpt.title(self.delivery.subject, self.body, self.text)

    @property
    def click_total(self) -> int:
        """Clicks on all counted URLs together."""
        return sum(self.clicks)

    @property
    def is_live(self) -> bool:
        """Whether its state is expected to change by itself within seconds or minutes."""
        status = MessageStatus(self.status)
        wants_cancel = self.cancel_requested_at is not None and self.cancel_refused is None
        return status.is_live or (status == MessageStatus.RESERVED and wants_cancel)
