"""What SMSLINK answers: pure data, read tolerantly.

Unknown codes and fields stay in `raw`; an optional field that is missing or of the wrong type is None.
Only what an answer is asked for must be there, else UnreadableAnswer. Times are aware, in UTC.
Fields that hold personal data are left out of every repr.
"""

from dataclasses import dataclass, field
from datetime import datetime

from webapp.smslink.answer_fields import (
    UnreadableAnswer,
    read_flag,
    read_id,
    read_integer,
    read_list,
    read_object,
    read_objects,
    read_text,
    read_texts,
    read_time,
)

_REFUSALS = frozenset({f"RST20000{digit}" for digit in range(2, 9)} | {"RST200011"})


@dataclass(frozen=True, slots=True)
class ContactAnswer:
    """What became of one recipient at registration. `phone_number` is as we sent it."""

    contact_id: str | None
    phone_number: str | None = field(repr=False)
    result_code: str | None
    result_message: str | None

    @property
    def is_accepted(self) -> bool:
        """Whether the provider will send to it."""
        return self.result_code == "RST200001"

    @property
    def is_refused(self) -> bool:
        """Whether the provider surely will not; a code the reference does not list says neither."""
        return self.result_code in _REFUSALS


@dataclass(frozen=True, slots=True)
class Accepted:
    """A registered delivery. For an immediate one `reserved_at` equals `accepted_at`."""

    delivery_id: str
    accepted_at: datetime | None
    reserved_at: datetime | None
    contacts: tuple[ContactAnswer, ...]
    click_count_urls: tuple[str, ...] = field(repr=False)
    raw: dict[str, object] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Canceled:
    """A cancelled reservation."""

    delivery_id: str
    canceled_at: datetime | None
    raw: dict[str, object] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How one recipient of one delivery stands.

    `status`, `carrier` and `detail` may hold codes the reference does not know. Clicks are None when they
    are not counted, `opted_out` without an unsubscribe link, `transmission_count` (parts) until sent.
    """

    delivery_id: str
    contact_id: str | None
    delivery_name: str | None
    phone_number: str | None = field(repr=False)
    carrier: int | None
    reserved_at: datetime | None
    canceled_at: datetime | None
    delivered_at: datetime | None
    status: int | None
    message: str | None
    detail: str | None
    detail_message: str | None
    shorten_url1_click_count: int | None
    shorten_url2_click_count: int | None
    insertion_url1_click_count: int | None
    insertion_url2_click_count: int | None
    opted_out: bool | None
    transmission_count: int | None
    raw: dict[str, object] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """A page of results. `total` counts all pages.

    `entries` counts what this page held, also entries without a delivery_id, which are left out of
    `results`: the next page begins at offset + entries.
    """

    total: int
    results: tuple[DeliveryResult, ...]
    entries: int


@dataclass(frozen=True, slots=True)
class Reception:
    """A message a customer sent (two-way contracts)."""

    reception_id: str
    short_code: str | None
    phone_number: str | None = field(repr=False)
    carrier: int | None
    message: str | None = field(repr=False)
    occurred_at: datetime | None
    noticed: bool | None
    raw: dict[str, object] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ReceptionsPage:
    """A page of received messages, ascending by id; `total` and `entries` as in ResultsPage."""

    total: int
    receptions: tuple[Reception, ...]
    entries: int


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One fault of a refused request; `message` and `parameter` may quote what was sent."""

    code: str | None
    message: str | None = field(repr=False)
    parameter: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """SMSLINK's own error body. `message` and `details` may quote what was sent: not for the log."""

    status: int
    code: str
    message: str | None = field(repr=False)
    details: tuple[ErrorDetail, ...] = field(repr=False)
    raw: dict[str, object] = field(repr=False, compare=False)

    @property
    def detail_codes(self) -> tuple[str, ...]:
        """The codes of the details, in their order."""
        return tuple(detail.code for detail in self.details if detail.code)


def read_accepted(body: bytes) -> Accepted:
    """The answer to a registration. UnreadableAnswer without a delivery_id."""
    raw = read_object(body)
    return Accepted(
        delivery_id=_need_id(raw, "delivery_id"),
        accepted_at=read_time(raw.get("accepted_at")),
        reserved_at=read_time(raw.get("reserved_at")),
        contacts=tuple(
            ContactAnswer(
                contact_id=read_id(entry.get("contact_id")),
                phone_number=read_text(entry.get("phone_number")),
                result_code=read_text(entry.get("result_code")),
                result_message=read_text(entry.get("result_message")),
            )
            for entry in read_objects(raw.get("contacts"))
        ),
        click_count_urls=read_texts(raw.get("click_count_urls")),
        raw=raw,
    )


