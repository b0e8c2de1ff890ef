"""The compose form."""

import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from typing import TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, RadioField, SelectField, ValidationError
from wtforms.validators import Optional
from wtforms.widgets import DateInput, TimeInput

from webapp.domain.reservation import JST
from webapp.models import SmsTemplate, StoredDraft
from webapp.services.drafts import TypedForm
from webapp.services.sending import MAX_SUBJECT_LENGTH, Draft
from webapp.ui.fields import (
    CHOOSE_AGAIN,
    UNTICKED,
    AtMost,
    JapaneseForm,
    MessageBodyField,
    TextField,
    to_line_feeds,
)
from webapp.ui.ids import row_id

Answer = TypeVar("Answer")
# The person's own number is typed for a test send and belongs to the account.
OF_THE_PAGE = {"csrf_token", "submission_key", "draft_version", "recipient_number", "mobile_number"}


def _optional_id(value: str | int | None) -> int | None:
    try:
        return row_id(str(value)) if value else None
    except ValueError:
        return None


class ComposeForm(JapaneseForm):
    """A text for one customer, sent now or reserved."""

    timing = RadioField(
        "送信予定日時",
        choices={"now": "指定しない(すぐに送信)", "later": "指定する"},
        filters=[lambda value: value or "now"],
        default="now",
        **CHOOSE_AGAIN,
    )
    # Text to the form, so that what cannot be read stays as it was typed; date and time to the browser.
    scheduled_on = TextField("送信する日", widget=DateInput())
    scheduled_time = TextField("送信する時刻", widget=TimeInput())

    subject = TextField("件名", [AtMost(MAX_SUBJECT_LENGTH)])
    body = MessageBodyField("本文")
    count_clicks = BooleanField("クリックカウントを取得する", false_values=(False, *UNTICKED))
    template_id = SelectField("雛形", coerce=_optional_id, validate_choice=False)
    # What stood in the fields before a template was put there: one click brings it back.
    recipient_number = HiddenField("宛先")
    previous_subject = HiddenField("")
    previous_body = HiddenField("")
    submission_key = HiddenField("受付番号", [Optional()])
    # The state of the draft that this page knows: what was written since is not written over.
    draft_version = HiddenField("")
    # The contract names it. What this form cannot do yet is refused, never sent as something else.
    purpose = HiddenField("目的")

    def validate_scheduled_on(self, field: TextField) -> None:
        """A day, where the time is to be set; ignored otherwise."""
        self._need(field, date.fromisoformat, "日付は 2026-11-24 の形で入力してください。")

    def validate_scheduled_time(self, field: TextField) -> None:
        """A time of day, likewise."""
        self._need(field, time.fromisoformat, "時刻は 15:00 の形で入力してください。")

    def validate_purpose(self, field: HiddenField) -> None:
        """Only notices, so far: an advertisement needs a recorded consent."""
        if field.data not in (None, "", "notice"):
            raise ValidationError(
                "広告・宣伝のSMSにはまだ対応していません。連絡のSMSとして送信してください。"
            )

    def validate_submission_key(self, field: HiddenField) -> None:
        """One that a script made up wrongly is replaced, so that the next try works."""
        if not self.has_usable_key():
            self.renew_key()
            raise ValidationError("正しくありませんでした。もう一度「送信」を押してください。")

    def fill_from(self, template: SmsTemplate) -> None:
        """Put the template's texts in the fields, and keep what stood there."""
        if self.body.data and self.body.data != template.body:
            self.previous_subject.data, self.previous_body.data = self.subject.data, self.body.data
        self.template_id.data = template.id
        self.subject.data, self.body.data = template.subject, template.body

    def restore(self) -> None:
        """What stood there before the template."""
        self.subject.data, self.body.data = self.previous_subject.data, self.previous_body.data
        self.previous_subject.data = self.previous_body.data = ""
        self.template_id.data = None

    def renew_key(self) -> None:
        """The next submission is a message of its own."""
        self.submission_key.data = secrets.token_urlsafe(16)

    def has_usable_key(self) -> bool:
        """Whether the key can name a submission, and a draft before it."""
        return re.fullmatch(r"[A-Za-z0-9_-]{8,64}", self.submission_key.data or "") is not None

    @classmethod
    def from_stored(cls, draft: StoredDraft) -> "ComposeForm":
        """The form as it was when its draft was kept."""
        of_the_page = {"submission_key": draft.submission_key, "draft_version": draft.version}
        return cls(MultiDict(draft.fields | of_the_page))

    def to_typed(self, customer_id: int) -> TypedForm:
        """What a draft keeps: everything as it was typed, but for what belongs to the page."""
        names = {field.name for field in self} - OF_THE_PAGE
        return TypedForm(
            customer_id,
            submission_key=self.submission_key.data,
            # A form's own POST writes line breaks as CRLF, a script's as LF: one text, not two.
            fields={name: to_line_feeds(request.form[name]) for name in sorted(names & {*request.form})},
            tab=request.form.get("tab", "")[:64] or None,
            serial=min(request.form.get("serial", 0, type=int), 2**31 - 1),
            version=self.draft_version.data or "",
        )

    def to_draft(self, customer_id: int) -> Draft:
        """What the service takes; call it after validation."""
        return Draft(
            customer_id=customer_id,
            subject=self.subject.data or "",
            body=self.body.data or "",
            count_clicks=bool(self.count_clicks.data),
            submission_key=self.submission_key.data or secrets.token_urlsafe(16),
            reserve_for=self.moment(),
            template_id=self.template_id.data,
            shown_number=self.recipient_number.data,
        )

    def moment(self) -> datetime | None:
        """The moment asked for, in Japan, not rounded; None: at once, or not readable (yet)."""
        day = _read(self.scheduled_on.data, date.fromisoformat)
        clock_time = _read(self.scheduled_time.data, time.fromisoformat)
        if self.timing.data != "later" or day is None or clock_time is None:
            return None
        return datetime.combine(day, clock_time.replace(second=0, microsecond=0, tzinfo=None), JST)

    def _need(self, field: TextField, parse: Callable[[str], object], sentence: str) -> None:
        if self.timing.data != "later":
            return
        if not field.data:
            raise ValidationError(f"{field.label.text}を入力してください。")
        if _read(field.data, parse) is None:
            raise ValidationError(sentence)


def _read(text: str | None, parse: Callable[[str], Answer]) -> Answer | None:
    try:
        return parse(unicodedata.normalize("NFKC", text or ""))
    except ValueError:
        return None
