"""What administrators set."""

import re
import unicodedata
from dataclasses import fields
from decimal import Decimal
from types import SimpleNamespace

from wtforms import (
    BooleanField,
    DecimalField,
    IntegerField,
    PasswordField,
    RadioField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from webapp.domain.charge import POSSIBLE_LENGTHS
from webapp.models import Office
from webapp.models.staff import Role
from webapp.services.smslink_account import PROVIDER_DOMAINS, AccountValues
from webapp.services.staff import StaffValues, is_login_id
from webapp.ui import words
from webapp.ui.fields import (
    CHOOSE_AGAIN,
    MAX_NOTIFICATION_EMAILS,
    AtMost,
    JapaneseForm,
    LongTextField,
    MobileNumberField,
    Required,
    TextField,
    email_address,
)

_OFF = (False, "", "n")


class WholeNumberField(IntegerField):
    """A whole number; says so in Japanese."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Full-width digits are digits."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("整数で入力してください。") from error


class YenField(DecimalField):
    """An amount in yen, with a fraction where the contract has one."""

    data: Decimal | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Say in Japanese what is wrong; full-width digits are digits, not-a-number is none."""
        try:
            super().process_formdata([unicodedata.normalize("NFKC", value) for value in valuelist])
        except ValueError as error:
            raise ValueError("金額は数字で入力してください。例:10 または 9.5") from error
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError("金額は数字で入力してください。例:10 または 9.5")


class SmslinkForm(JapaneseForm):
    """SMS送信設定."""

    api_domain = TextField(
        "SMSLINK APIのドメイン", [Required("APIのドメイン"), AtMost(255)], default=PROVIDER_DOMAINS[0]
    )
    token = PasswordField("トークンキー", [AtMost(200)])
    show_results = BooleanField("SMS送信後に送信結果を表示する", false_values=_OFF)
    notify_by_email = BooleanField("メール通知機能を利用する", false_values=_OFF)
    notification_emails = TextField("通知先メールアドレス", [AtMost(1500)])
    confirm_before_sending = BooleanField("SMS送信前に確認メッセージを表示する", false_values=_OFF)
    has_two_way = BooleanField("双方向(お客様が返信できる)", false_values=_OFF)
    has_fixed_number = BooleanField("指定番号", false_values=_OFF)
    has_alphanumeric_sender = BooleanField("英数字送信元", false_values=_OFF)
    has_safe_delivery = BooleanField("誤送信防止", false_values=_OFF)
    unit_price = YenField(
        "1通あたりの単価(円)",
        [Optional(), NumberRange(0, 9999, message="0円から9,999円の間で入力してください。")],
    )
    shortened_url_length = WholeNumberField(
        "短縮URLの文字数",
        [
            InputRequired("短縮URLの文字数を入力してください。"),
            NumberRange(
                POSSIBLE_LENGTHS[0],
                POSSIBLE_LENGTHS[-1],
                message="%(min)d文字から%(max)d文字の間で入力してください。",
            ),
        ],
    )
    requests_per_minute = WholeNumberField(
        "1分あたりの呼び出し回数の上限",
        [
            InputRequired("呼び出し回数の上限を入力してください。"),
            NumberRange(1, 6000, message="1回から6,000回の間で入力してください。"),
        ],
    )

    @staticmethod
    def as_typed(office: Office) -> SimpleNamespace:
        """The office's settings as a person would type them."""
        names = (field.name for field in fields(AccountValues) if field.name != "token")
        values = {name: getattr(office, name) for name in names}
        values["notification_emails"] = "; ".join(office.notification_emails)
        values["api_domain"] = office.api_domain or PROVIDER_DOMAINS[0]
        return SimpleNamespace(**values)

    def validate_api_domain(self, field: TextField) -> None:
        """The provider's two hosts and nothing else: the token must not go anywhere else."""
        domain = f"{(field.data or '').rstrip('/')}/"
        if domain not in PROVIDER_DOMAINS:
            raise ValidationError(f"{PROVIDER_DOMAINS[0]} か {PROVIDER_DOMAINS[1]} を入力してください。")
        field.data = domain

    def validate_token(self, field: PasswordField) -> None:
        """It travels in a header."""
        field.data = (field.data or "").strip()
        if not re.fullmatch(r"[\x21-\x7e]*", field.data):
            raise ValidationError("トークンキーは半角の英数字と記号で入力してください。")

    def validate_notification_emails(self, field: TextField) -> None:
        """Up to five, each of them an address; the wrong one is named."""
        addresses = [part.strip() for part in re.split("[;；]", field.data or "") if part.strip()]
        if self.notify_by_email.data and not addresses:
            raise ValidationError("メール通知を利用するには、通知先メールアドレスを入力してください。")
        if len(addresses) > MAX_NOTIFICATION_EMAILS:
            raise ValidationError(
                f"メールアドレスは{MAX_NOTIFICATION_EMAILS}つまでです(現在{len(addresses)}つ)。"
            )
        checked = []
        for address in addresses:
            try:
                checked.append(email_address(address))
            except ValueError:
                raise ValidationError(f"「{address}」はメールアドレスの形が正しくありません。") from None
        self.addresses = checked

    def to_values(self) -> AccountValues:
        """What the service takes; call it after validation."""
        return AccountValues(
            api_domain=self.api_domain.data or "",
            token=self.token.data or "",
            show_results=self.show_results.data,
            notify_by_email=self.notify_by_email.data,
            notification_emails=self.addresses,
            confirm_before_sending=self.confirm_before_sending.data,
            has_two_way=self.has_two_way.data,
            has_fixed_number=self.has_fixed_number.data,
            has_alphanumeric_sender=self.has_alphanumeric_sender.data,
            has_safe_delivery=self.has_safe_delivery.data,
            unit_price=self.unit_price.data,
            shortened_url_length=self.shortened_url_length.data or 0,
            requests_per_minute=self.requests_per_minute.data or 0,
        )


class CompanyForm(JapaneseForm):
    """会社情報."""

    company_name = TextField("会社名", [Required("会社名"), AtMost(100)])
    short_names = LongTextField("略称", [AtMost(1000)])

    def to_short_names(self) -> list[str]:
        """One a line, without blanks and repetitions."""
        lines = (line.strip(" \t\u3000") for line in (self.short_names.data or "").split("\n"))
        return list(dict.fromkeys(filter(None, lines)))


class StaffForm(JapaneseForm):
    """An account."""

    name = TextField("氏名", [Required("氏名"), AtMost(100)])
    login_id = TextField("ログインID", [Required("ログインID"), AtMost(64)])
    role = RadioField("権限", choices=words.ROLES, default=Role.STAFF.value, **CHOOSE_AGAIN)
    mobile_number = MobileNumberField("携帯番号(テスト送信用)")
    is_active = BooleanField("利用できる", default=True, false_values=_OFF)

    def validate_login_id(self, field: StringField) -> None:
        """As the service has it."""
        if not is_login_id(field.data or ""):
            raise ValidationError(words.LOGIN_ID_RULE)

    def to_values(self) -> StaffValues:
        """What the service takes; call it after validation."""
        return StaffValues(
            login_id=self.login_id.data or "",
            name=self.name.data or "",
            role=Role(self.role.data),
            is_active=self.is_active.data,
            mobile_number=self.mobile_number.normalised,
        )