def read_canceled(body: bytes, delivery_id: str) -> Canceled:
    """The answer to a cancellation. UnreadableAnswer when it is not about this delivery."""
    raw = read_object(body)
    if _need_id(raw, "delivery_id") != delivery_id:
        message = "the answer is about another delivery"
        raise UnreadableAnswer(message)
    return Canceled(delivery_id=delivery_id, canceled_at=read_time(raw.get("canceled_at")), raw=raw)


def read_results(body: bytes) -> ResultsPage:
    """A page of results. UnreadableAnswer without a list of contacts."""
    raw = read_object(body)
    entries = _need_list(raw, "contacts")
    results = tuple(
        _read_result(entry, delivery_id)
        for entry in read_objects(entries)
        if (delivery_id := read_id(entry.get("delivery_id")))
    )
    return ResultsPage(_read_total(raw, len(entries)), results, len(entries))


def _read_result(entry: dict[str, object], delivery_id: str) -> DeliveryResult:
    return DeliveryResult(
        delivery_id=delivery_id,
        contact_id=read_id(entry.get("contact_id")),
        delivery_name=read_text(entry.get("delivery_name")),
        phone_number=read_text(entry.get("phone_number")),
        carrier=read_integer(entry.get("carrier")),
        reserved_at=read_time(entry.get("reserved_at")),
        canceled_at=read_time(entry.get("canceled_at")),
        delivered_at=read_time(entry.get("delivered_at")),
        status=read_integer(entry.get("status")),
        message=read_text(entry.get("message")),
        detail=read_text(entry.get("detail")),
        detail_message=read_text(entry.get("detail_message")),
        shorten_url1_click_count=read_integer(entry.get("shorten_url1_click_count")),
        shorten_url2_click_count=read_integer(entry.get("shorten_url2_click_count")),
        insertion_url1_click_count=read_integer(entry.get("insertion_url1_click_count")),
        insertion_url2_click_count=read_integer(entry.get("insertion_url2_click_count")),
        opted_out=read_flag(entry.get("opted_out")),
        transmission_count=read_integer(entry.get("transmission_count")),
        raw=entry,
    )


def read_receptions(body: bytes) -> ReceptionsPage:
    """A page of received messages. UnreadableAnswer without a list of them."""
    raw = read_object(body)
    entries = _need_list(raw, "receptions")
    receptions = tuple(
        Reception(
            reception_id=reception_id,
            short_code=read_id(entry.get("short_code")),
            phone_number=read_text(entry.get("phone_number")),
            carrier=read_integer(entry.get("carrier")),
            message=read_text(entry.get("message")),
            occurred_at=read_time(entry.get("occurred_at")),
            noticed=read_flag(entry.get("noticed")),
            raw=entry,
        )
        for entry in read_objects(entries)
        if (reception_id := read_id(entry.get("reception_id")))
    )
    return ReceptionsPage(_read_total(raw, len(entries)), receptions, len(entries))


def read_error(status: int, body: bytes) -> ErrorAnswer:
    """SMSLINK's error body. UnreadableAnswer when it carries no code: then someone else answered."""
    raw = read_object(body)
    code = read_text(raw.get("code"))
    if not code:
        message = "no error code"
        raise UnreadableAnswer(message)
    details = tuple(
        ErrorDetail(
            code=read_text(entry.get("code")),
            message=read_text(entry.get("message")),
            parameter=entry.get("parameter"),
        )
        for entry in read_objects(raw.get("details"))
    )
    return ErrorAnswer(status, code, read_text(raw.get("message")), details, raw)


def _need_id(raw: dict[str, object], name: str) -> str:
    found = read_id(raw.get(name))
    if found is None:
        message = f"no {name}"
        raise UnreadableAnswer(message)
    return found


def _need_list(raw: dict[str, object], name: str) -> list[object]:
    if not isinstance(raw.get(name), list):
        message = f"no list of {name}"
        raise UnreadableAnswer(message)
    return read_list(raw[name])


def _read_total(raw: dict[str, object], entries: int) -> int:
    """A total that is missing or less than what is here is not to be believed."""
    total = read_integer(raw.get("total"))
    return entries if total is None else max(total, entries)
