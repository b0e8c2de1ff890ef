"""A reply to an SMS, as SMSLINK received it (two-way contracts)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model, UtcDateTime
from webapp.models.customer import Customer


class Reception(Model):
    """One reply; kept for good, also while nobody knows whose it is."""

    __tablename__ = "reception"
    # The id alone is one service's own: the simulator, the sandbox and production may give the same twice.
    __table_args__ = (UniqueConstraint("reception_id", "phone_number", "occurred_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reception_id: Mapped[str] = mapped_column(Text)
    phone_number: Mapped[str] = mapped_column(Text, index=True)
    """Digits as on a card; what is no number of ours as it came; empty: SMSLINK named none."""
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    """None: no card has the number, or several have it and none of them was written to."""
    short_code: Mapped[str | None] = mapped_column(Text)
    carrier: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """When it came in; the first moment of the day asked for where SMSLINK's time cannot be read."""
    raw: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As SMSLINK said it, with fields we do not know."""
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)

    customer: Mapped[Customer | None] = relationship()
