"""The customer's log of contacts (接客履歴)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.domain import excerpt
from webapp.extensions import Model, UtcDateTime
from webapp.models.message import Message
from webapp.models.reception import Reception
from webapp.models.staff import Staff


class Interaction(Model):
    """One contact with a customer; never changed."""

    __tablename__ = "interaction"
    __table_args__ = (Index("ix_interaction_customer_id_occurred_at", "customer_id", "occurred_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    reception_id: Mapped[int | None] = mapped_column(ForeignKey("reception.id"), unique=True, index=True)
    """The reply that this contact is; one reply stands in one log, once."""
    kind: Mapped[str] = mapped_column(String(20))
    """sms_sent, sms_reserved, sms_cancelled, sms_received; further kinds come with what they record."""
    subject: Mapped[str] = mapped_column(String(255))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)

    message: Mapped[Message | None] = relationship()
    # With the row itself: every list of contacts shows what was replied.
    reception: Mapped[Reception | None] = relationship(lazy="joined")
    staff: Mapped[Staff | None] = relationship()

    @property
    def title(self) -> str:
        """What it is called in the log, as its message in the history."""
        message = self.message
        return excerpt.title(self.subject, message.body, message.text) if message else self.subject
