"""Registrations at SMSLINK, and each attempt to make one."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model, UtcDateTime


class Delivery(Model):
    """One registration (配信): what travels to the provider, and the id it answered with."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    """Random, made with the row: ends `delivery_name`, so that the provider can be asked for it."""
    subject: Mapped[str] = mapped_column(String(255))
    text_message: Mapped[str] = mapped_column(Text)
    insertion_urls: Mapped[list[str]] = mapped_column(JSON, default=list)
    click_count: Mapped[bool] = mapped_column(default=False)
    reserved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_id: Mapped[str | None] = mapped_column(Text, index=True)
    """SMSLINK's `delivery_id`; not unique: an answer that repeats one is an acceptance all the same."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number", back_populates="delivery")


class Attempt(Model):
    """One call to the provider, recorded before it is made."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    number: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
    """accepted, refused, not_sent, unknown, adopted (found later), absent (surely never arrived)."""
    reason: Mapped[str | None] = mapped_column(Text)
    http_status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The provider's words as they came."""

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")
