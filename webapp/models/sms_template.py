"""雛形: a stored subject and text, and everything it ever said."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.domain import excerpt
from webapp.extensions import Model, UtcDateTime
from webapp.models.staff import Staff

EXCERPT_LENGTH = 150


class SmsTemplate(Model):
    """A template as it is now. Never deleted, since messages name it: archived."""

    __tablename__ = "sms_template"
    __table_args__ = (
        # One default for online meetings, whatever the code above it does.
        Index(
            "uq_sms_template_for_online_meeting",
            "for_online_meeting",
            unique=True,
            sqlite_where=text("for_online_meeting"),
            postgresql_where=text("for_online_meeting"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    """設定名: for the office alone."""
    subject: Mapped[str] = mapped_column(String(255), default="")
    body: Mapped[str] = mapped_column(Text)
    """With its placeholders; line breaks are LF."""
    for_online_meeting: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    """Where it stands in the list, ascending."""
    version: Mapped[int] = mapped_column(default=1)
    """The number of the version that it shows now."""
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def excerpt(self) -> str:
        """What tells it from the others in the list."""
        return excerpt.excerpt(self.body, EXCERPT_LENGTH)


class SmsTemplateVersion(Model):
    """What a template said from one save to the next. Only ever added."""

    __tablename__ = "sms_template_version"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("sms_template.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    for_online_meeting: Mapped[bool]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    """Who saved it; None: it came with the product."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    staff: Mapped[Staff | None] = relationship()
