"""The compose form."""

import re
import secrets

from wtforms import BooleanField, HiddenField, ValidationError
from wtforms.validators import Optional

from webapp.services.sending import MAX_SUBJECT_LENGTH, Draft
from webapp.ui.fields import AtMost, JapaneseForm, MessageBodyField, TextField


class ComposeForm(JapaneseForm):
    """A text for one customer, sent now."""

    subject = TextField("件名", [AtMost(MAX_SUBJECT_LENGTH)])
    body = MessageBodyField("本文")
    count_clicks = BooleanField("クリックカウントを取得する", false_values=(False, "", "n"))
    submission_key = HiddenField("受付番号", [Optional()])
    # The contract names these two. What this form cannot do yet is refused, never sent as something else.
    timing = HiddenField("送信予定日時")
    purpose = HiddenField("目的")

    def validate_timing(self, field: HiddenField) -> None:
        """Only at once, so far."""
        if field.data not in (None, "", "now"):
            raise ValidationError(
                "送信日時の指定にはまだ対応していません。「指定しない」で送信してください。"
            )

    def validate_purpose(self, field: HiddenField) -> None:
        """Only notices, so far: an advertisement needs a recorded consent."""
        if field.data not in (None, "", "notice"):
            raise ValidationError(
                "広告・宣伝のSMSにはまだ対応していません。連絡のSMSとして送信してください。"
            )

    def validate_submission_key(self, field: HiddenField) -> None:
        """One that a script made up wrongly is replaced, so that the next try works."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", field.data):
            self.renew_key()
            raise ValidationError("正しくありませんでした。もう一度「送信」を押してください。")

    def renew_key(self) -> None:
        """The next submission is a message of its own."""
        self.submission_key.data = secrets.token_urlsafe(16)

    def to_draft(self, customer_id: int) -> Draft:
        """What the service takes; call it after validation."""
        return Draft(
            customer_id=customer_id,
            subject=self.subject.data or "",
            body=self.body.data or "",
            count_clicks=bool(self.count_clicks.data),
            submission_key=self.submission_key.data or secrets.token_urlsafe(16),
        )
