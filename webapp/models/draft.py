"""What a person has begun to write and not sent yet."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.domain import excerpt
from webapp.extensions import Model, UtcDateTime
from webapp.models.customer import Customer

EXCERPT_LENGTH = 30


class StoredDraft(Model):
    """One compose form as it was typed; the key tells one tab's draft from another's."""

    __tablename__ = "stored_draft"
    __table_args__ = (
        UniqueConstraint("staff_id", "customer_id", "submission_key"),
        Index("ix_stored_draft_staff_id_saved_at", "staff_id", "saved_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    submission_key: Mapped[str] = mapped_column(String(64))
    """The form's: what is sent under it is no draft any more."""
    tab: Mapped[str | None] = mapped_column(String(64))
    """The page that wrote it last; None: one without JavaScript."""
    serial: Mapped[int] = mapped_column(default=0)
    """The number of that page's save: a request that was overtaken is not written over a later one."""
    fields: Mapped[dict[str, str]] = mapped_column(JSON)
    """The form's fields by name, valid or not."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its tab said good-bye; None: it may still be open."""

    customer: Mapped[Customer] = relationship()

    @property
    def version(self) -> str:
        """What a page names the state by that it knows."""
        return self.saved_at.isoformat()

    @property
    def excerpt(self) -> str:
        """What it is recognised by in a list: its subject, or how the text begins."""
        text = excerpt.excerpt(self.fields.get("subject") or self.fields.get("body", ""), EXCERPT_LENGTH)
        return text or "(本文なし)"

    def is_of(self, tab: str | None, version: str) -> bool:
        """Whether this page wrote it last, or knows what was written last."""
        return self.tab == tab or self.version == version
