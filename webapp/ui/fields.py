"""Form fields that speak Japanese and clean what people type."""

import unicodedata
from dataclasses import replace
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import DateField, Form, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from webapp.domain import phone
from webapp.domain.refusals import Reason
from webapp.ui.words import sentence

MAX_NOTIFICATION_EMAILS = 5
# What a check box's field may hold when it is off; a browser sends nothing at all.
UNTICKED = ("", "n")
# They turn round what stands beside them on the screen: a number next to a name would be read wrongly.
_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# For select and radio fields: the library's own words are English or about coercion.
CHOOSE_AGAIN = dict.fromkeys(
    ("invalid_value_message", "invalid_choice_message"), "選べない値です。一覧から選び直してください。"
)


class JapaneseForm(FlaskForm):
    """Every form of the product: the library's own messages in Japanese."""

    class Meta(FlaskForm.Meta):
        """WTForms' settings."""

        locales = ("ja",)

        def wrap_formdata(self, form: Form, formdata: Any) -> Any:  # noqa: ANN401 - WTForms' own signature
            """The fields of the form alone: a file part or JSON in a text field's place is no text."""
            if formdata is not _Auto:
                return formdata
            return request.form if form.is_submitted() else None


class Required(DataRequired):
    """Must be filled in; spaces of any width alone do not count."""

    def __init__(self, what: str, verb: str = "入力") -> None:
        super().__init__(f"{what}を{verb}してください。")


class AtMost(Length):
    """Not longer than the column; the current length is told."""

    def __init__(self, longest: int) -> None:
        super().__init__(max=longest)

    def __call__(self, form: Form, field: Any) -> None:  # noqa: ANN401 - WTForms' fields are untyped
        """Refuse with the limit and the present length."""
        length = len(field.data or "")
        if length > self.max:
            raise ValidationError(f"{self.max}文字以内で入力してください(現在{length}文字)。")


def strip_line(text: str) -> str:
    """What a field of one line makes of what was typed."""
    return text.strip(f" \t\u3000\r\n{_DIRECTION_MARKS}")


class TextField(StringField):
    """One line: outer spaces go, and the direction marks that address books put around a number.

    Line breaks, control characters and direction marks within it are refused.
    """

    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Strip; an invalid byte sequence has become U+FFFD by now and stays visible."""
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = strip_line(self.data)

    def pre_validate(self, form: Form) -> None:
        """Refuse what cannot be seen."""
        refuse_control_characters(self.data or "", allowed="")
        for mark in _DIRECTION_MARKS:
            if mark in (self.data or ""):
                raise ValidationError(
                    f"文字の向きを変える、目に見えない文字(U+{ord(mark):04X})が含まれています。"
                    "消してから入力し直してください。"
                )


class MobileNumberField(TextField):
    """A person's own mobile number, or nothing: digits, shown with hyphens, kept as typed when refused."""

    normalised: str = ""

    def __init__(self, label: str, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own signature
        super().__init__(label, [AtMost(40), optional_mobile_number], **kwargs)

    def process_data(self, value: str | None) -> None:
        """The stored digits as people read them."""
        super().process_data(phone.format_number(value or ""))


class LongTextField(TextAreaField):
    """Several lines, with one kind of line break."""

    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Browsers send CRLF; the product keeps LF until the text leaves."""
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = to_line_feeds(self.data)

    def pre_validate(self, form: Form) -> None:
        """Refuse what cannot be stored."""
        refuse_control_characters(self.data or "", allowed="\n\t")


class MessageBodyField(LongTextField):
    """The text of an SMS: its own rules name every character (domain/estimate.py)."""

    def pre_validate(self, form: Form) -> None:
        """Nothing here: the rules for text say it better, with the place."""


class JapaneseDateField(DateField):
    """A day as a browser's date field sends it."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Say in Japanese what is wrong."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("日付は 2026-11-24 の形で入力してください。") from error


def to_line_feeds(text: str) -> str:
    """Browsers send CRLF; the product keeps one kind of line break, LF, until a text leaves."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def refuse_control_characters(text: str, *, allowed: str) -> None:
    """ValidationError for a control or format character that nobody can see."""
    for character in text:
        if character not in allowed and unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValidationError(
                f"入力できない制御文字(U+{ord(character):04X})が含まれています。消してから入力し直してください。"
            )


def optional_mobile_number(_form: Form, field: Any) -> None:  # noqa: ANN401 - WTForms' fields are untyped
    """Normalise to digits; refuse a number that cannot receive an SMS, with the reason."""
    if not field.data:
        field.normalised = ""
        return
    try:
        field.normalised = phone.normalise(field.data)
    except phone.PhoneRefused as error:
        refusal = error.refusal
        if isinstance(field, MobileNumberField) and refusal.reason == Reason.PHONE_LANDLINE:
            # A card has a field for landlines; where one's own number stands there is none.
            refusal = replace(refusal, reason=Reason.OWN_NUMBER_LANDLINE)
        raise ValidationError(sentence(refusal)) from error


def email_address(address: str) -> str:
    """The address in its usual form; ValueError when it is none."""
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(address) from error


def optional_email(_form: Form, field: Any) -> None:  # noqa: ANN401 - WTForms' fields are untyped
    """One address, or nothing."""
    if not field.data:
        return
    try:
        email_address(field.data)
    except ValueError as error:
        raise ValidationError("メールアドレスの形が正しくありません。例:taro@example.jp") from error
