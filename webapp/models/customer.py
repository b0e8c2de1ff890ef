"""The customer's card (顧客カルテ)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model, UtcDateTime
from webapp.models.staff import Staff


class CustomerKind(StrEnum):
    """区分."""

    TENANT = "tenant"
    BUYER = "buyer"
    OWNER = "owner"
    GUARANTOR = "guarantor"
    OTHER = "other"


class CustomerState(StrEnum):
    """状態."""

    ACTIVE = "active"
    CLOSED = "closed"
    LOST = "lost"
    DORMANT = "dormant"


class Customer(Model):
    """A person the office serves."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_kana: Mapped[str] = mapped_column(String(100), default="", index=True)
    honorific: Mapped[str] = mapped_column(String(10), default="様")
    organisation: Mapped[str] = mapped_column(String(100), default="")
    mobile_number: Mapped[str] = mapped_column(String(14), default="", index=True)
    """11 or 14 digits, or empty where the office has none."""
    landline_number: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    kind: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(20), default=CustomerState.ACTIVE)
    property_name: Mapped[str] = mapped_column(String(100), default="")
    room: Mapped[str] = mapped_column(String(20), default="")
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    acquired_on: Mapped[date | None] = mapped_column(Date)
    """The day on which the office obtained the number."""
    note: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    """Name, kana, organisation, numbers, building and room, folded as domain/search.py folds a query."""
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    staff: Mapped[Staff | None] = relationship()
