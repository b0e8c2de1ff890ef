"""The office: its name, and its contract with SMSLINK. One row, made by the first migration."""

from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import JSON, Date, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.domain.estimate import LengthRules
from webapp.extensions import Model, UtcDateTime

OFFICE_ID = 1


class Office(Model):
    """The settings of the pages 会社情報 and SMS送信設定."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_name: Mapped[str] = mapped_column(String(100), default="")
    short_names: Mapped[list[str]] = mapped_column(JSON, default=list)

    api_domain: Mapped[str | None] = mapped_column(String(255))
    token_encrypted: Mapped[str | None] = mapped_column(String(1000))
    show_results: Mapped[bool] = mapped_column(default=True)
    notify_by_email: Mapped[bool] = mapped_column(default=False)
    notification_emails: Mapped[list[str]] = mapped_column(JSON, default=list)
    confirm_before_sending: Mapped[bool] = mapped_column(default=True)

    has_two_way: Mapped[bool] = mapped_column(default=False)
    has_fixed_number: Mapped[bool] = mapped_column(default=False)
    has_alphanumeric_sender: Mapped[bool] = mapped_column(default=False)
    has_safe_delivery: Mapped[bool] = mapped_column(default=False)

    unit_price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    """Yen a part."""
    shortened_url_length: Mapped[int] = mapped_column(default=25)
    shortened_url_is_known: Mapped[bool] = mapped_column(default=False)
    """Seen from charges and accepted by an administrator; until then estimates with links are 概算."""
    requests_per_minute: Mapped[int] = mapped_column(default=120)

    hold_reason: Mapped[str | None] = mapped_column(Text)
    """Why nothing is sent at all until an administrator mends it: a code of SMSLINK or ours."""
    held_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """SMSLINK could not be reached or asked for patience: nobody tries before then."""
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    receptions_open_from: Mapped[date | None] = mapped_column(Date)
    """The first day, in Japan, of which there may be replies that were not fetched; None: never fetched."""
    receptions_fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When all replies were last fetched."""
    receptions_trouble: Mapped[str | None] = mapped_column(Text)
    """Why they could not be fetched since: a code; None: they were."""

    @property
    def length_rules(self) -> LengthRules:
        """What the estimate needs to know of the contract."""
        return length_rules(self)


class OfficeTerms(Protocol):
    """What an estimate needs of the office, from a query that asks no more of the row."""

    unit_price: Decimal | None
    has_two_way: bool
    shortened_url_length: int
    has_alphanumeric_sender: bool
    shortened_url_is_known: bool


# What length_rules reads, for queries that need no more of the row.
LENGTH_RULE_COLUMNS = (
    Office.shortened_url_length,
    Office.has_alphanumeric_sender,
    Office.shortened_url_is_known,
)


def length_rules(office: Office | OfficeTerms) -> LengthRules:
    """The settings that decide a length, of the whole row or of LENGTH_RULE_COLUMNS."""
    return LengthRules(
        shortened_url_length=office.shortened_url_length,
        alphanumeric_sender=office.has_alphanumeric_sender,
        shortened_url_is_known=office.shortened_url_is_known,
    )
