"""A registration's body, checked as the reference says: every fault of a request is named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import text as texts
from .contract import Options
from .errors import Detail, malformed, missing, refuse, too_long, too_many, unknown_parameters
from .timing import default_name, from_wire, one_year_after, round_up

MAX_CONTACTS = 50_000
MAX_NAME = 255
MAX_EMAILS = 5
MAX_SPLIT_CODE = 20
RESERVED_SPLIT_CODES = frozenset({"auto_reply", "smslink_verify"})
ITEMS = tuple(f"insertion_item{number}" for number in range(1, 6))
URLS = ("insertion_url1", "insertion_url2")
FIELDS = frozenset({
    "delivery_name", "contacts", "text_message", "reserved_at", "click_count", "notification_emails",
    "bill_split_code",
})  # fmt: skip
CONTACT_FIELDS = frozenset({"phone_number", *ITEMS, *URLS})
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SPLIT_CODE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Registration:
    """A body that passed: `text` is trimmed and has CRLF; `reserved_at` is on the grid, None for at once."""

    name: str
    text: str
    contacts: tuple[Mapping[str, str | None], ...]
    reserved_at: int | None
    click_count: bool
    urls: tuple[str, ...]
    emails: tuple[str, ...]
    bill_split_code: str | None


def read_registration(
    body: Mapping[str, object], options: Options, now: float, *, safe: bool
) -> Registration:
    """The registration, or ApiError ERR400002 / ERR400001 with all details."""
    contacts = body.get("contacts")
    _refuse_unknown(body, contacts, safe=safe)
    faults: list[Detail] = []
    name = _optional_text(body, "delivery_name", "配信名", faults)
    if len(name) > MAX_NAME:
        faults.append(too_long("配信名", MAX_NAME, "delivery_name"))
    clean_contacts = _check_contacts(contacts, faults)
    click_count = body.get("click_count", False)
    if not isinstance(click_count, bool):
        faults.append(malformed("クリックカウント", "click_count"))
    text = _check_text(body, clean_contacts, faults, count_clicks=click_count is True)
    reserved_at = _check_reserved_at(_optional_text(body, "reserved_at", "配信予定日時", faults), now, faults)
    emails = _check_emails(body.get("notification_emails"), options, faults)
    split_code = _check_split_code(
        _optional_text(body, "bill_split_code", "請求明細分割コード", faults), faults
    )
    if faults:
        raise refuse(faults)
    urls = tuple(texts.find_urls(text)) if click_count is True else ()
    return Registration(
        name=name or default_name(now),
        text=text,
        contacts=clean_contacts,
        reserved_at=reserved_at,
        click_count=click_count is True,
        urls=urls,
        emails=emails,
        bill_split_code=split_code,
    )


def _refuse_unknown(body: Mapping[str, object], contacts: object, *, safe: bool) -> None:
    allowed = CONTACT_FIELDS | {"acquired_on"} if safe else CONTACT_FIELDS
    names = [name for name in body if name not in FIELDS]
    if isinstance(contacts, list):
        for index, contact in enumerate(contacts):
            if isinstance(contact, dict):
                names += [f"contacts[{index}].{name}" for name in contact if name not in allowed]
    if names:
        raise unknown_parameters(names)


def _optional_text(body: Mapping[str, object], name: str, label: str, faults: list[Detail]) -> str:
    value = body.get(name)
    if isinstance(value, str):
        return value
    if value is not None:
        faults.append(malformed(label, name))
    return ""


def _check_contacts(contacts: object, faults: list[Detail]) -> tuple[Mapping[str, str | None], ...]:
    if contacts is None or contacts == []:
        faults.append(missing("宛先", "contacts"))
        return ()
    if not isinstance(contacts, list):
        faults.append(malformed("宛先", "contacts"))
        return ()
    if len(contacts) > MAX_CONTACTS:
        faults.append(too_many("宛先", MAX_CONTACTS, "contacts"))
        return ()
    clean: list[Mapping[str, str | None]] = []
    for index, contact in enumerate(contacts):
        if not isinstance(contact, dict):
            faults.append(malformed("宛先", f"contacts[{index}]"))
            continue
        for name, value in contact.items():
            if value is not None and not isinstance(value, str):
                faults.append(malformed("宛先", f"contacts[{index}].{name}"))
            elif name in URLS and value and not texts.is_http_url(value):
                words = f'差込短縮URL"{name[-1]}"はURL形式にしてください'
                faults.append(Detail("_127", words, f"contacts[{index}].{name}"))
        clean.append(contact)
    return tuple(clean)


def _check_text(
    body: Mapping[str, object],
    contacts: Sequence[Mapping[str, object]],
    faults: list[Detail],
    *,
    count_clicks: bool,
) -> str:
    typed = body.get("text_message")
    if typed is not None and not isinstance(typed, str):
        faults.append(malformed("本文", "text_message"))
        return ""
    text = texts.prepare(typed or "")
    if not text:
        faults.append(missing("本文", "text_message"))
        return ""
    items, urls, opt_outs, strangers = texts.sort_marks(text)
    used = [name for name in dict.fromkeys([*items, *urls]) if not any(c.get(name) for c in contacts)]
    found = {
        "_002": texts.typed_length(text) > texts.MAX_CHARACTERS and '"本文"は"660"文字以下にしてください',
        "_003": count_clicks
        and len(texts.find_urls(text)) > len(URLS)
        and 'クリックカウントを有効にする場合、本文のURLは"2"件までにしてください',
        "_023": texts.has_wide_characters(text) and "本文に配信不可の文字が使用されています",
        "_041": len(items) > len(ITEMS) and "本文内の差込項目数は5個以内にしてください",
        "_128": len(urls) > len(URLS) and "本文内の差込短縮URL数は2個以内にしてください",
        "_043": opt_outs > 1 and "本文内の配信停止URL数は1個以内にしてください",
    }
    faults += [Detail(suffix, words, "text_message") for suffix, words in found.items() if words]
    for name in [*used, *dict.fromkeys(strangers)]:
        words = f'宛先に無い項目は差込項目としてご利用いただけません。差し込み項目:"{name}"'
        faults.append(Detail("_042", words, "text_message"))
    return text


def _check_reserved_at(value: str, now: float, faults: list[Detail]) -> int | None:
    if not value:
        return None
    try:
        moment = from_wire(value)
    except ValueError:
        faults.append(malformed("配信予定日時", "reserved_at"))
        return None
    rounded = round_up(moment)
    if moment <= now:
        faults.append(Detail("_008", '"配信予定日時"は未来の日付にしてください', "reserved_at"))
    elif rounded > one_year_after(now):
        faults.append(Detail("_009", '"配信予定日時"が1年より先になっています', "reserved_at"))
    return rounded


def _check_emails(value: object, options: Options, faults: list[Detail]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        faults.append(malformed("結果通知メール", "notification_emails"))
        return ()
    if len(value) > MAX_EMAILS:
        faults.append(too_many("結果通知メール", MAX_EMAILS, "notification_emails"))
    if not all(_EMAIL.fullmatch(entry) for entry in value):
        words = '"結果通知メール"はメールアドレスの形式にしてください'
        faults.append(Detail("_007", words, "notification_emails"))
    allowed = {name.strip().lower() for name in options.mail_domains.split(",") if name.strip()}
    for entry in value:
        if allowed and _EMAIL.fullmatch(entry) and entry.rpartition("@")[2].lower() not in allowed:
            words = (
                "結果通知メールに許可されていないメールドメインが指定されたため、配信登録ができませんでした。"
                f'メールアドレス:"{entry}"'
            )
            faults.append(Detail("_094", words, "notification_emails"))
    return tuple(value)


def _check_split_code(value: str, faults: list[Detail]) -> str | None:
    if len(value) > MAX_SPLIT_CODE:
        faults.append(too_long("請求明細分割コード", MAX_SPLIT_CODE, "bill_split_code"))
    if value and (_SPLIT_CODE.fullmatch(value) is None or value in RESERVED_SPLIT_CODES):
        words = "請求明細分割コードは半角英数字、記号の-もしくは_を指定してください"
        faults.append(Detail("_073", words, "bill_split_code"))
    return value or None
