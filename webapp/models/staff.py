"""The people who use the product, and their sessions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model, UtcDateTime


class Role(StrEnum):
    """An administrator also manages staff and settings."""

    ADMINISTRATOR = "administrator"
    STAFF = "staff"


class Staff(Model):
    """A user of the product. Never deleted, since messages name their sender: made inactive."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    login_id: Mapped[str] = mapped_column(String(64), unique=True)
    """Lower case."""
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20), default=Role.STAFF)
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    mobile_number: Mapped[str | None] = mapped_column(String(14))
    """Where the person's test sends go; digits only."""
    confirm_before_sending: Mapped[bool | None]
    """The person's own choice; None follows the office's."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_administrator(self) -> bool:
        """Whether the person may change settings and staff."""
        return self.role == Role.ADMINISTRATOR


@dataclass(slots=True)
class Person:
    """Who is logged in: their account as the request found it. No row: accounts are changed by id."""

    id: int
    login_id: str
    name: str
    role: str
    must_change_password: bool
    mobile_number: str | None
    confirm_before_sending: bool | None
    session_token: str

    is_authenticated: ClassVar = True

    @property
    def is_administrator(self) -> bool:
        """Whether the person may change settings and staff."""
        return self.role == Role.ADMINISTRATOR


# Whoever does something: as their row, or as a request knows them.
Author = Staff | Person


class StaffSession(Model):
    """One login. The token itself is only in the person's cookie."""

    __tablename__ = "staff_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    staff: Mapped[Staff] = relationship()
