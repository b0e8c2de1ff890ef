"""The form of a card."""

import unicodedata
from collections.abc import Iterable

from wtforms import RadioField, SelectField, ValidationError
from wtforms.validators import Optional

from webapp import clock
from webapp.models import Staff
from webapp.services.customers import CustomerValues
from webapp.ui import words
from webapp.ui.fields import (
    CHOOSE_AGAIN,
    AtMost,
    JapaneseDateField,
    JapaneseForm,
    LongTextField,
    Required,
    TextField,
    optional_email,
    optional_mobile_number,
)
from webapp.ui.ids import row_id

# What Japanese input methods make of the hyphen key, once NFKC has made them half-width.
_HYPHENS = str.maketrans(dict.fromkeys("ー‐‑–—―−", "-"))


def _optional_id(value: str | int) -> int | None:
    return row_id(str(value)) if value else None


class CustomerForm(JapaneseForm):
    """Create and edit a customer."""

    name = TextField("氏名", [Required("氏名"), AtMost(100)])
    name_kana = TextField("フリガナ", [AtMost(100)])
    honorific = TextField("敬称", [AtMost(10)], default="様")
    organisation = TextField("法人名", [AtMost(100)])
    mobile_number = TextField("携帯番号", [AtMost(40), optional_mobile_number])
    landline_number = TextField("固定電話", [AtMost(20)])
    email = TextField("メールアドレス", [AtMost(254), optional_email])
    kind = RadioField("区分", choices=words.CUSTOMER_KINDS | {"": "未設定"}, default="", **CHOOSE_AGAIN)
    state = SelectField("状態", choices=words.CUSTOMER_STATES, default="active", **CHOOSE_AGAIN)
    property_name = TextField("物件名", [AtMost(100)])
    room = TextField("号室", [AtMost(20)])
    staff_id = SelectField("担当者", coerce=_optional_id, **CHOOSE_AGAIN)
    acquired_on = JapaneseDateField("携帯番号の取得日", [Optional()])
    note = LongTextField("備考", [AtMost(5000)])

    def __init__(self, people: Iterable[Staff], *args: object, **kwargs: object) -> None:
        """The people who can be in charge, for the select field."""
        super().__init__(*args, **kwargs)
        self.staff_id.choices = {"": "未設定"} | {str(person.id): person.name for person in people}
        # Needed in all but the one case that `validate_mobile_number` allows.
        self.mobile_number.flags.required = True

    def validate_mobile_number(self, field: TextField) -> None:
        """Needed, but for a customer who only has a landline: that card cannot send SMS and says so."""
        if not field.data and not self.landline_number.data:
            raise ValidationError(
                "携帯番号を入力してください。携帯電話をお持ちでない場合は、固定電話を入力してください。"
            )

    def validate_landline_number(self, field: TextField) -> None:
        """Digits and the marks between them, typed in any width."""
        field.data = unicodedata.normalize("NFKC", field.data or "").translate(_HYPHENS)
        if field.data and not all(character in "0123456789-+() " for character in field.data):
            raise ValidationError("数字とハイフンで入力してください。")

    def validate_acquired_on(self, field: JapaneseDateField) -> None:
        """A day on which a number was obtained is not in the future."""
        if field.data and field.data > clock.today():
            raise ValidationError("取得日は、今日までの日付を入力してください。")

    def to_values(self) -> CustomerValues:
        """What the service takes; call it after validation."""
        return CustomerValues(
            name=self.name.data or "",
            mobile_number=getattr(self.mobile_number, "normalised", ""),
            name_kana=self.name_kana.data or "",
            honorific=self.honorific.data or "",
            organisation=self.organisation.data or "",
            landline_number=self.landline_number.data or "",
            email=self.email.data or "",
            kind=self.kind.data or "",
            state=self.state.data,
            property_name=self.property_name.data or "",
            room=self.room.data or "",
            staff_id=self.staff_id.data,
            acquired_on=self.acquired_on.data,
            note=self.note.data or "",
        )
