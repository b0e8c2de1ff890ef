"""What we ask SMSLINK: pure data. Fields that hold personal data are left out of every repr."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from webapp.smslink.answer_fields import write_time

MAX_VALUES_PER_QUERY = 50
"""Delivery ids, and telephone numbers, in one results query."""
MAX_RESULTS_PER_PAGE = 10_000
MAX_RECEPTIONS_PER_PAGE = 1_000
MAX_INSERTION_URLS = 2


@dataclass(frozen=True, slots=True)
class Contact:
    """One recipient. `insertion_urls` are merged at {{insertion_url1}} and {{insertion_url2}}."""

    phone_number: str = field(repr=False)
    acquired_on: date | None = None
    insertion_urls: tuple[str, ...] = field(default=(), repr=False)

    def to_json(self, *, is_protected: bool) -> dict[str, object]:
        """The entry of `contacts[]`; `acquired_on` travels only with wrong-recipient protection."""
        if len(self.insertion_urls) > MAX_INSERTION_URLS:
            raise ValueError(f"at most {MAX_INSERTION_URLS} insertion URLs")
        contact: dict[str, object] = {"phone_number": self.phone_number}
        for number, url in enumerate(self.insertion_urls, start=1):
            contact[f"insertion_url{number}"] = url
        if is_protected:
            if self.acquired_on is None:
                raise ValueError("wrong-recipient protection needs acquired_on")
            contact["acquired_on"] = self.acquired_on.isoformat()
        return contact


@dataclass(frozen=True, slots=True)
class Registration:
    """A delivery to register; `reserved_at` None: at once, `delivery_name` empty: named by the provider."""

    delivery_name: str
    contacts: tuple[Contact, ...]
    text_message: str = field(repr=False)
    reserved_at: datetime | None = None
    click_count: bool = False
    notification_emails: tuple[str, ...] = field(default=(), repr=False)

    def to_json(self, *, is_protected: bool = False) -> dict[str, object]:
        """The request body. ValueError for a naive time, too many URLs, or protection without a date."""
        body: dict[str, object] = {}
        if self.delivery_name:
            body["delivery_name"] = self.delivery_name
        body["contacts"] = [contact.to_json(is_protected=is_protected) for contact in self.contacts]
        body["text_message"] = self.text_message
        if self.reserved_at is not None:
            body["reserved_at"] = write_time(self.reserved_at)
        body["click_count"] = self.click_count
        if self.notification_emails:
            body["notification_emails"] = list(self.notification_emails)
        return body


@dataclass(frozen=True, slots=True)
class ResultsQuery:
    """Which results to ask for; everything left out is not filtered by. Times are aware."""

    delivery_ids: tuple[str, ...] = ()
    phone_numbers: tuple[str, ...] = field(default=(), repr=False)
    statuses: tuple[int, ...] = ()
    reserved_from: datetime | None = None
    reserved_to: datetime | None = None
    offset: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        """ValueError for what the provider would refuse."""
        if max(len(self.delivery_ids), len(self.phone_numbers)) > MAX_VALUES_PER_QUERY:
            raise ValueError(f"at most {MAX_VALUES_PER_QUERY} ids and {MAX_VALUES_PER_QUERY} numbers a query")
        if self.reserved_from and self.reserved_to and self.reserved_from >= self.reserved_to:
            raise ValueError("reserved_from must be before reserved_to")
        _check_page(self.offset, self.limit, MAX_RESULTS_PER_PAGE)

    def to_pairs(self) -> list[tuple[str, str]]:
        """Name and value of each query parameter, not yet percent-encoded."""
        return [
            *_spell_array("delivery_id", self.delivery_ids),
            *_spell_array("phone_number", self.phone_numbers),
            *_spell_array("status", [str(status) for status in self.statuses]),
            *([("reserved_from", write_time(self.reserved_from))] if self.reserved_from else []),
            *([("reserved_to", write_time(self.reserved_to))] if self.reserved_to else []),
            *_spell_page(self.offset, self.limit),
        ]


@dataclass(frozen=True, slots=True)
class ReceptionsQuery:
    """Which received messages to ask for. `occurred_on` None: today; at most 35 days back."""

    occurred_on: date | None = None
    noticed: bool | None = None
    offset: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        """ValueError for what the provider would refuse."""
        _check_page(self.offset, self.limit, MAX_RECEPTIONS_PER_PAGE)

    def to_pairs(self) -> list[tuple[str, str]]:
        """Name and value of each query parameter, not yet percent-encoded."""
        return [
            *([("noticed", str(self.noticed).lower())] if self.noticed is not None else []),
            *([("occurred_on", self.occurred_on.isoformat())] if self.occurred_on else []),
            *_spell_page(self.offset, self.limit),
        ]


def _check_page(offset: int, limit: int | None, largest: int) -> None:
    if offset < 0 or (limit is not None and not 1 <= limit <= largest):
        raise ValueError(f"offset from 0, limit from 1 to {largest}")


def _spell_page(offset: int, limit: int | None) -> list[tuple[str, str]]:
    return [
        *([("offset", str(offset))] if offset else []),
        *([("limit", str(limit))] if limit is not None else []),
    ]


def _spell_array(name: str, values: Sequence[str]) -> list[tuple[str, str]]:
    """The reference is silent on arrays in a query; `name[]` is the convention of its framework, Rails."""
    return [(f"{name}[]", value) for value in values]
